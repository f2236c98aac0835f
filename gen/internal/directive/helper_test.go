package directive

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen/internal/diag"
)

// at parses one comment as it would stand at the beginning of line 1 of x.go.
func at(text string, target Target) (*Line, []diag.Finding) {
	fset := token.NewFileSet()
	file := fset.AddFile("x.go", -1, len(text)+1)
	var findings diag.List
	p := lineParser{fset: fset, findings: &findings, target: target}
	line, ok := p.comment(&ast.Comment{Slash: file.Pos(0), Text: text})
	if !ok {
		line = nil
	}
	return line, findings.Findings()
}

func messages(findings []diag.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.Error())
	}
	return list
}

// lines parses directives that stand one below the other, and wants no finding.
func lines(t testing.TB, target Target, texts ...string) []*Line {
	t.Helper()
	var list []*Line
	for _, text := range texts {
		line, findings := at(text, target)
		require.Empty(t, findings, text)
		list = append(list, line)
	}
	return list
}

// scan scans the source of x.go.
func scan(t testing.TB, source string) (*Comments, *ast.File, []string) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", source, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	var findings diag.List
	comments := Scan(fset, file, &findings)
	return comments, file, messages(findings.Findings())
}

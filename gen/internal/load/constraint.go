package load

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// Constraint returns the build constraint that an output of the file carries: the file's own //go:build line (or its old
// // +build lines), joined with the GOOS and GOARCH that its name implies, because the output's name does not, and with cgo
// where it imports "C". It is "" where the file is always built.
func Constraint(file *File) string {
	var terms []constraint.Expr
	syntax, err := parser.ParseFile(token.NewFileSet(), file.Name, file.Src, parser.ImportsOnly|parser.ParseComments|parser.SkipObjectResolution)
	if syntax != nil {
		terms = conjuncts(terms, written(syntax))
	}
	for _, tag := range impliedTags(filepath.Base(file.Name)) {
		terms = conjuncts(terms, &constraint.TagExpr{Tag: tag})
	}
	if err == nil && importsC(syntax) {
		terms = conjuncts(terms, &constraint.TagExpr{Tag: "cgo"})
	}
	if len(terms) == 0 {
		return ""
	}
	joined := terms[0]
	for _, term := range terms[1:] {
		joined = &constraint.AndExpr{X: joined, Y: term}
	}
	return joined.String()
}

// conjuncts appends the parts of expr that must all hold, each once.
func conjuncts(terms []constraint.Expr, expr constraint.Expr) []constraint.Expr {
	if expr == nil {
		return terms
	}
	if and, ok := expr.(*constraint.AndExpr); ok {
		return conjuncts(conjuncts(terms, and.X), and.Y)
	}
	text := expr.String()
	if slices.ContainsFunc(terms, func(t constraint.Expr) bool { return t.String() == text }) {
		return terms
	}
	return append(terms, expr)
}

// written returns the constraint that a file writes out, nil where there is none. As for the go command, //go:build wins
// over // +build, and // +build counts only where a blank line follows it before the package clause.
func written(file *ast.File) constraint.Expr {
	var old []constraint.Expr
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, comment := range group.List {
			if constraint.IsGoBuild(comment.Text) {
				if expr, err := constraint.Parse(comment.Text); err == nil {
					return expr
				}
			}
			if group != file.Doc && constraint.IsPlusBuild(comment.Text) {
				if expr, err := constraint.Parse(comment.Text); err == nil {
					old = append(old, expr)
				}
			}
		}
	}
	if len(old) == 0 {
		return nil
	}
	joined := old[0]
	for _, expr := range old[1:] {
		joined = &constraint.AndExpr{X: joined, Y: expr}
	}
	return joined
}

// impliedTags returns the GOOS and GOARCH that a file's name implies, by the rules of go/build: name_GOOS, name_GOARCH or
// name_GOOS_GOARCH, before _test, and never in the part before the first "_".
func impliedTags(base string) []string {
	name, _, _ := strings.Cut(base, ".")
	parts := strings.Split(strings.TrimSuffix(name, "_test"), "_")[1:]
	n := len(parts)
	switch {
	case n >= 2 && slices.Contains(knownOS(), parts[n-2]) && slices.Contains(knownArch(), parts[n-1]):
		return parts[n-2:]
	case n >= 1 && (slices.Contains(knownOS(), parts[n-1]) || slices.Contains(knownArch(), parts[n-1])):
		return parts[n-1:]
	}
	return nil
}

// knownOS is the list in the standard library's internal/syslist: systems of the past and the future among them.
func knownOS() []string {
	return strings.Fields(`aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris
		wasip1 windows zos`)
}

// knownArch is the list in the standard library's internal/syslist.
func knownArch() []string {
	return strings.Fields(`386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le
		ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm`)
}

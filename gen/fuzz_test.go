package gen_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen"
)

// FuzzGenerate gives the generator any source file: the outcome is output that type-checks, findings, or an error; never a
// panic, and never output that does not compile. It starts from the goldens' inputs.
func FuzzGenerate(f *testing.F) {
	inputs, err := filepath.Glob(filepath.Join(goldens, "*", "input.go"))
	require.NoError(f, err)
	require.NotEmpty(f, inputs)
	for _, input := range inputs {
		content, err := os.ReadFile(input)
		require.NoError(f, err)
		if !strings.Contains(string(content), "github.com/") && !strings.Contains(string(content), `import "C"`) {
			f.Add(string(content))
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		dir := writeModule(t, map[string]string{"input.go": source})
		res, err := gen.Generate(t.Context(), gen.Config{Dir: dir, Tests: true})
		if err != nil {
			require.NotContains(t, err.Error(), "does not compile")
			return
		}
		checkFindings(t, dir, res)
		checkOutputs(t, res, "")
	})
}

// FuzzRandomInterface does the same with random interfaces that are valid Go: no errors then, and a second run changes
// nothing.
func FuzzRandomInterface(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		source := randomPackage(seed)
		dir := writeModule(t, map[string]string{"input.go": source})
		res, err := gen.Generate(t.Context(), gen.Config{Dir: dir, Tests: true})
		require.NoError(t, err, source)
		checkFindings(t, dir, res)
		checkOutputs(t, res, "")
		require.NoError(t, res.Write())
		again, err := gen.Generate(t.Context(), gen.Config{Dir: dir, Tests: true})
		require.NoError(t, err)
		require.False(t, again.Stale(), source)
	})
}

// TestRandomInterfaces generates many random packages in one run. Most have no findings; those that have are looked at
// without: the rest must compile.
func TestRandomInterfaces(t *testing.T) {
	t.Parallel()
	const packages = 60
	files := map[string]string{}
	for seed := range uint64(packages) {
		files[fmt.Sprintf("p%02d/input.go", seed)] = randomPackage(1000 + seed)
	}
	dir := writeModule(t, files)
	res, err := gen.Generate(t.Context(), gen.Config{Dir: dir, Patterns: []string{"./..."}, Tests: true})
	require.NoError(t, err)
	checkFindings(t, dir, res)
	refused := map[string]bool{}
	for _, f := range res.Findings {
		t.Log(f.Error())
		refused[filepath.Dir(f.Pos.Filename)] = true
	}
	if len(refused) > 0 {
		require.Empty(t, res.Files)
		for path := range refused {
			require.NoError(t, os.RemoveAll(path))
		}
		res, err = gen.Generate(t.Context(), gen.Config{Dir: dir, Patterns: []string{"./..."}, Tests: true})
		require.NoError(t, err)
		require.Empty(t, res.Findings)
	}
	assert.Len(t, res.Files, 2*(packages-len(refused)), "a wrapper and its test each")
	assert.Less(t, len(refused), packages/4, "too few of the random interfaces are generated to prove anything")
	checkOutputs(t, res, "")
}

// TestOutputNeedsNoNewGo holds the outputs to the features of Go 1.18, so that a service's own go line does not matter.
func TestOutputNeedsNoNewGo(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"chat", "codes", "degrade", "fallback", "httpresponse", "keyed", "methods", "on", "params", "results", "streaming", "types", "universe"} {
		res, err := gen.Generate(t.Context(), gen.Config{Dir: filepath.Join(goldens, name)})
		require.NoError(t, err)
		require.Empty(t, res.Findings)
		require.NotEmpty(t, res.Files)
		checkOutputs(t, res, "go1.18")
	}
}

// writeModule writes a module of its own, which does not know the runtime: the generator has a stub of it.
func writeModule(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/sample\n\ngo 1.26\n"
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return dir
}

// checkFindings wants each finding at a place that can be edited, and no output beside it.
func checkFindings(t *testing.T, dir string, res *gen.Result) {
	t.Helper()
	if len(res.Findings) > 0 {
		require.Empty(t, res.Files)
	}
	for _, f := range res.Findings {
		require.True(t, strings.HasPrefix(f.Pos.Filename, dir), f.Error())
		require.Positive(t, f.Pos.Line, f.Error())
		require.Positive(t, f.Pos.Column, f.Error())
		require.NotEmpty(t, f.Message)
	}
}

// checkOutputs type-checks every output with the package it belongs to, against the true runtime: not by the generator's
// own check, which uses a stub. Errors that are the inputs' own do not count.
func checkOutputs(t *testing.T, res *gen.Result, goVersion string) {
	t.Helper()
	byDir := map[string]map[string][]byte{}
	for _, f := range res.Files {
		if f.Orphan {
			continue
		}
		dir := filepath.Dir(f.Path)
		if byDir[dir] == nil {
			byDir[dir] = map[string][]byte{}
		}
		byDir[dir][f.Path] = f.Content
	}
	for dir, outputs := range byDir {
		fset := token.NewFileSet()
		var files []*ast.File
		inputs, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, input := range inputs {
			if outputs[input] == nil && !strings.HasSuffix(input, "_test.go") {
				file, err := parser.ParseFile(fset, input, nil, parser.SkipObjectResolution)
				require.NoError(t, err)
				files = append(files, file)
			}
		}
		for path, content := range outputs {
			file, err := parser.ParseFile(fset, path, content, parser.SkipObjectResolution)
			require.NoError(t, err)
			files = append(files, file)
		}
		cfg := types.Config{
			Importer:  importer.ForCompiler(fset, "gc", exportData(t)),
			GoVersion: goVersion,
			Error: func(err error) {
				e, ok := err.(types.Error)
				if path := fset.Position(e.Pos).Filename; ok && outputs[path] != nil {
					assert.NoError(t, err, "\n%s", outputs[path])
				}
			},
		}
		_, _ = cfg.Check("example.com/sample", fset, files, nil) // errors went to Error
	}
}

// exportData finds what the go command has compiled: the runtime, and what inputs import.
func exportData(t *testing.T) func(path string) (io.ReadCloser, error) {
	t.Helper()
	exports, err := exportFiles()
	require.NoError(t, err)
	return func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	}
}

var exportFiles = sync.OnceValues(func() (map[string]string, error) {
	cmd := exec.Command("go", slices.Concat([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"},
		[]string{"github.com/cbgen/cbgen/runtime/..."},
		strings.Fields("context database/sql/driver encoding/json errors fmt html/template io iter math/rand net/http net/url os sync time"))...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		exports[path] = file
	}
	return exports, nil
})

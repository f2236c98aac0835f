package load

import (
	"embed"
	"fmt"
	"go/ast"
	"go/types"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// stubFiles are declarations without bodies, for what no loaded package imports yet: a service's first outputs are checked
// before its module requires the runtime.
//
//go:embed stub
var stubFiles embed.FS

// stubName returns the file that declares a package, "" where none does.
func stubName(path string) string {
	switch path {
	case model.RuntimePath:
		return "stub/runtime.go.txt"
	case model.RuntimePath + "/cbhttp", model.RuntimePath + "/cbtest":
		return "stub/" + path[len(model.RuntimePath)+1:] + ".go.txt"
	case "context", "io", "iter", "testing", "time":
		return "stub/" + path + ".go.txt"
	}
	return ""
}

// outputImports are the packages that outputs import of themselves.
func outputImports() []string {
	return []string{model.RuntimePath, model.RuntimePath + "/cbhttp", "context", "io", "time"}
}

// stub returns the stub of a package, nil where there is none. What a stub imports is the graph's own where the graph has
// it, so that the types are the same.
func (g *graph) stub(path string) (*types.Package, error) {
	name := stubName(path)
	if name == "" {
		return nil, nil
	}
	if r, ok := g.loaded[name]; ok {
		return r.pkg, r.err
	}
	src, err := stubFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	syntax, err := parseFile(g.fset, name, src)
	if err != nil {
		return nil, err
	}
	config := &types.Config{IgnoreFuncBodies: true, Importer: importer(func(path string) (*types.Package, error) { return g.find(nil, path) })}
	pkg, err := config.Check(path, g.fset, []*ast.File{syntax}, nil)
	if err != nil {
		err = fmt.Errorf("stub of %s: %w", path, err)
	}
	g.loaded[name] = result{pkg, err}
	return pkg, err
}

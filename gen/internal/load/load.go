// Package load reads the packages that cbgen generates for, through the go command. It is the only package that knows
// golang.org/x/tools/go/packages.
//
// One go list gives the packages, and another the export data of what those with directives import, but for what is remembered of
// earlier runs; where nothing is, and nothing seems to have changed, one gives both. The files of the packages with directives are
// parsed and type-checked here, without function bodies and without cbgen's own outputs: a package that does not compile yet, because
// its code calls a constructor that is not generated yet or its old output is stale, loads like any other.
//
// Read Packages first. list.go asks for packages, golist.go the go command itself where all is well, tests.go finds test files with
// directives, parse.go reads files, graph.go finds the types of dependencies, in the export data of export.go, which exportcache.go
// remembers by fingerprint.go, check.go type-checks, stub.go stands in for what the graph lacks.
package load

import (
	"context"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/packages"

	"github.com/cbgen/cbgen/gen/internal/diag"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// Config says what to load.
type Config struct {
	Dir      string   // where patterns are resolved, "" for the working directory
	Patterns []string // of packages, as for the go command; none: "."
	Tags     string   // build tags, separated by commas
	Env      []string // environment of the go command, nil for the process's own
}

// File is a source file of a package.
type File struct {
	Name   string    // absolute; of a file that imports "C" the original, not the copy that cgo rewrote
	Syntax *ast.File // without function bodies; of a file that imports "C" the copy's, at the original's positions
	Test   bool      // whether the name ends in _test.go
	Src    []byte    // what stands in the file Name
}

// Package is a loaded package. The packages of one call of Packages share the types of their dependencies.
type Package struct {
	Path, Name, Dir string
	Fset            *token.FileSet
	Files           []*File // sorted by name, cbgen's own outputs left out
	Types           *types.Package
	TypeErrors      []types.Error
	Broken          map[string]string // imports that cannot be resolved, and why
	Test            bool              // a test variant: only its _test.go files are to be generated from here

	// DependsOn reports whether the package imports path, directly or not. What is imported by cbgen's outputs and by its
	// runtime does not count, so that the answer is the same before and after a run.
	DependsOn func(path string) bool
	// Lookup returns the package of that path where DependsOn says yes, nil where its types cannot be had.
	Lookup func(path string) *types.Package

	meta         *packages.Package
	graph        *graph
	support      []*ast.File     // type-checked with Files but of no source: cgo's declarations
	directed     bool            // a file of it may hold a directive
	outputs      map[string]bool // base names of cbgen's own outputs
	closure      func() map[string]bool
	syntaxErrors scanner.ErrorList
}

// Packages loads the packages that match cfg.Patterns, sorted by path, each followed by its test variants. Tests are loaded
// only where a test file holds a directive. Syntax errors are added to findings, and the packages that have them are left
// out. The error is what no edit in a Go file mends: a pattern that matches nothing, an empty directory, a go command that
// fails.
func Packages(ctx context.Context, cfg Config, findings *diag.List) ([]*Package, error) {
	if len(cfg.Patterns) == 0 {
		cfg.Patterns = []string{"."}
	}
	cache := openExportCache(cfg)
	roots, compiled, err := listRoots(ctx, cfg, len(cache.known) > 0)
	if err != nil {
		return nil, err
	}
	if err := rejectUnusable(cfg, roots); err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	shared := newGraph(fset, roots)
	shared.sizes = sizes(ctx, cfg)
	var pkgs []*Package
	for _, root := range roots {
		pkgs = append(pkgs, newPackage(shared, root))
	}
	variants, err := testVariants(ctx, cfg, roots)
	if err != nil {
		return nil, err
	}
	for _, variant := range variants {
		// A graph of its own: in a test, packages of the same path are not the same packages.
		p := newPackage(newGraph(fset, []*packages.Package{variant}), variant)
		p.Test = true
		pkgs = append(pkgs, p)
	}
	sortPackages(pkgs)

	if err := Each(pkgs, (*Package).parse); err != nil {
		return nil, err
	}
	whole := pkgs[:0]
	for _, p := range pkgs {
		if p.importsC() && p.directed {
			if err := p.runCgo(ctx, cfg); err != nil {
				return nil, err
			}
		}
		p.syntaxErrors.RemoveMultiples() // the first of each line: the rest follows from it
		for _, e := range p.syntaxErrors {
			findings.Add(e.Pos, "syntax error: %s", e.Msg)
		}
		if len(p.syntaxErrors) == 0 {
			whole = append(whole, p)
		}
	}
	if err := shared.wantExports(ctx, cfg, cache, compiled, whole); err != nil {
		return nil, err
	}
	if err := Each(whole, (*Package).check); err != nil {
		return nil, err
	}
	return whole, ctx.Err()
}

func newPackage(g *graph, meta *packages.Package) *Package {
	p := &Package{
		Path: meta.PkgPath, Name: meta.Name, Dir: meta.Dir,
		Fset: g.fset, meta: meta, graph: g, outputs: map[string]bool{},
	}
	p.closure, p.Lookup = p.dependencies(), p.lookup
	p.DependsOn = func(path string) bool { return p.closure()[path] }
	return p
}

// Runtime returns cbgen's runtime as the package's outputs see it: the one that its module requires where any loaded
// package imports it already, else the stub. Both have every type that outputs use.
func (p *Package) Runtime() *types.Package {
	pkg, err := p.graph.resolve(nil, model.RuntimePath)
	if err != nil {
		panic(err) // The stub is part of this program and has a test.
	}
	return pkg
}

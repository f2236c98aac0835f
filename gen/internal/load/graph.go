package load

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// graph is what one go list knows: the packages and everything they import, with the types that were asked for so far.
// It is safe for concurrent use.
type graph struct {
	fset   *token.FileSet
	byPath map[string]*packages.Package
	// export asks for the export data of packages by their paths, each once; nil where the go command has been asked for all.
	export func(paths []string) error
	sizes  types.Sizes // of the platform

	mu     sync.Mutex
	types  map[string]*types.Package // all that export data speaks of, most of it incomplete
	loaded map[string]result         // complete, by package ID, or by path for stubs
	broken error                     // export data that cannot be read: nothing would have types
}

type result struct {
	pkg *types.Package
	err error
}

func newGraph(fset *token.FileSet, roots []*packages.Package) *graph {
	g := &graph{fset: fset, byPath: map[string]*packages.Package{}, types: map[string]*types.Package{}, loaded: map[string]result{}}
	for _, root := range roots {
		g.add(root)
		g.sizes = root.TypesSizes
	}
	return g
}

// add makes a package and its imports known, and returns the one that was known by that path before.
func (g *graph) add(meta *packages.Package) *packages.Package {
	packages.Visit([]*packages.Package{meta}, func(meta *packages.Package) bool {
		if g.byPath[meta.PkgPath] != nil {
			return false
		}
		g.byPath[meta.PkgPath] = meta
		return true
	}, nil)
	return g.byPath[meta.PkgPath]
}

// resolve returns the package that from means by an import path. What from does not import is looked for in the whole
// graph and among the stubs: an output may be the first to import it.
func (g *graph) resolve(from *packages.Package, path string) (*types.Package, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.find(from, path)
}

func (g *graph) find(from *packages.Package, path string) (*types.Package, error) {
	var meta *packages.Package
	if from != nil {
		meta = from.Imports[path]
	}
	if meta == nil {
		meta = g.byPath[path]
	}
	if meta != nil && missing(meta) == "" {
		return g.load(meta)
	}
	if pkg, err := g.stub(path); pkg != nil || err != nil {
		return pkg, err
	}
	if meta != nil {
		return nil, fmt.Errorf("%s", missing(meta))
	}
	return nil, fmt.Errorf("nothing loaded imports %s", path)
}

// imported returns a package that from imports.
func (g *graph) imported(from *packages.Package, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	meta := from.Imports[path]
	if meta == nil {
		return nil, fmt.Errorf("import cycle, or the go command does not know it")
	}
	if message := missing(meta); message != "" {
		return nil, fmt.Errorf("%s", message)
	}
	return g.load(meta)
}

// hasRuntime reports whether a loaded package imports the runtime, and the module has it.
func (g *graph) hasRuntime() bool {
	meta := g.byPath[model.RuntimePath]
	return meta != nil && missing(meta) == ""
}

// load returns the types of a package: from its export data, or, where it does not compile, from its source.
func (g *graph) load(meta *packages.Package) (*types.Package, error) {
	if meta.PkgPath == "unsafe" {
		return types.Unsafe, nil
	}
	if r, ok := g.loaded[meta.ID]; ok {
		return r.pkg, r.err
	}
	g.loaded[meta.ID] = result{err: fmt.Errorf("import cycle")}
	var r result
	if g.export != nil {
		if err := g.export([]string{meta.PkgPath}); err != nil {
			return nil, err
		}
	}
	if meta.ExportFile != "" {
		if r.pkg, r.err = g.readExportData(meta); r.err != nil && g.broken == nil {
			g.broken = fmt.Errorf("reading what the go command compiled of %s (is cbgen built with an older Go? install it again): %w", meta.PkgPath, r.err)
		}
	} else {
		r.pkg, r.err = g.readSource(meta)
	}
	g.loaded[meta.ID] = r
	return r.pkg, r.err
}

func (g *graph) readExportData(meta *packages.Package) (*types.Package, error) {
	f, err := os.Open(meta.ExportFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	//lint:ignore SA1019 up to Go 1.27 the go command hands out the compiler's archives, which only this reads
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, err
	}
	return gcexportdata.Read(r, g.fset, g.types, meta.PkgPath)
}

// readSource type-checks a dependency that does not compile. Its errors do not matter here, and its outputs stay in: other
// packages may use them.
func (g *graph) readSource(meta *packages.Package) (*types.Package, error) {
	if g.export != nil {
		if err := g.export(importsOf(meta)); err != nil {
			return nil, err
		}
	}
	var files []*ast.File
	for _, name := range sources(meta) {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if syntax, _ := parseFile(g.fset, name, src); syntax != nil {
			files = append(files, syntax)
		}
	}
	pkg := types.NewPackage(meta.PkgPath, meta.Name)
	config := g.config(meta, func(path string) (*types.Package, error) { return g.imported(meta, path) })
	config.Error = func(error) {}
	config.FakeImportC = slices.ContainsFunc(files, importsC)
	_ = types.NewChecker(config, g.fset, pkg, nil).Files(files)
	return pkg, nil
}

// config returns how a package is type-checked, without the bodies of its functions.
func (g *graph) config(meta *packages.Package, imports importer) *types.Config {
	config := &types.Config{Importer: imports, IgnoreFuncBodies: true, Sizes: g.sizes}
	if meta.Module != nil && meta.Module.GoVersion != "" {
		config.GoVersion = "go" + meta.Module.GoVersion
	}
	return config
}

type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }

// lookup is Package.Lookup.
func (p *Package) lookup(path string) *types.Package {
	if !p.DependsOn(path) {
		return nil
	}
	pkg, err := p.graph.resolve(p.meta, path)
	if err != nil {
		return nil
	}
	return pkg
}

// dependencies returns what Package.DependsOn and Package.Dependencies tell. It follows the imports when it is first asked.
func (p *Package) dependencies() func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		seen := make(map[string]bool, len(p.graph.byPath))
		var visit func(meta *packages.Package)
		visit = func(meta *packages.Package) {
			if meta == nil || seen[meta.PkgPath] {
				return
			}
			seen[meta.PkgPath] = true
			if meta.PkgPath == model.RuntimePath || strings.HasPrefix(meta.PkgPath, model.RuntimePath+"/") {
				return // Outputs bring it in; what it imports must not change the next run's outputs.
			}
			for _, imported := range meta.Imports {
				visit(imported)
			}
		}
		for _, path := range p.imports() {
			visit(p.meta.Imports[path])
		}
		return seen
	})
}

// Dependencies returns the paths for which DependsOn says yes, sorted.
func (p *Package) Dependencies() []string { return slices.Sorted(maps.Keys(p.closure())) }

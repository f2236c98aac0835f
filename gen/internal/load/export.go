package load

import (
	"context"
	"errors"
	"time"

	"golang.org/x/tools/go/packages"
)

// wantExports makes the graph know the export data of what the packages with directives, and their outputs, import. The
// packages themselves need none, most of all not while their outputs are missing and the compiler would fail on every one.
// compiled is when the go command was asked for the export data of all that the graph knows by now; zero: it was not.
func (g *graph) wantExports(ctx context.Context, cfg Config, cache *exportCache, compiled time.Time, pkgs []*Package) error {
	paths := outputImports()
	for _, p := range pkgs {
		if !p.Test && p.directed {
			paths = append(paths, importsOf(p.meta)...)
		}
	}
	if !compiled.IsZero() {
		cache.add(g.known(paths), compiled)
		return nil
	}
	seen := map[string]bool{}
	g.export = func(paths []string) error {
		var wanted []*packages.Package
		for _, meta := range g.known(paths) {
			if !seen[meta.PkgPath] {
				seen[meta.PkgPath] = true
				wanted = append(wanted, meta)
			}
		}
		if wanted = cache.find(wanted); len(wanted) == 0 {
			return nil
		}
		before := time.Now()
		if err := readExportFiles(ctx, cfg, wanted); err != nil {
			return err
		}
		cache.add(wanted, before)
		return nil
	}
	return g.export(paths)
}

// known returns those of the packages that are in the graph and have types in a file.
func (g *graph) known(paths []string) []*packages.Package {
	var list []*packages.Package
	for _, path := range paths {
		if meta := g.byPath[path]; meta != nil && path != "unsafe" && missing(meta) == "" {
			list = append(list, meta)
		}
	}
	return list
}

func importsOf(meta *packages.Package) []string {
	var paths []string
	for _, imported := range meta.Imports {
		paths = append(paths, imported.PkgPath)
	}
	return paths
}

// readExportFiles asks the go command where the export data of packages is. What does not compile has none.
func readExportFiles(ctx context.Context, cfg Config, pkgs []*packages.Package) error {
	paths := make([]string, len(pkgs))
	for k, pkg := range pkgs {
		paths[k] = pkg.PkgPath
	}
	files, err := goListExports(ctx, cfg, paths)
	if errors.Is(err, errUnusual) {
		files, err = loadExports(ctx, cfg, paths)
	}
	if err != nil {
		return err
	}
	for _, pkg := range pkgs {
		pkg.ExportFile = files[pkg.PkgPath]
	}
	return nil
}

// loadExports is goListExports, by go/packages.
func loadExports(ctx context.Context, cfg Config, paths []string) (map[string]string, error) {
	compiled, err := packages.Load(command(ctx, cfg, packages.NeedName|packages.NeedExportFile), paths...)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, p := range compiled {
		files[p.PkgPath] = p.ExportFile
	}
	return files, nil
}

package load

import (
	"context"
	"errors"

	"golang.org/x/tools/go/packages"
)

// wantExports makes the graph know the export data of what the packages with directives, and their outputs, import. The
// packages themselves need none, most of all not while their outputs are missing and the compiler would fail on every one.
func (g *graph) wantExports(ctx context.Context, cfg Config, pkgs []*Package) error {
	g.export = func(paths []string) error { return g.readExportFiles(ctx, cfg, paths) }
	paths := outputImports()
	for _, p := range pkgs {
		if !p.Test && p.directed {
			paths = append(paths, importsOf(p.meta)...)
		}
	}
	return g.export(paths)
}

// askedForAll tells the graph that the go command was asked for the export data of all that it knows by now.
func (g *graph) askedForAll() {
	for path := range g.byPath {
		g.asked[path] = true
	}
}

func importsOf(meta *packages.Package) []string {
	var paths []string
	for _, imported := range meta.Imports {
		paths = append(paths, imported.PkgPath)
	}
	return paths
}

// readExportFiles asks the go command where the export data of packages is, those that the graph knows. What does not compile has
// none.
func (g *graph) readExportFiles(ctx context.Context, cfg Config, paths []string) error {
	var unknown []string
	for _, path := range paths {
		meta := g.byPath[path]
		if meta != nil && !g.asked[path] && path != "unsafe" && missing(meta) == "" {
			g.asked[path] = true
			unknown = append(unknown, path)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	exports, err := goListExports(ctx, cfg, unknown)
	if errors.Is(err, errUnusual) {
		exports, err = loadExports(ctx, cfg, unknown)
	}
	if err != nil {
		return err
	}
	for path, file := range exports {
		if meta := g.byPath[path]; meta != nil {
			meta.ExportFile = file
		}
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

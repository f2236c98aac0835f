package load

import (
	"context"

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
	compiled, err := packages.Load(command(ctx, cfg, packages.NeedName|packages.NeedExportFile|packages.NeedTypesSizes), unknown...)
	if err != nil {
		return err
	}
	for _, p := range compiled {
		if meta := g.byPath[p.PkgPath]; meta != nil {
			meta.ExportFile = p.ExportFile
		}
		g.sizes = p.TypesSizes
	}
	return nil
}

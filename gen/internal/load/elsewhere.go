package load

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DeclaredElsewhere returns the names that files of the same package declare which are not among p.Files: its tests, and what the
// build constraints exclude. An output may be compiled together with them, and must not import under one of these names.
func (p *Package) DeclaredElsewhere() []string {
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		path := filepath.Join(p.Dir, entry.Name())
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || slices.ContainsFunc(p.Files, func(f *File) bool { return f.Name == path }) {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil || IsOutput(path, src) {
			continue
		}
		file, _ := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
		if file != nil && file.Name.Name == p.Name {
			names = append(names, packageLevel(file)...)
		}
	}
	return names
}

// packageLevel returns the names that a file declares for its package.
func packageLevel(file *ast.File) []string {
	var names []string
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				names = append(names, decl.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

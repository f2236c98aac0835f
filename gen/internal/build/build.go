// Package build turns annotated interfaces into the model of their output. Every semantic check is here, and every name is
// decided here once: of imports, parameters, results, fields and receivers.
//
// Read Files first: it goes through a package file by file; interface.go through one interface; method.go through one method, and
// naming.go names what that needs.
package build

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"

	"github.com/cbgen/cbgen/gen/internal/diag"
	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// Package is a loaded package with the directives found in it.
type Package struct {
	Fset         *token.FileSet
	Types        *types.Package
	Files        []*File
	Runtime      *types.Package                   // the runtime as this package sees it, or its stub
	DependsOn    func(path string) bool           // whether the package imports path, directly or not
	Dependencies func() []string                  // the paths for which DependsOn says yes, sorted
	Lookup       func(path string) *types.Package // a package it depends on, nil where its types are not known
	Elsewhere    func() []string                  // names that the package declares in files which are not among Files
	Broken       map[string]string                // imports that cannot be resolved, and why
	WantsTest    func(path string) bool           // whether a test of wrappers is to be written there
	TypeErrors   []types.Error                    // what does not compile in it, perhaps only because it calls what is not generated yet
}

// File is a source file of a Package.
type File struct {
	Name       string // absolute
	Syntax     *ast.File
	Constraint string // the build constraint that its output carries
	Comments   *directive.Comments
	Generate   bool // whether its annotated interfaces are generated from here; not so for the plain files of a test variant
}

// Files builds the output of every file of a package that holds an annotated interface. What cannot be generated is
// added to findings; the models are complete only where none were.
func Files(p *Package, findings *diag.List) []*model.File {
	b := &packageBuilder{Package: p, findings: findings, declared: map[string]*declaration{}, generated: map[string]token.Position{}}
	for _, file := range p.Files {
		for _, decl := range declarations(file) {
			b.declared[decl.spec.Name.Name] = decl
		}
	}
	var outputs []*model.File
	for _, file := range p.Files {
		if !file.Generate {
			continue
		}
		if output := b.file(file); output != nil {
			outputs = append(outputs, output)
		}
	}
	return outputs
}

// packageBuilder is what the files of one package share.
type packageBuilder struct {
	*Package
	findings  *diag.List
	declared  map[string]*declaration
	generated map[string]token.Position // package-level names of the outputs, and for which interface
}

// declaration is a type declared at package level, with the directives at it.
type declaration struct {
	file *File
	spec *ast.TypeSpec
	doc  []*directive.Line // of the type
}

// methods returns the syntax of an interface's methods and embedded types, nil for other declarations.
func (d *declaration) methods() []*ast.Field {
	if iface, ok := d.spec.Type.(*ast.InterfaceType); ok && iface.Methods != nil {
		return iface.Methods.List
	}
	return nil
}

// annotated reports whether any directive stands at the type or at one of its methods.
func (d *declaration) annotated() bool {
	if len(d.doc) > 0 {
		return true
	}
	for _, field := range d.methods() {
		if len(d.file.Comments.Methods[field]) > 0 {
			return true
		}
	}
	return false
}

func declarations(file *File) []*declaration {
	var list []*declaration
	for _, decl := range file.Syntax.Decls {
		if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.TYPE {
			for _, spec := range decl.Specs {
				spec := spec.(*ast.TypeSpec)
				list = append(list, &declaration{file: file, spec: spec, doc: file.Comments.Interfaces[spec]})
			}
		}
	}
	return list
}

func (b *packageBuilder) file(file *File) *model.File {
	var annotated []*declaration
	for _, decl := range declarations(file) {
		if decl.annotated() {
			annotated = append(annotated, decl)
		}
	}
	if len(annotated) == 0 {
		return nil
	}
	names := newFileNames(b.Package, file.Syntax)
	names.scope.reserve(b.Elsewhere()...)
	for _, decl := range annotated {
		names.scope.reserve(typeParamNames(decl.spec)...)
	}
	out := &model.File{
		Path:       OutputPath(file.Name),
		Source:     filepath.Base(file.Name),
		Constraint: file.Constraint,
		Package:    b.Types.Name(),
		ImportPath: b.Types.Path(),
		Runtime:    names.runtime(),
	}
	var builders []*interfaceBuilder
	for _, decl := range annotated {
		if i := b.newInterface(decl, names); i != nil {
			builders = append(builders, i)
		}
	}
	// Parameters are named only now: a name must hide none of the imports, and all of them are known by now.
	for _, i := range builders {
		i.name()
		out.Interfaces = append(out.Interfaces, i.out)
	}
	out.Imports = names.imports()
	b.conformance(file, out, names, builders)
	return out
}

func typeParamNames(spec *ast.TypeSpec) []string {
	var names []string
	if spec.TypeParams != nil {
		for _, field := range spec.TypeParams.List {
			for _, name := range field.Names {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func (b *packageBuilder) position(pos token.Pos) token.Position { return b.Fset.Position(pos) }

package build

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// expression is a Go expression over a method's parameters, written in a directive.
type expression struct {
	text  string
	typ   types.Type
	parts []expressionPart // identifiers that the output may spell otherwise, in the order of the text
}

// expressionPart is an identifier of an expression: a parameter, or a package and how the output calls it.
type expressionPart struct {
	offset, length int
	param          int // index, -1
	name           string
}

// parseExpression checks an expression as if it stood in the method, its file's imports and its parameters' names in scope. Why
// is what is wrong with it, "" where nothing is. It imports what the expression needs, so it must run before names are decided.
func (m *methodBuilder) parseExpression(text string) (e *expression, why string) {
	syntax, err := parser.ParseExpr(text)
	if err != nil {
		return nil, err.Error()
	}
	function := false // CheckExpr does not look into it
	ast.Inspect(syntax, func(node ast.Node) bool {
		_, literal := node.(*ast.FuncLit)
		function = function || literal
		return true
	})
	if function {
		return nil, "it declares a function: write it in the package, and call that"
	}
	pkg, params := m.expressionScope()
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	if err := types.CheckExpr(token.NewFileSet(), pkg, token.NoPos, syntax, info); err != nil {
		if err, ok := err.(types.Error); ok { //nolint:errorlint // CheckExpr returns it as it is
			return nil, err.Msg
		}
		return nil, err.Error()
	}
	tv := info.Types[syntax]
	if !tv.IsValue() {
		return nil, text + " is no value"
	}
	e = &expression{text: text, typ: types.Default(tv.Type)}
	members := map[*ast.Ident]bool{}
	ast.Inspect(syntax, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			members[selector.Sel] = true
		}
		ident, ok := node.(*ast.Ident)
		if !ok || members[ident] {
			return true
		}
		part := expressionPart{offset: int(ident.Pos()) - 1, length: len(ident.Name), param: -1}
		switch object := info.Uses[ident].(type) {
		case *types.Var:
			if part.param = slices.Index(params, object); part.param >= 0 {
				e.parts = append(e.parts, part)
			}
		case *types.PkgName:
			part.name = m.names.use(object.Imported().Path(), object.Imported().Name())
			e.parts = append(e.parts, part)
		}
		switch object := info.Uses[ident]; {
		case object == nil || object.Pkg() == nil:
		case object.Parent() == m.Types.Scope():
			m.mentioned = append(m.mentioned, ident.Name)
		case object.Parent() == object.Pkg().Scope() && object.Pkg().Path() != m.Types.Path(): // of an import by a dot
			part.name = m.objectName(object)
			e.parts = append(e.parts, part)
		}
		return true
	})
	return e, ""
}

// expressionScope is what an expression in a directive may name, as a package like the annotated one. The first of a name holds: the
// method's parameters, the interface's type parameters, the imports of its file, the package, and what other files import.
func (m *methodBuilder) expressionScope() (*types.Package, []*types.Var) {
	pkg := types.NewPackage(m.Types.Path(), m.Types.Name())
	var params []*types.Var
	for param := range m.signature().Params().Variables() {
		own := types.NewParam(token.NoPos, pkg, param.Name(), param.Type())
		params = append(params, own)
		if param.Name() != "" && param.Name() != "_" {
			pkg.Scope().Insert(own)
		}
	}
	for param := range m.interfaceBuilder.params.TypeParams() {
		pkg.Scope().Insert(param.Obj())
	}
	m.declareImports(pkg, m.decl.file)
	for _, name := range m.Types.Scope().Names() {
		pkg.Scope().Insert(m.Types.Scope().Lookup(name)) // not where a parameter or an import hides it
	}
	for _, file := range m.Files {
		m.declareImports(pkg, file)
	}
	return pkg, params
}

// declareImports declares the packages that a file imports, under its names for them.
func (m *methodBuilder) declareImports(in *types.Package, file *File) {
	for _, spec := range file.Syntax.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		pkg := m.Lookup(importPath)
		if err != nil || pkg == nil {
			continue
		}
		name := pkg.Name()
		if spec.Name != nil && spec.Name.Name != "_" {
			name = spec.Name.Name
		}
		if name == "." {
			for _, exported := range pkg.Scope().Names() {
				if ast.IsExported(exported) {
					in.Scope().Insert(pkg.Scope().Lookup(exported))
				}
			}
			continue
		}
		in.Scope().Insert(types.NewPkgName(token.NoPos, in, name, pkg))
	}
}

// print spells the expression with the names that the output gives to parameters and packages.
func (e *expression) print(m *methodBuilder) string {
	var b strings.Builder
	at := 0
	for _, part := range e.parts {
		name := part.name
		if part.param >= 0 {
			name = m.out.Params[part.param].Name
		}
		fmt.Fprint(&b, e.text[at:part.offset], name)
		at = part.offset + part.length
	}
	return b.String() + e.text[at:]
}

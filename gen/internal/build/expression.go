package build

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/directive"
)

// expression is a Go expression over a method's parameters, written in a directive.
type expression struct {
	*methodBuilder
	fset   *token.FileSet // of the expression alone
	syntax ast.Expr
	scope  *types.Package // what the expression may name
	info   *types.Info
	params map[*ast.Ident]int // identifiers that name a parameter
	free   []string           // names of the package and predeclared ones, which nothing in the method may hide
	others []*ast.Ident       // identifiers of other packages, and of what is imported from them by a dot
}

// expressionError is what is wrong with an expression, and at which byte of it.
type expressionError struct {
	offset int
	text   string
}

// newExpression checks an expression as if it stood in the method, its file's imports and its parameters' names in scope: it must
// have one value.
func (m *methodBuilder) newExpression(text string) (*expression, *expressionError) {
	e := &expression{
		methodBuilder: m, fset: token.NewFileSet(), params: map[*ast.Ident]int{},
		info: &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
	}
	syntax, err := parser.ParseExprFrom(e.fset, "", text, 0)
	if err != nil {
		return nil, &expressionError{0, "want a Go expression"} // which the directive's reader has said
	}
	e.syntax = syntax
	var function ast.Node // CheckExpr does not look into it
	ast.Inspect(syntax, func(node ast.Node) bool {
		if literal, ok := node.(*ast.FuncLit); ok && function == nil {
			function = literal
		}
		return true
	})
	if function != nil {
		return nil, e.at(function, "a key contains no function: write a method, and call that")
	}
	e.scope = m.expressionScope()
	if err := types.CheckExpr(e.fset, e.scope, token.NoPos, syntax, e.info); err != nil {
		return nil, e.typeError(err)
	}
	if why := e.whyNoValue(); why != "" {
		return nil, e.at(syntax, "%s", why)
	}
	e.resolve()
	return e, nil
}

func (e *expression) typ() types.Type { return types.Default(e.info.Types[e.syntax].Type) }

func (e *expression) at(node ast.Node, format string, args ...any) *expressionError {
	return &expressionError{e.fset.Position(node.Pos()).Offset, fmt.Sprintf(format, args...)}
}

// whyNoValue says what the expression is that is not one value, or "".
func (e *expression) whyNoValue() string {
	tv := e.info.Types[e.syntax]
	tuple, several := tv.Type.(*types.Tuple)
	switch {
	case several && tuple.Len() != 1:
		return fmt.Sprintf("%s is %d values, want one", e.source(e.syntax), tuple.Len())
	case tv.IsVoid():
		return e.source(e.syntax) + " is 0 values, want one"
	case !tv.IsValue():
		return e.source(e.syntax) + " is no value"
	}
	return ""
}

// source prints a part of the expression.
func (e *expression) source(node ast.Node) string {
	var b strings.Builder
	if err := printer.Fprint(&b, e.fset, node); err != nil {
		return err.Error() // cannot be: it was parsed
	}
	return b.String()
}

// typeError says what the compiler says, and of a name that is nowhere what was there to be named.
func (e *expression) typeError(err error) *expressionError {
	var bad types.Error
	if !errors.As(err, &bad) {
		return &expressionError{0, err.Error()}
	}
	text := bad.Msg
	if name, ok := strings.CutPrefix(text, "undefined: "); ok && token.IsIdentifier(name) {
		text = fmt.Sprintf("%s is no parameter; %s", name, e.parameters(name))
	}
	return &expressionError{e.fset.Position(bad.Pos).Offset, text}
}

func (e *expression) parameters(near string) string {
	var names []string
	for param := range e.signature().Params().Variables() {
		if param.Name() != "" && param.Name() != "_" {
			names = append(names, param.Name())
		}
	}
	switch near := directive.Nearest(near, names); {
	case near != "":
		return "did you mean " + near + "?"
	case len(names) == 0:
		return "none of " + e.fn.Name() + " has a name"
	}
	return "those of " + e.fn.Name() + " are " + strings.Join(names, ", ")
}

// resolve finds what the expression names.
func (e *expression) resolve() {
	members := map[*ast.Ident]bool{}
	ast.Inspect(e.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			members[n.Sel] = true
		case *ast.Ident:
			if object := e.info.Uses[n]; object != nil && !members[n] {
				e.sort(n, object)
			}
		}
		return true
	})
}

func (e *expression) sort(ident *ast.Ident, object types.Object) {
	switch object := object.(type) {
	case *types.PkgName:
		e.others = append(e.others, ident)
		return
	case *types.Var:
		if object.IsField() { // the key of a struct's literal
			return
		}
	}
	switch {
	case object == e.scope.Scope().Lookup(object.Name()) && object.Parent() == e.scope.Scope():
		params := e.signature().Params()
		for i := range params.Len() {
			if params.At(i).Name() == object.Name() {
				e.params[ident] = i
			}
		}
	case object.Pkg() != nil && object.Pkg().Path() != e.Types.Path() && object.Parent() == object.Pkg().Scope():
		e.others = append(e.others, ident) // of an import by a dot
	default:
		e.free = append(e.free, ident.Name)
	}
}

// use imports what the expression needs, and spells it as the output does: one that is dropped must leave no import behind. It must
// run before names are decided.
func (e *expression) use() {
	for _, ident := range e.others {
		switch object := e.info.Uses[ident].(type) {
		case *types.PkgName:
			ident.Name = e.names.use(object.Imported().Path(), object.Imported().Name())
		default:
			ident.Name = e.objectName(object)
		}
	}
}

// expressionScope is what an expression in a directive may name, as a package like the annotated one. The first of a name holds: the
// method's parameters, the interface's type parameters, the imports of its file, the package, and what other files import.
func (m *methodBuilder) expressionScope() *types.Package {
	pkg := types.NewPackage(m.Types.Path(), m.Types.Name())
	for param := range m.signature().Params().Variables() {
		if param.Name() != "" && param.Name() != "_" {
			pkg.Scope().Insert(types.NewParam(token.NoPos, pkg, param.Name(), param.Type()))
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
	return pkg
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
func (e *expression) print() string {
	for ident, k := range e.params {
		ident.Name = e.out.Params[k].Name
	}
	return e.source(e.syntax)
}

package build

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"path"
	"strconv"

	"github.com/cbgen/cbgen/gen/internal/directive"
)

// errorMatches prints the matchers of an errors= list: a value is compared, a type is looked for in the chain, and where
// the type carries an integer code, that is read. Of failures the headers are read too: they may hold a Retry-After.
func (m *methodBuilder) errorMatches(refs []directive.NameRef, failures bool) string {
	var list []string
	for _, ref := range refs {
		list = append(list, m.errorMatch(ref))
		if header := m.headerMatch(ref); failures && header != "" {
			list = append(list, header)
		}
	}
	return sliceLiteral(m.names.runtime()+".ErrorMatch", list)
}

func (m *methodBuilder) errorMatch(ref directive.NameRef) string {
	object := m.find(ref)
	switch object := object.(type) {
	case nil:
		return ""
	case *types.TypeName:
		return m.errorType(ref, object)
	case *types.Var, *types.Const:
		if ref.Pointer {
			m.findings.Add(ref.Pos, "%s is a value, not a type: write it without the *", ref.Name)
		} else if !implementsError(object.Type()) {
			m.findings.Add(ref.Pos, "%s is no error: its type %s has no method Error() string", ref.Name, m.show(object.Type()))
		}
		return fmt.Sprintf("%s.ErrorIs(%s)", m.names.runtime(), m.objectName(object))
	}
	m.findings.Add(ref.Pos, "%s is neither an error value nor an error type", ref.Name)
	return ""
}

func (m *methodBuilder) errorType(ref directive.NameRef, object *types.TypeName) string {
	t := object.Type()
	if ref.Pointer {
		t = types.NewPointer(t)
	}
	if named, ok := types.Unalias(object.Type()).(*types.Named); ok && named.TypeParams().Len() > 0 {
		m.findings.Add(ref.Pos, "%s is generic: declare a type of your own for the one that is meant", ref.Name)
		return ""
	}
	if !implementsError(t) {
		remedy := "it has no method Error() string"
		if !ref.Pointer && implementsError(types.NewPointer(t)) {
			remedy = "*" + ref.Name + " is: write the *"
		}
		m.findings.Add(ref.Pos, "%s is no error: %s", m.show(t), remedy)
		return ""
	}
	text := m.names.typeString(t)
	if code := codeExpr(t); code != "" {
		return fmt.Sprintf("%s.ErrorCode(func(e %s) int { return %s })", m.names.runtime(), text, code)
	}
	return fmt.Sprintf("%s.ErrorType[%s]()", m.names.runtime(), text)
}

// headerMatch prints how the HTTP headers of an error type are read, "" where it has none.
func (m *methodBuilder) headerMatch(ref directive.NameRef) string {
	object, ok := m.lookup(ref).(*types.TypeName)
	if !ok {
		return ""
	}
	t := object.Type()
	if ref.Pointer {
		t = types.NewPointer(t)
	}
	if !implementsError(t) {
		return ""
	}
	expr := ""
	switch {
	case isPointerTo(fieldType(t, "Response"), "net/http", "Response"):
		expr = m.names.use(httpPath, "cbhttp") + ".Header(e.Response)"
	case isNamed(fieldType(t, "Header"), "net/http", "Header"):
		expr = "e.Header"
	default:
		return ""
	}
	return fmt.Sprintf("%s.ErrorHeader(func(e %s) map[string][]string { return %s })", m.names.runtime(), m.names.typeString(t), expr)
}

// fieldType returns the type of an exported field, that of nothing where there is none.
func fieldType(t types.Type, name string) types.Type {
	object, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	if field, ok := object.(*types.Var); ok {
		return field.Type()
	}
	return types.Typ[types.Invalid]
}

// codeExpr prints how the integer code of an error e of type t is read, "" where it has none.
func codeExpr(t types.Type) string {
	for _, name := range []string{"StatusCode", "HTTPStatusCode", "Code", "Status"} {
		object, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		expr := "e." + name
		var result types.Type
		switch object := object.(type) {
		case *types.Var:
			result = object.Type()
		case *types.Func:
			sig := object.Signature()
			if sig.Params().Len() != 0 || sig.Results().Len() != 1 {
				continue
			}
			result, expr = sig.Results().At(0).Type(), expr+"()"
		default:
			continue
		}
		basic, ok := result.Underlying().(*types.Basic)
		if !ok || basic.Info()&types.IsInteger == 0 {
			continue
		}
		if types.Identical(result, types.Typ[types.Int]) {
			return expr
		}
		return "int(" + expr + ")"
	}
	return ""
}

// find resolves a name in a directive as Go would at that place, and beyond: a package needs not be imported by that file.
func (m *methodBuilder) find(ref directive.NameRef) types.Object {
	scope := m.Types.Scope()
	if ref.Package != "" {
		pkg := m.findPackage(ref.Package)
		if pkg == nil {
			m.findings.Add(ref.Pos, "no package %s is imported here: add import _ with its path to this file", ref.Package)
			return nil
		}
		scope = pkg.Scope()
		if !ast.IsExported(ref.Name) {
			m.findings.Add(ref.Pos, "%s.%s is not exported", ref.Package, ref.Name)
			return nil
		}
	}
	object := m.lookup(ref)
	if object == nil {
		m.findings.Add(ref.Pos, "%s is not declared in package %s%s", ref.Name, cmp.Or(ref.Package, m.Types.Name()),
			directive.DidYouMean(ref.Name, scope.Names()))
		return nil
	}
	if why := m.unnameable(object.Type()); why != "" && ref.Package != "" {
		m.findings.Add(ref.Pos, "%s.%s %s", ref.Package, ref.Name, why)
		return nil
	}
	return object
}

// lookup finds what find does, and reports nothing.
func (m *methodBuilder) lookup(ref directive.NameRef) types.Object {
	if ref.Package != "" {
		if pkg := m.findPackage(ref.Package); pkg != nil {
			return pkg.Scope().Lookup(ref.Name)
		}
		return nil
	}
	if object := m.Types.Scope().Lookup(ref.Name); object != nil {
		return object
	}
	return m.findDotted(ref.Name)
}

// findDotted finds a name among the packages that the file imports by a dot.
func (m *methodBuilder) findDotted(name string) types.Object {
	for _, spec := range m.decl.file.Syntax.Imports {
		if spec.Name == nil || spec.Name.Name != "." || !ast.IsExported(name) {
			continue
		}
		if importPath, err := strconv.Unquote(spec.Path.Value); err == nil {
			if pkg := m.Lookup(importPath); pkg != nil && pkg.Scope().Lookup(name) != nil {
				return pkg.Scope().Lookup(name)
			}
		}
	}
	return nil
}

// findPackage finds the package that a name means: an import of this file, of another file of the package, else one of the
// standard library that the package depends on.
func (m *methodBuilder) findPackage(name string) *types.Package {
	files := []*File{m.decl.file}
	for _, file := range m.Files {
		if file != m.decl.file {
			files = append(files, file)
		}
	}
	for _, file := range files {
		for _, spec := range file.Syntax.Imports {
			importPath, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			pkg := m.Lookup(importPath)
			if pkg == nil {
				continue
			}
			local := pkg.Name()
			if spec.Name != nil && spec.Name.Name != "_" && spec.Name.Name != "." {
				local = spec.Name.Name
			}
			if local == name {
				return pkg
			}
		}
	}
	return m.standard(name)
}

// standard finds a package of the standard library by its name among those that the package depends on.
func (m *methodBuilder) standard(name string) *types.Package {
	for _, importPath := range []string{name, "net/" + name, "database/" + name, "io/" + name, "os/" + name, "encoding/" + name, "crypto/" + name} {
		if pkg := m.Lookup(importPath); pkg != nil && pkg.Name() == name && path.Base(importPath) == name {
			return pkg
		}
	}
	return nil
}

// objectName spells an object in the output.
func (m *methodBuilder) objectName(object types.Object) string {
	if object.Pkg().Path() == m.Types.Path() {
		return object.Name()
	}
	return m.names.use(object.Pkg().Path(), object.Pkg().Name()) + "." + object.Name()
}

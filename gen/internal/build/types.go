package build

import (
	"fmt"
	"go/types"
	"strings"
)

// unnameable says why a generated file of the package cannot write t, or "".
func (p *Package) unnameable(t types.Type) string {
	w := typeWalker{source: p, seen: map[types.Type]bool{}}
	w.walk(t)
	return w.why
}

// typeWalker visits what types.TypeString prints of a type, and stops at the first part that cannot be written.
type typeWalker struct {
	source *Package
	seen   map[types.Type]bool
	why    string
}

func (w *typeWalker) walk(t types.Type) {
	if t == nil || w.why != "" || w.seen[t] {
		return
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.Invalid {
			w.why = "has a type that does not compile"
		} else {
			w.predeclared(t.Name())
		}
	case *types.Named:
		w.object(t.Obj())
		w.list(t.TypeArgs())
	case *types.Alias:
		w.object(t.Obj())
		w.list(t.TypeArgs())
		if types.Unalias(t) == types.Typ[types.Invalid] {
			w.why = "has a type that does not compile: " + t.Obj().Name()
		}
	case *types.Pointer:
		w.walk(t.Elem())
	case *types.Slice:
		w.walk(t.Elem())
	case *types.Array:
		w.walk(t.Elem())
	case *types.Chan:
		w.walk(t.Elem())
	case *types.Map:
		w.walk(t.Key())
		w.walk(t.Elem())
	case *types.Signature:
		w.tuple(t.Params())
		w.tuple(t.Results())
	case *types.Tuple:
		w.tuple(t)
	case *types.Struct:
		for field := range t.Fields() {
			w.member("field", field)
			w.walk(field.Type())
		}
	case *types.Interface:
		for method := range t.ExplicitMethods() {
			w.member("method", method)
			w.walk(method.Type())
		}
		for embedded := range t.EmbeddedTypes() {
			w.walk(embedded)
		}
	case *types.Union:
		for term := range t.Terms() {
			w.walk(term.Type())
		}
	}
}

func (w *typeWalker) list(list *types.TypeList) {
	for t := range list.Types() {
		w.walk(t)
	}
}

func (w *typeWalker) tuple(tuple *types.Tuple) {
	for v := range tuple.Variables() {
		w.walk(v.Type())
	}
}

// member refuses unexported fields and methods of anonymous types of other packages: written here they would be others.
func (w *typeWalker) member(kind string, object types.Object) {
	if !object.Exported() && object.Pkg() != nil && object.Pkg().Path() != w.source.Types.Path() && w.why == "" {
		w.why = fmt.Sprintf("has an anonymous type with the unexported %s %s of package %s", kind, object.Name(), object.Pkg().Path())
	}
}

// needs reports what hides predeclared names that the wrapper cannot do without.
func (i *interfaceBuilder) needs(names ...string) {
	for _, name := range names {
		hiding := []types.Object{i.Types.Scope().Lookup(name)}
		for param := range i.params.TypeParams() {
			hiding = append(hiding, param.Obj())
		}
		for _, object := range hiding {
			if object != nil && object.Name() == name {
				i.findings.Add(i.position(object.Pos()), "%s is declared anew here, and the wrapper of %s needs the predeclared one: rename it",
					name, i.out.Name)
			}
		}
	}
}

// predeclared refuses a predeclared type whose name the package gives to something of its own.
func (w *typeWalker) predeclared(name string) {
	if w.source.Types.Scope().Lookup(name) != nil && w.why == "" {
		w.why = fmt.Sprintf("has the predeclared type %s, whose name this package declares anew", name)
	}
}

func (w *typeWalker) object(name *types.TypeName) {
	pkg := name.Pkg()
	switch {
	case pkg == nil:
		w.predeclared(name.Name())
	case strings.HasPrefix(name.Name(), "_C"):
		w.why = fmt.Sprintf("has the cgo type C.%s, which only the file that imports \"C\" can name; give it a Go name there: type %s = C.%[1]s",
			cgoName(name.Name()), upperFirst(cgoName(name.Name())))
	case pkg.Path() == w.source.Types.Path():
		if name.Parent() != nil && name.Parent() != pkg.Scope() {
			w.why = fmt.Sprintf("has the type %s, which is declared inside a function", name.Name())
		}
	case !importable(pkg, w.source.Types.Path()) && w.source.publicAlias(pkg.Path(), name.Name()) != nil:
	case !name.Exported():
		w.why = fmt.Sprintf("has the unexported type %s.%s of another package", pkg.Path(), name.Name())
	case !importable(pkg, w.source.Types.Path()):
		w.why = fmt.Sprintf("has the type %s.%s, which this package may not import", pkg.Path(), name.Name())
	}
}

// cgoName turns _Ctype_int and _Ctype_struct_point into int and struct_point.
func cgoName(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "_Ctype_"), "_C")
}

// importable reports whether the go command lets a package at path import pkg: the rules of internal, vendor and main.
func importable(pkg *types.Package, path string) bool {
	if pkg.Name() == "main" || strings.HasPrefix(pkg.Path(), "vendor/") {
		return false
	}
	i := strings.LastIndex("/"+pkg.Path()+"/", "/internal/")
	if i < 0 {
		return true
	}
	path, root := strings.TrimSuffix(path, "_test"), strings.TrimSuffix(("/" + pkg.Path())[:i], "/")
	root = strings.TrimPrefix(root, "/")
	return root != "" && (path == root || strings.HasPrefix(path, root+"/"))
}

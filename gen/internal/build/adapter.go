package build

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"
)

// adaptable returns what a result of a concrete type would be read through, nil where it is no stream: io.ReadCloser, or an
// interface with its methods.
func (m *methodBuilder) adaptable(t types.Type) types.Type {
	switch {
	case isIteratorLike(t), isReceiver(t):
	case isReader(t) && isCloser(t):
		if io := m.Lookup("io"); io != nil && io.Scope().Lookup("ReadCloser") != nil {
			return io.Scope().Lookup("ReadCloser").Type()
		}
		return nil
	default:
		return nil
	}
	var methods []*types.Func
	for selection := range types.NewMethodSet(t).Methods() {
		method := selection.Obj().(*types.Func)
		if method.Exported() && m.unnameable(selection.Type()) == "" {
			methods = append(methods, types.NewFunc(token.NoPos, m.Types, method.Name(), selection.Type().(*types.Signature)))
		}
	}
	return types.NewInterfaceType(methods, nil).Complete()
}

// adapter says that a wrapper cannot stand in for a stream of a concrete type, and what to paste to make it an interface.
func (m *methodBuilder) adapter(t, wanted types.Type) string {
	iface, method := m.interfaceBuilder.out.Name, m.fn.Name()
	typeParams, typeArgs := m.typeParamLists()
	name, declaration := m.show(wanted), ""
	if methods, ok := wanted.(*types.Interface); ok {
		base := m.unused(iface + streamName(method))
		name, declaration = base+typeArgs, fmt.Sprintf("type %s%s interface {\n", base, typeParams)
		for method := range methods.Methods() {
			declaration += "\t" + method.Name() + m.printSignature(method.Signature()) + "\n"
		}
		declaration += "}\n\n"
	}
	params, args := m.adapterParams()
	takes := m.printSignature(types.NewSignatureType(nil, nil, nil, params, nil, m.signature().Variadic()))
	have := m.printSignature(types.NewSignatureType(nil, nil, nil, params, m.signature().Results(), m.signature().Variadic()))
	want := takes + " (" + name + ", error)"
	adapter := m.unused(lowerFirst(iface) + upperFirst(method) + "Adapter")
	open := fmt.Sprintf("stream, err := a.next.%s(%s)\n\tif err != nil {\n\t\treturn nil, err\n\t}", method, args)
	if m.signature().Results().Len() == 1 {
		open = fmt.Sprintf("stream := a.next.%s(%s)", method, args)
		if returnsError(findMethod(t, "Err")) {
			open += "\n\tif err := stream.Err(); err != nil {\n\t\treturn nil, err\n\t}"
		}
	}
	return fmt.Sprintf("its result %s is no interface, and no wrapper can stand in for it; have the method return an interface, and wrap an adapter\n"+
		"want %s%s\nto paste:\n%stype %s%s struct {\n\tnext interface{ %s%s }\n}\n\nfunc (a %s%s) %s%s {\n\t%s\n\treturn stream, nil\n}",
		m.show(t), method, want, declaration, adapter, typeParams, method, have, adapter, typeArgs, method, want, open)
}

// typeParamLists are the interface's type parameters, as they are declared and as they are applied.
func (i *interfaceBuilder) typeParamLists() (declared, applied string) {
	if len(i.out.TypeParams) == 0 {
		return "", ""
	}
	var params, args []string
	for _, param := range i.out.TypeParams {
		params, args = append(params, param.Name+" "+param.Constraint), append(args, param.Name)
	}
	return "[" + strings.Join(params, ", ") + "]", "[" + strings.Join(args, ", ") + "]"
}

// unused proposes a name that the package does not have.
func (m *methodBuilder) unused(name string) string {
	taken := newScope(nil)
	taken.reserve(m.Types.Scope().Names()...)
	return taken.claim(name)
}

// adapterParams are the method's parameters, all with names, and how they are passed on.
func (m *methodBuilder) adapterParams() (params *types.Tuple, args string) {
	used := newScope(nil)
	used.reserve("a", "stream", "err", "nil")
	used.reserve(typeParamNames(m.decl.spec)...)
	var vars []*types.Var
	var list []string
	for k := range m.signature().Params().Len() {
		param := m.signature().Params().At(k)
		name := used.claim(append([]string{param.Name()}, m.inventName(k)...)...)
		vars, list = append(vars, types.NewVar(token.NoPos, nil, name, param.Type())), append(list, name)
	}
	args = strings.Join(list, ", ")
	if m.signature().Variadic() {
		args += "..."
	}
	return types.NewTuple(vars...), args
}

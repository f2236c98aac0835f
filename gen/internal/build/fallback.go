package build

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// fallbackKind says where a fallback's answer comes from.
type fallbackKind uint8

const (
	interfaceMethod fallbackKind = iota // a method of the same interface, behind its own breaker
	packageFunction
	fallbackMethod // a method of the generated fallback interface
	// standbyValue is the same method of another value of the interface. Standbys make no cycle: the constructor alone sets one,
	// and what it is given was made before.
	standbyValue
	cachedAnswer // the last good answer, out of a cache
	storedCall   // none now: the call is stored, to be made later
)

// fallback is one //cb:fallback line of a method, resolved.
type fallback struct {
	name     string
	on       string
	kind     fallbackKind
	cause    bool // it takes the cause as a last parameter
	typeArgs string
	target   *methodBuilder // interfaceMethod
	line     *directive.Line
}

// resolveFallbacks finds what every fallback line of the interface names, and refuses cycles.
func (i *interfaceBuilder) resolveFallbacks() {
	for _, m := range i.methods {
		if m.out.Shape == model.Direct {
			continue
		}
		for _, line := range m.effective.Lines("fallback") {
			if f := m.resolve(line); f != nil {
				m.refuseRepetition(f)
				m.fallbacks = append(m.fallbacks, f)
			}
		}
	}
	for _, m := range i.methods {
		m.refuseCycle()
	}
}

func (m *methodBuilder) resolve(line *directive.Line) *fallback {
	value, _ := line.Value("")
	f := &fallback{name: value.Text, line: line}
	if on, ok := line.Value("on"); ok {
		f.on = on.Text
	}
	switch f.name { // reserved: never a method or function of that name
	case "standby":
		f.kind = standbyValue
		return f
	case "cache":
		f.kind = cachedAnswer
		return m.cached(f)
	case "queue":
		f.kind = storedCall
		return m.stored(f)
	}
	var rejected []string
	if target := m.method(f.name); target == m {
		m.findings.Add(value.Pos, "%s cannot fall back to itself", f.name)
		return nil
	} else if target != nil {
		cause, why := m.fits(target.signature())
		if why == "" {
			f.kind, f.cause, f.target = interfaceMethod, cause, target
			return f
		}
		rejected = append(rejected, m.rejectedCandidate("method "+m.interfaceBuilder.out.Name+".", target.fn, target.signature(), why))
	}
	switch object := m.Types.Scope().Lookup(f.name).(type) {
	case nil:
	case *types.Func:
		sig, typeArgs, why := m.instantiate(object, m.signature())
		cause := false
		if why == "" {
			cause, why = m.fits(sig)
		}
		if why == "" {
			f.kind, f.cause, f.typeArgs = packageFunction, cause, typeArgs
			return f
		}
		rejected = append(rejected, m.rejectedCandidate("", object, object.Signature(), why))
	default:
		rejected = append(rejected, fmt.Sprintf("have %s at %s: not a function", types.ObjectString(object, m.qualifier()), m.position(object.Pos())))
	}
	if len(rejected) == 0 {
		f.kind, f.cause = fallbackMethod, true
		return f
	}
	m.findings.Add(value.Pos, "fallback %s does not fit %s\nwant func%s, or the same with a last parameter cause error\n%s\nto paste:\n%s",
		f.name, m.fn.Name(), m.printSignature(m.signature()), strings.Join(rejected, "\n"), m.stub(f.name))
	return nil
}

// fallsBackTo reports whether the method has a fallback of a kind.
func (m *methodBuilder) fallsBackTo(kind fallbackKind) bool {
	return slices.ContainsFunc(m.fallbacks, func(f *fallback) bool { return f.kind == kind })
}

// refuseRepetition reports a fallback that another line has tried already for the same calls; equal lines are found before.
func (m *methodBuilder) refuseRepetition(f *fallback) {
	for _, earlier := range m.fallbacks {
		if earlier.name == f.name && earlier.on != f.on && (earlier.on == "" || f.on == "" || earlier.on == "all" || f.on == "all") {
			m.findings.Add(f.line.Pos, "fallback %s is tried twice for the same calls: the first line is at %s", f.name, earlier.line.Pos)
		}
	}
}

// fits reports whether a function with the signature have can answer for the method, and if not, why. It may take the cause
// as one parameter more; a variadic parameter is a slice then.
func (m *methodBuilder) fits(have *types.Signature) (cause bool, why string) {
	want := m.signature()
	params := have.Params().Len()
	switch params - want.Params().Len() {
	case 0:
	case 1:
		if !isError(have.Params().At(params - 1).Type()) {
			return false, fmt.Sprintf("its last parameter is %s, want cause error", m.show(have.Params().At(params-1).Type()))
		}
		cause = true
	default:
		return false, fmt.Sprintf("it takes %d parameters, want %d, or %d with a last cause error", params, want.Params().Len(), want.Params().Len()+1)
	}
	if !cause && have.Variadic() != want.Variadic() || cause && have.Variadic() {
		return false, "one is variadic, the other is not"
	}
	if why := m.typesDiffer(have, want); why != "" {
		return false, why
	}
	return cause, ""
}

// instantiate gives a generic function the type arguments under which it could have the signature want. It prints them where the
// compiler would not infer them: where only its results show one.
func (m *methodBuilder) instantiate(fn *types.Func, want *types.Signature) (sig *types.Signature, typeArgs, why string) {
	sig = fn.Signature()
	if sig.TypeParams().Len() == 0 {
		return sig, "", ""
	}
	bound := map[*types.TypeParam]types.Type{}
	for k := range min(want.Params().Len(), sig.Params().Len()) {
		bind(bound, sig.Params().At(k).Type(), want.Params().At(k).Type())
	}
	inferred := len(bound) == sig.TypeParams().Len()
	for k := range min(want.Results().Len(), sig.Results().Len()) {
		bind(bound, sig.Results().At(k).Type(), want.Results().At(k).Type())
	}
	var args []types.Type
	for param := range sig.TypeParams().TypeParams() {
		arg, ok := bound[param]
		if !ok {
			return nil, "", fmt.Sprintf("nothing says what its type parameter %s is", param.Obj().Name())
		}
		args = append(args, arg)
	}
	instance, err := types.Instantiate(nil, sig, args, true)
	if err != nil {
		return nil, "", err.Error()
	}
	if !inferred {
		var names []string
		for _, arg := range args {
			names = append(names, m.names.typeString(arg))
		}
		typeArgs = "[" + strings.Join(names, ", ") + "]"
	}
	return instance.(*types.Signature), typeArgs, ""
}

func (m *methodBuilder) rejectedCandidate(prefix string, fn *types.Func, sig *types.Signature, why string) string {
	if prefix == "" {
		prefix = "func "
	}
	return fmt.Sprintf("have %s%s%s at %s: %s", prefix, fn.Name(), m.printSignature(sig), m.position(fn.Pos()), why)
}

// qualifier prints types for messages: packages by their names, without importing them.
func (m *methodBuilder) qualifier() types.Qualifier {
	return func(pkg *types.Package) string {
		if pkg.Path() == m.Types.Path() {
			return ""
		}
		return pkg.Name()
	}
}

func (m *methodBuilder) show(t types.Type) string { return types.TypeString(t, m.qualifier()) }

// printSignature prints parameters and results for messages, behind a name or func.
func (m *methodBuilder) printSignature(sig *types.Signature) string {
	return strings.TrimPrefix(types.TypeString(sig, m.qualifier()), "func")
}

// stub prints a function to paste that would fit.
func (m *methodBuilder) stub(name string) string {
	sig := m.signature()
	var params []string
	for k := range sig.Params().Len() {
		param := sig.Params().At(k)
		paramName := param.Name()
		if paramName == "" {
			paramName = "_"
		}
		params = append(params, paramName+" "+m.show(param.Type()))
	}
	return m.paste(name, append(params, "cause error"), sig.Results())
}

// paste prints a function that is still to be written.
func (m *methodBuilder) paste(name string, params []string, tuple *types.Tuple) string {
	results := strings.TrimSpace(types.TypeString(types.NewSignatureType(nil, nil, nil, nil, tuple, false), m.qualifier()))
	results = strings.TrimPrefix(results, "func()")
	used := map[string]bool{} // a type parameter that no parameter or result mentions could not be inferred
	identifiers(strings.Join(params, ", ")+results, func(name string) { used[name] = true })
	var typeParams []string
	for _, param := range m.interfaceBuilder.out.TypeParams {
		if used[param.Name] {
			typeParams = append(typeParams, param.Name+" "+param.Constraint)
		}
	}
	list := ""
	if len(typeParams) > 0 {
		list = "[" + strings.Join(typeParams, ", ") + "]"
	}
	return fmt.Sprintf("func %s%s(%s)%s {\n\tpanic(\"not written yet\")\n}", name, list, strings.Join(params, ", "), results)
}

// refuseCycle reports a fallback that leads back to its method through methods of the interface.
func (m *methodBuilder) refuseCycle() {
	path := []string{m.fn.Name()}
	seen := map[*methodBuilder]bool{}
	var visit func(at *methodBuilder) bool
	visit = func(at *methodBuilder) bool {
		for _, f := range at.fallbacks {
			if f.target == nil {
				continue
			}
			path = append(path, f.name)
			if f.target == m {
				return true
			}
			if !seen[f.target] {
				seen[f.target] = true
				if visit(f.target) {
					return true
				}
			}
			path = path[:len(path)-1]
		}
		return false
	}
	if visit(m) {
		m.findings.Add(m.fallbacks[0].line.Pos, "a cycle of fallbacks: %s", strings.Join(path, " -> "))
	}
}

// fallbackCall prints the call of a resolved fallback.
func (m *methodBuilder) fallbackCall(f *fallback) model.FallbackCall {
	args := m.arguments(f.cause)
	if f.cause {
		if args != "" {
			args += ", "
		}
		args += m.out.CauseName
	}
	receiver := m.interfaceBuilder.out.Receiver
	callee, condition := "", ""
	switch f.kind {
	case interfaceMethod:
		callee = receiver + "." + f.name
	case packageFunction:
		callee = f.name + f.typeArgs
	case fallbackMethod:
		callee = receiver + "." + m.interfaceBuilder.out.FallbackField + "." + f.name
	case standbyValue:
		standby := receiver + "." + m.interfaceBuilder.out.StandbyField
		callee, condition = standby+"."+m.fn.Name(), standby+" != nil"
	case cachedAnswer:
		return m.cachedCall()
	case storedCall:
		return m.storedCallOf()
	}
	return model.FallbackCall{
		Call:        fmt.Sprintf("%s(%s)", callee, args),
		UsesContext: m.out.UsesContext,
		UsesCause:   f.cause,
		Condition:   condition,
	}
}

// fallbackInterface collects the methods of <Iface>Fallback. Methods that share a name must share the signature.
func (i *interfaceBuilder) fallbackInterface() {
	first := map[string]*methodBuilder{}
	for _, m := range i.methods {
		for _, f := range m.fallbacks {
			if f.kind != fallbackMethod {
				continue
			}
			if other := first[f.name]; other != nil {
				if cause, why := m.fits(other.signature()); why != "" || cause {
					i.findings.Add(f.line.Pos, "fallback %[1]s cannot answer for both %[2]s and %[3]s, whose signatures differ\nfunc %[2]s%[4]s\nfunc %[3]s%[5]s",
						f.name, other.fn.Name(), m.fn.Name(), m.printSignature(other.signature()), m.printSignature(m.signature()))
				}
				continue
			}
			first[f.name] = m
			i.out.Fallbacks = append(i.out.Fallbacks, m.fallbackMethod(f))
		}
	}
}

func (m *methodBuilder) fallbackMethod(f *fallback) model.FallbackMethod {
	method := model.FallbackMethod{Name: f.name, Doc: fmt.Sprintf("%s answers instead of [%s.%s].", f.name, m.interfaceBuilder.out.Name, m.fn.Name())}
	for k, param := range m.out.Params {
		if m.out.Variadic && k == len(m.out.Params)-1 {
			param.Type = "[]" + strings.TrimPrefix(param.Type, "...")
		}
		method.Params = append(method.Params, param)
	}
	method.Params = append(method.Params, model.Param{Name: m.out.CauseName, Type: "error"})
	for k, result := range m.out.Results {
		if m.signature().Results().At(k).Name() == "" {
			result.Name = ""
		}
		method.Results = append(method.Results, result)
	}
	return method
}

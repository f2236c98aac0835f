package build

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// interfaceBuilder builds one annotated interface.
type interfaceBuilder struct {
	*packageBuilder
	names   *fileNames
	decl    *declaration
	iface   *types.Interface
	params  *types.TypeParamList
	methods []*methodBuilder
	misfit  string // why an inherited result= fits the first method that it does not fit
	out     *model.Interface
}

// newInterface reads an annotated interface: its methods, what holds for each, and what each falls back to. It returns nil
// where nothing can be generated.
func (b *packageBuilder) newInterface(decl *declaration, names *fileNames) *interfaceBuilder {
	object, _ := b.Types.Scope().Lookup(decl.spec.Name.Name).(*types.TypeName)
	pos := b.position(decl.spec.Name.Pos())
	if object == nil {
		b.findings.Add(pos, "%s is declared twice, or in a way that does not compile", decl.spec.Name.Name)
		return nil
	}
	if b.doesNotCompile(decl) {
		return nil
	}
	iface, ok := object.Type().Underlying().(*types.Interface)
	if !ok {
		if object.Type().Underlying() == types.Typ[types.Invalid] {
			b.findings.Add(pos, "%s does not compile: its definition cannot be resolved", object.Name())
		} else {
			b.findings.Add(pos, "%s is not an interface: //cb: directives stand at interfaces and their methods", object.Name())
		}
		return nil
	}
	if !iface.IsMethodSet() {
		b.findings.Add(pos, "%s is a type constraint, no value of it can be wrapped", object.Name())
		return nil
	}
	if iface.NumMethods() == 0 {
		b.findings.Add(pos, "%s has no methods to guard", object.Name())
		return nil
	}
	i := &interfaceBuilder{packageBuilder: b, names: names, decl: decl, iface: iface, params: typeParams(object.Type())}
	i.out = &model.Interface{
		Name:     object.Name(),
		Client:   b.Types.Name() + "." + object.Name(),
		Position: pos.String(),
	}
	before := b.findings.Len()
	i.needs("nil", "panic", "error")
	i.typeParams()
	i.declareNames(pos)
	i.collect()
	i.applyOn()
	for _, m := range i.methods {
		m.read()
	}
	i.checkJudge()
	i.checkStream()
	i.checkGroups()
	i.checkKey()
	i.resolveFallbacks()
	i.queueNames()
	if b.findings.Len() > before {
		return nil
	}
	return i
}

// doesNotCompile reports the compiler's errors inside a declaration. Those elsewhere in the package are none of our business:
// its code may call what is not generated yet.
func (b *packageBuilder) doesNotCompile(decl *declaration) bool {
	found := false
	for _, err := range b.TypeErrors {
		if decl.spec.Pos() <= err.Pos && err.Pos < decl.spec.End() {
			b.findings.Add(b.position(err.Pos), "%s does not compile: %s", decl.spec.Name.Name, err.Msg)
			found = true
		}
	}
	return found
}

func typeParams(t types.Type) *types.TypeParamList {
	switch t := t.(type) {
	case *types.Named:
		return t.TypeParams()
	case *types.Alias:
		return t.TypeParams()
	}
	return nil
}

// typeParams prints the interface's type parameters for the wrapper, which repeats them.
func (i *interfaceBuilder) typeParams() {
	for param := range i.params.TypeParams() {
		if why := i.unnameable(param.Constraint()); why != "" {
			i.findings.Add(i.position(param.Obj().Pos()), "the constraint of type parameter %s %s", param.Obj().Name(), why)
			continue
		}
		name := param.Obj().Name()
		if name == "_" {
			name = i.names.scope.claim("T")
		}
		i.out.TypeParams = append(i.out.TypeParams, model.TypeParam{Name: name, Constraint: i.names.typeString(param.Constraint())})
	}
}

// declareNames decides the package-level names of the output, which users rely on: they are never changed to avoid a clash,
// unless //cb:wrap says that the interface's own name clashes.
func (i *interfaceBuilder) declareNames(pos token.Position) {
	o, name := i.out, i.out.Name
	o.Wrapper = name + "Breaker"
	given, wrapped := directive.Merge(i.decl.doc).Get("wrap", "name")
	if wrapped {
		o.Wrapper = given.Text
		if why := i.cannotName(given.Text); why != "" {
			i.findings.Add(given.Pos, "the wrapper of %s cannot be called %s: %s", name, given.Text, why)
		}
	}
	o.Constructor = prefixed("New", o.Wrapper)
	o.FallbackType = name + "Fallback"
	i.policyNames(name)
	if wrapped {
		if i.taken(o.FallbackType) {
			o.FallbackType = o.Wrapper + "Fallback"
		}
		if slices.ContainsFunc([]string{o.PoliciesType, o.DefaultPolicies, o.WithPolicies}, i.taken) {
			i.policyNames(o.Wrapper)
		}
	}
	remedy := "rename one of them, or name the wrapper with //cb:wrap name=T"
	if wrapped {
		remedy = "write another //cb:wrap name="
	}
	i.claimNames(pos, []string{o.Wrapper, o.Constructor, o.FallbackType, o.PoliciesType, o.DefaultPolicies, o.WithPolicies}, remedy)
}

// claimNames takes package-level names for the output, and reports those that are taken.
func (i *interfaceBuilder) claimNames(pos token.Position, names []string, remedy string) {
	for _, generated := range names {
		if existing := i.Types.Scope().Lookup(generated); existing != nil {
			i.findings.Add(pos, "the wrapper of %s needs the name %s, which is declared at %s: %s",
				i.out.Name, generated, i.position(existing.Pos()), remedy)
		} else if other, taken := i.generated[generated]; taken {
			i.findings.Add(pos, "the wrapper of %s needs the name %s, which the wrapper of the interface at %s has: %s",
				i.out.Name, generated, other, remedy)
		}
		i.generated[generated] = pos
	}
	i.names.scope.reserve(names...)
}

// cannotName says why a name that the package does not declare is none for a type in it, or "".
func (i *interfaceBuilder) cannotName(name string) string {
	switch {
	case types.Universe.Lookup(name) != nil:
		return "it is predeclared"
	case name == "init" || name == "main":
		return "Go keeps it for a function"
	case slices.Contains(typeParamNames(i.decl.spec), name):
		return "a type parameter has that name"
	case name == i.names.runtime():
		return "the output imports the runtime by that name"
	}
	for _, file := range i.Files {
		for _, spec := range file.Syntax.Imports {
			importPath, _ := strconv.Unquote(spec.Path.Value)
			local := ""
			if spec.Name != nil {
				local = spec.Name.Name
			} else if pkg := i.Lookup(importPath); pkg != nil {
				local = pkg.Name()
			}
			if local == name {
				return "a file of the package imports " + importPath + " by that name"
			}
		}
	}
	return ""
}

func (i *interfaceBuilder) policyNames(name string) {
	o := i.out
	o.PoliciesType = name + "Policies"
	o.DefaultPolicies, o.WithPolicies = prefixed("Default", o.PoliciesType), prefixed("With", o.PoliciesType)
}

// taken reports whether the package or another output declares a name.
func (i *interfaceBuilder) taken(name string) bool {
	_, generated := i.generated[name]
	return generated || i.Types.Scope().Lookup(name) != nil
}

// prefixed puts a word before a name: both are exported, or neither is.
func prefixed(word, name string) string {
	if token.IsExported(name) {
		return word + name
	}
	return lowerFirst(word) + upperFirst(name)
}

// collect lists the interface's methods, each with the directives at it: first those declared in this package, in the
// order of the source (an embedded interface brings its directives along), then those embedded from elsewhere, by name.
func (i *interfaceBuilder) collect() {
	left := map[string]*types.Func{}
	for method := range i.iface.Methods() {
		left[method.Id()] = method
	}
	add := func(id string, pos token.Position, lines []*directive.Line, embedded bool) {
		if method, ok := left[id]; ok { // an interface may have a method from several embedded ones
			delete(left, id)
			i.methods = append(i.methods, &methodBuilder{interfaceBuilder: i, fn: method, pos: pos, lines: lines, embedded: embedded})
		}
	}
	seen := map[*declaration]bool{}
	var walk func(decl *declaration)
	walk = func(decl *declaration) {
		if decl == nil || seen[decl] {
			return
		}
		seen[decl] = true
		for _, field := range decl.methods() {
			if len(field.Names) == 0 {
				walk(i.declared[localName(field.Type)])
				continue
			}
			name := field.Names[0]
			add(types.Id(i.Types, name.Name), i.position(name.Pos()), decl.file.Comments.Methods[field], decl != i.decl)
		}
	}
	walk(i.decl)
	for _, id := range slices.Sorted(maps.Keys(left)) {
		add(id, i.position(i.decl.spec.Name.Pos()), nil, true)
	}
	var unexported []string
	i.methods = slices.DeleteFunc(i.methods, func(m *methodBuilder) bool {
		foreign := !m.fn.Exported() && m.fn.Pkg().Path() != i.Types.Path()
		if foreign {
			unexported = append(unexported, m.fn.Pkg().Path()+"."+m.fn.Name())
		}
		return foreign
	})
	if n := len(unexported); n > 0 {
		list := strings.Join(unexported[:min(n, 3)], ", ")
		if n > 3 {
			list += fmt.Sprintf(" and %d more", n-3)
		}
		i.findings.Add(i.position(i.decl.spec.Name.Pos()), "%s has the unexported method %s, which no other package can implement: "+
			"declare an interface of your own with the methods that you call, and annotate that", i.out.Name, list)
	}
}

// localName returns the name in a type expression that names a type without a package, with its type arguments or not.
func localName(expr ast.Expr) string {
	switch expr := ast.Unparen(expr).(type) {
	case *ast.Ident:
		return expr.Name
	case *ast.IndexExpr:
		return localName(expr.X)
	case *ast.IndexListExpr:
		return localName(expr.X)
	}
	return ""
}

// applyOn hands the directives of //cb:on to the methods they name.
func (i *interfaceBuilder) applyOn() {
	for _, line := range i.decl.doc {
		if line.Inner == nil {
			continue
		}
		m := i.method(line.Method)
		if m == nil {
			var names []string
			for _, m := range i.methods {
				names = append(names, m.fn.Name())
			}
			i.findings.Add(line.Pos, "%s has no method %s%s", i.out.Name, line.Method, directive.DidYouMean(line.Method, names))
			continue
		}
		others := m.on
		if !m.embedded { // what an embedded method brings along may be overridden from here
			others = slices.Concat(m.lines, m.on)
		}
		for _, other := range others {
			if other.Def.Name == line.Inner.Def.Name && !other.Def.Repeatable {
				i.findings.Add(line.Inner.Pos, "//cb:%s is given twice for %s: the other is at %s", other.Def.Name, line.Method, other.Pos)
			}
		}
		m.on = append(m.on, line.Inner)
	}
}

func (i *interfaceBuilder) method(name string) *methodBuilder {
	for _, m := range i.methods {
		if m.fn.Name() == name {
			return m
		}
	}
	return nil
}

// defaults are the interface's own lines that hold for all methods, and not for the interface itself.
func (i *interfaceBuilder) defaults() []*directive.Line {
	var lines []*directive.Line
	for _, line := range i.decl.doc {
		if line.Inner == nil && line.Def.Targets&directive.OnMethod != 0 {
			lines = append(lines, line)
		}
	}
	return lines
}

// name decides the receiver, the fields, and every method's parameters, and completes the model.
func (i *interfaceBuilder) name() {
	used := newScope(nil)
	used.reserve(typeParamNames(i.decl.spec)...)
	fields := newScope(nil)
	for _, m := range i.methods {
		fields.reserve(m.fn.Name())
		for v := range m.signature().Params().Variables() {
			used.reserve(v.Name())
		}
		for v := range m.signature().Results().Variables() {
			used.reserve(v.Name())
		}
		for _, text := range m.typeStrings() {
			identifiers(text, func(name string) { used.reserve(name) })
		}
		used.reserve(m.functions()...)
	}
	for _, name := range i.names.names {
		used.reserve(name)
	}
	used.reserve(i.out.Name, i.out.FallbackType)
	i.out.Receiver = used.claim("b", "w", "breaker")
	locals := newScope(nil) // a constructor spells the type parameters, the runtime, and names of the output
	locals.reserve(typeParamNames(i.decl.spec)...)
	locals.reserve(i.names.runtime(), i.out.Wrapper, i.out.DefaultPolicies, "nil", "panic")
	for _, m := range i.methods {
		if m.out.Key != nil {
			identifiers(m.out.Key.Type, func(name string) { locals.reserve(name) })
		}
	}
	i.out.Locals = model.Locals{
		Next: locals.claim("next", "nextValue"), Fallback: locals.claim("fallback", "fallbackValue"),
		Standby: locals.claim("standby", "standbyValue"), Cache: locals.claim("cache", "cacheValue"),
		Queue: locals.claim("queue", "queueValue"), Options: locals.claim("opts", "options"),
		Policies: locals.claim("policies", "methodPolicies"), Client: locals.claim("client", "breakers"),
	}
	i.out.NextField = fields.claim("next", "nextValue")
	i.out.FallbackField = fields.claim("fallback", "fallbackValue")
	if i.fallsBackTo(standbyValue) {
		i.out.StandbyField = fields.claim("standby", "standbyValue")
	}
	if i.fallsBackTo(cachedAnswer) {
		i.out.CacheField = fields.claim("cache", "cacheValue")
	}
	if i.fallsBackTo(storedCall) {
		i.out.QueueField = fields.claim("queue", "queueValue")
		i.out.DoneName = used.claim("done", "told")
	}
	for _, m := range i.methods {
		if m.out.Shape != model.Direct {
			lower := lowerFirst(m.fn.Name())
			m.out.Field = fields.claim(lower, strings.TrimLeft(lower, "_")+"Breaker")
		}
		m.name()
		i.out.Methods = append(i.out.Methods, m.out)
	}
	i.namePolicies()
	i.fallbackInterface()
}

// fallsBackTo reports whether any method has a fallback of a kind.
func (i *interfaceBuilder) fallsBackTo(kind fallbackKind) bool {
	return slices.ContainsFunc(i.methods, func(m *methodBuilder) bool { return m.fallsBackTo(kind) })
}

package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// argument is a parameter of the constructor that becomes a field of the wrapper.
type argument struct {
	field, name string
	kind        *jen.Statement
	mayBeNil    bool
	doc         string // what it does
}

// constructorArguments are the constructor's parameters before its options, those that the interface needs.
func (p printer) constructorArguments() []argument {
	i := p.iface
	list := []argument{{field: i.NextField, name: i.Locals.Next, kind: p.applied(i.Name)}}
	if len(i.Fallbacks) > 0 {
		list = append(list, argument{field: i.FallbackField, name: i.Locals.Fallback, kind: p.applied(i.FallbackType),
			doc: " answers for a call that is rejected or fails"})
	}
	if i.StandbyField != "" {
		list = append(list, argument{field: i.StandbyField, name: i.Locals.Standby, kind: p.applied(i.Name), mayBeNil: true,
			doc: ", where it is not nil, is called instead"})
	}
	if i.CacheField != "" {
		list = append(list, argument{field: i.CacheField, name: i.Locals.Cache, kind: p.runtime("Cache"),
			doc: " keeps the last good answers"})
	}
	if i.QueueField != "" {
		list = append(list, argument{field: i.QueueField, name: i.Locals.Queue, kind: p.runtime("Queue"),
			doc: " stores calls, to be made later"})
	}
	return list
}

func (p printer) constructor() {
	i := p.iface
	guarded := i.Guarded()
	doc := fmt.Sprintf("%s puts %s behind one circuit breaker per method", i.Constructor, i.Locals.Next)
	if slices.ContainsFunc(guarded, func(m *model.Method) bool { return m.Key != nil }) {
		doc += ", or one per key of it"
	}
	var needed []string // not nil
	for _, a := range p.constructorArguments() {
		if a.doc != "" {
			doc += "; " + a.name + a.doc
		}
		if !a.mayBeNil {
			needed = append(needed, a.name)
		}
	}
	panics := fmt.Sprintf("It panics when %s is nil", i.Locals.Next)
	if len(needed) > 1 {
		last := len(needed) - 1
		panics = fmt.Sprintf("It panics when %s or %s is nil", strings.Join(needed[:last], ", "), needed[last])
	}
	if len(guarded) > 0 {
		bad := "a policy is bad"
		if i.CacheField != "" {
			bad += " or asks for similar keys where there can be none"
		}
		panics += fmt.Sprintf(", %s, or the registry in %s has a client of that name", bad, i.Locals.Options)
	}
	p.comment("%s. Its name in errors, logs and metrics is %q, or that of cb.WithName. %s.", doc, i.Client, panics)
	p.file.Func().Add(p.declared(i.Constructor)).ParamsFunc(func(g *jen.Group) {
		arguments := p.constructorArguments()
		for k, a := range arguments {
			if k+1 < len(arguments) && arguments[k+1].kind.GoString() == a.kind.GoString() {
				g.Id(a.name) // neighbours of one type share it
			} else {
				g.Id(a.name).Add(a.kind)
			}
		}
		g.Id(i.Locals.Options).Op("...").Add(p.runtime("Option"))
	}).Op("*").Add(p.applied(i.Wrapper)).BlockFunc(func(g *jen.Group) {
		for _, name := range needed {
			p.refuseNil(g, name)
		}
		if len(guarded) > 0 {
			g.Id(i.Locals.Policies).Op(":=").Add(p.runtime("PoliciesOf")).Call(jen.Id(i.DefaultPolicies).Call(), jen.Id(i.Locals.Options).Op("..."))
			g.Id(i.Locals.Client).Op(":=").Add(p.runtime("NewClient")).Call(jen.Lit(i.Client), jen.Id(i.Locals.Options).Op("..."))
			p.checkCaches(g)
		}
		g.Return(jen.Op("&").Add(p.applied(i.Wrapper)).Custom(multiline, p.fields(guarded)...))
	})
	p.file.Line()
}

func (p printer) refuseNil(g *jen.Group, name string) {
	g.If(jen.Id(name).Op("==").Nil()).Block(
		jen.Panic(jen.Lit(fmt.Sprintf("%s.%s: %s is nil", p.pkg, p.iface.Constructor, name))),
	)
}

// fields are the elements of the wrapper's literal.
func (p printer) fields(guarded []*model.Method) []jen.Code {
	var list []jen.Code
	for _, a := range p.constructorArguments() {
		list = append(list, jen.Id(a.field).Op(":").Id(a.name))
	}
	for _, m := range guarded {
		list = append(list, jen.Id(m.Field).Op(":").Add(p.newBreaker(m)))
	}
	return list
}

func (p printer) newBreaker(m *model.Method) *jen.Statement {
	client, policy := jen.Id(p.iface.Locals.Client), jen.Id(p.iface.Locals.Policies).Dot(m.Name)
	if m.Key != nil {
		return p.runtime("KeyedBreaker").Types(jen.Id(m.Key.Type)).Call(client, jen.Lit(m.Name), policy, jen.Id(m.Key.Max))
	}
	return client.Dot("Breaker").Call(jen.Lit(m.Name), policy)
}

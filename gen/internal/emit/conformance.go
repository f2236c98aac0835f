package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// Conformance prints the tests that the wrappers of a file keep their policies. The error is as File's.
func Conformance(file *model.File) ([]byte, error) {
	c := file.Conformance
	f := newFile(file)
	if len(c.Imports) > 0 {
		imports(f, c.Imports)
	}
	for _, iface := range file.Interfaces {
		p := printer{file: f, pkg: file.Package, cb: file.Runtime, iface: iface}
		t := &iface.Conformance
		if t.Skip != "" {
			p.comment("There is no test of %s: %s.", iface.Wrapper, t.Skip)
			f.Line()
			continue
		}
		p.conformanceTest(c)
		p.upstream(t.Upstream, iface.Name, iface.Methods)
		if t.Fallback != "" {
			p.fallbackUpstream(t.Fallback)
		}
	}
	return render(f, file.Source)
}

func (p printer) conformanceTest(c *model.Conformance) {
	t := &p.iface.Conformance
	doc := t.Test + " takes each breaker of [" + p.iface.Wrapper + "] through its states, as its policy says."
	for _, out := range t.LeftOut {
		doc += " " + out.Method + " is left out: " + out.Why + "."
	}
	p.comment("%s", doc)
	testing := jen.Id(c.T).Op("*").Id(c.Testing).Dot("T")
	test := p.file.Func().Id(t.Test).Params(testing)
	if t.Walk != "" {
		test.Custom(block(1), jen.Id(t.Walk+t.TypeArgs).Call(jen.Id(c.T)))
		p.file.Line()
		test = p.file.Func().Add(p.declared(t.Walk)).Params(testing)
	}
	test.Block(jen.Id(c.CBTest).Dot("Conform").Call(jen.Id(c.T),
		jen.Func().Params(jen.Id(c.Options).Op("...").Add(p.runtime("Option"))).Id(c.CBTest).Dot("Calls").Block(
			jen.Id(c.Wrapper).Op(":=").Add(p.applied(p.iface.Constructor)).CallFunc(func(g *jen.Group) {
				for _, a := range p.conformanceArguments(c) {
					g.Add(a)
				}
			}),
			jen.Return(jen.Id(c.CBTest).Dot("Calls").Custom(multiline, p.conformanceCalls(c)...)),
		)))
	p.file.Line()
}

// conformanceArguments are those of the constructor, in the order of constructorArguments.
func (p printer) conformanceArguments(c *model.Conformance) []jen.Code {
	i, t := p.iface, &p.iface.Conformance
	upstream := p.applied(t.Upstream).Values()
	list := []jen.Code{upstream}
	if t.Fallback != "" {
		list = append(list, p.applied(t.Fallback).Values())
	}
	if i.StandbyField != "" {
		list = append(list, upstream.Clone())
	}
	if i.CacheField != "" {
		list = append(list, jen.Id(c.CBTest).Dot("NoCache").Values())
	}
	if i.QueueField != "" {
		list = append(list, jen.Id(c.CBTest).Dot("NoQueue").Values())
	}
	return append(list, jen.Id(c.Options).Op("..."))
}

func (p printer) conformanceCalls(c *model.Conformance) []jen.Code {
	var calls []jen.Code
	for _, m := range p.iface.Guarded() {
		if p.iface.Conformance.Called(m) {
			calls = append(calls, jen.Lit(m.Name).Op(":").Id(c.CBTest).Dot("CallOf").Call(jen.Id(c.Wrapper).Dot(m.Name)))
		}
	}
	return calls
}

// upstream prints a type that answers every call at once.
func (p printer) upstream(name, of string, methods []*model.Method) {
	p.comment("%s is %s [%s] that answers every call at once, with nothing.", name, article(of), of)
	p.file.Type().Add(p.declared(name)).Struct()
	p.file.Line()
	for _, m := range methods {
		p.nothing(name, m.Name, m.Params, m.Results)
	}
}

func (p printer) fallbackUpstream(name string) {
	of := p.iface.FallbackType
	p.comment("%s is %s [%s] that does so too.", name, article(of), of)
	p.file.Type().Add(p.declared(name)).Struct()
	p.file.Line()
	for _, m := range p.iface.Fallbacks {
		p.nothing(name, m.Name, m.Params, m.Results)
	}
}

// nothing prints a method that returns zero values. Nothing in it has a name that could hide a type.
func (p printer) nothing(receiver, name string, parameters, returned []model.Param) {
	unnamed := func(list []model.Param, name string) []jen.Code {
		var codes []jen.Code
		for _, param := range list {
			codes = append(codes, jen.Id(name+param.Type))
		}
		return codes
	}
	f := p.file.Func().Params(p.applied(receiver)).Id(name).Params(unnamed(parameters, "")...)
	if len(returned) == 0 {
		f.Block()
	} else {
		f.Params(unnamed(returned, "_ ")...).Custom(block(1), jen.Return())
	}
	p.file.Line()
}

package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// cached prints a method whose answers are kept.
func (p printer) cached(m *model.Method, breaker string, call jen.Code) []jen.Code {
	var body []jen.Code
	if m.CacheKeyExpr != "" {
		body = append(body, jen.Id(m.CacheKey).Op(":=").Id(m.CacheKeyExpr))
	}
	leading := []string{m.Context, breaker, p.iface.Receiver + "." + p.iface.CacheField, m.CacheKey}
	if m.Shape == model.Kept {
		return append(body, p.gathered(m, call, leading)...)
	}
	return append(body, jen.Return(p.runtime("CallCached").Add(p.call(m, call, leading...))))
}

// gathered prints a method whose several results are kept as one value; partial ones come back with their error.
func (p printer) gathered(m *model.Method, call jen.Code, leading []string) []jen.Code {
	g := m.Gathered
	fields := func(of string) []jen.Code {
		var list []jen.Code
		for _, field := range g.Fields {
			list = append(list, jen.Id(of).Dot(field))
		}
		return append(list, jen.Id(g.Err))
	}
	gather := func(call jen.Code) []jen.Code {
		return []jen.Code{jen.List(fields(g.Within)...).Op("=").Add(call), jen.Return(jen.Id(g.Within), jen.Id(g.Err))}
	}
	closures := []jen.Code{p.closure(m, gather(call)...)}
	for _, f := range m.Fallbacks {
		body := gather(jen.Id(f.Call))
		if f.Gathered {
			body = []jen.Code{jen.Return(jen.Id(f.Call))}
		}
		closures = append(closures, p.fallback(m, f, body...))
	}
	return []jen.Code{
		jen.List(jen.Id(g.Name), jen.Id(g.Err)).Op(":=").Add(p.runtime("CallCached")).Add(arguments(true, leading, closures)),
		jen.Return(fields(g.Name)...),
	}
}

// checkCaches prints the checks that similar keys can be found where a policy asks for them.
func (p printer) checkCaches(g *jen.Group) {
	i := p.iface
	for _, m := range i.Guarded() {
		name, policy := jen.Lit(m.Name), jen.Id(i.Locals.Policies).Dot(m.Name)
		switch {
		case m.CacheKey == "":
		case m.CacheText:
			g.Id(i.Locals.Client).Dot("CheckCache").Call(name, policy, jen.Id(i.Locals.Cache))
		default:
			g.Id(i.Locals.Client).Dot("CheckEqualKeys").Call(name, policy)
		}
	}
}

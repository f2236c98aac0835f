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
	cache := p.iface.Receiver + "." + p.iface.CacheField
	return append(body, jen.Return(p.runtime("CallCached").Add(p.call(m, call, m.Context, breaker, cache, m.CacheKey))))
}

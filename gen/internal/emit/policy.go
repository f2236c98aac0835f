package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// policies prints the interface's policies: the type with one per guarded method, what the directives say, and the option
// that replaces them.
func (p printer) policies() {
	i := p.iface
	guarded := i.Guarded()
	if len(guarded) == 0 {
		return
	}
	p.comment("%s holds one policy for each guarded method of [%s].", i.PoliciesType, i.Name)
	p.file.Type().Id(i.PoliciesType).StructFunc(func(g *jen.Group) {
		for _, m := range guarded {
			g.Id(m.Name).Add(p.runtime("Policy"))
		}
	})
	p.file.Line()
	p.comment("%s returns the policies that the directives of [%s] say.", i.DefaultPolicies, i.Name)
	p.file.Func().Id(i.DefaultPolicies).Params().Id(i.PoliciesType).BlockFunc(func(g *jen.Group) { p.defaultPolicies(g, guarded) })
	p.file.Line()
	p.comment("%s replaces the policies of the directives for one wrapper; start from [%s].", i.WithPolicies, i.DefaultPolicies)
	p.file.Func().Id(i.WithPolicies).Params(jen.Id("policies").Id(i.PoliciesType)).Add(p.runtime("Option")).Block(
		jen.Return(p.runtime("WithPolicies").Call(jen.Id("policies"))),
	)
	p.file.Line()
}

// defaultPolicies prints each policy once: what several methods share stands in a variable.
func (p printer) defaultPolicies(g *jen.Group, guarded []*model.Method) {
	declared := map[string]bool{}
	var elements []jen.Code
	for _, m := range guarded {
		policy := p.policy(m.Policy)
		if shared := m.PolicyName; shared != "" {
			if !declared[shared] {
				declared[shared] = true
				g.Id(shared).Op(":=").Add(policy)
			}
			policy = jen.Id(shared)
		}
		elements = append(elements, jen.Id(m.Name).Op(":").Add(policy))
	}
	g.Return(jen.Id(p.iface.PoliciesType).Custom(multiline, elements...))
}

func (p printer) policy(fields []model.Field) *jen.Statement {
	return p.runtime("Policy").Custom(multiline, elements(fields)...)
}

func elements(fields []model.Field) []jen.Code {
	var list []jen.Code
	for _, field := range fields {
		value := jen.Id(field.Expr)
		if field.Fields != nil {
			length := 0
			for _, inner := range field.Fields {
				length += len(inner.Name) + len(inner.Expr)
			}
			value = jen.Id(field.Expr).Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: length > 80}, elements(field.Fields)...)
		}
		list = append(list, jen.Id(field.Name).Op(":").Add(value))
	}
	return list
}

package build

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// readKey makes the method keyed, where a key holds. One that is inherited and does not fit the parameters is dropped.
func (m *methodBuilder) readKey() {
	value, ok := m.effective.Get("key", "")
	if !ok {
		return
	}
	key, bad := m.newKey(value)
	if bad == nil {
		if group, ok := m.effective.Get("breaker", "group"); ok {
			m.findings.Add(value.Pos, "%s has a breaker for each value of a key and shares one by group=%s at %s: keep one of them, write group=off or //cb:key off",
				m.fn.Name(), group.Text, group.Pos)
		}
		m.key = key
		m.listKey(value)
		return
	}
	if m.effective.Level("key", "") == 0 {
		m.keyDropped = bad
		m.out.Dropped = append(m.out.Dropped, "//cb:key")
		return
	}
	m.findings.Add(value.At(bad.offset), "//cb:key of %s: %s", m.fn.Name(), bad.text)
}

// checkKey reports a key of the interface that would be dropped by every method: that is a mistake in it.
func (i *interfaceBuilder) checkKey() {
	var dropped *methodBuilder
	for _, m := range i.methods {
		if m.key != nil && m.effective.Level("key", "") == 0 {
			return
		}
		if m.keyDropped != nil && dropped == nil {
			dropped = m
		}
	}
	if dropped != nil {
		value, _ := dropped.effective.Get("key", "")
		i.findings.Add(value.At(dropped.keyDropped.offset), "//cb:key fits no method of %s; %s: %s", i.out.Name, dropped.fn.Name(), dropped.keyDropped.text)
	}
}

func (m *methodBuilder) listKey(value directive.Value) {
	m.list("key", "", value.Text, value.Pos.String())
	def, _ := directive.Lookup("key")
	limit, origin := def.Arg("max").Default, "default"
	if written, ok := m.effective.Get("key", "max"); ok {
		limit, origin = written.Text, written.Pos.String()
	}
	m.list("key", "max", limit, origin)
	m.out.Key = &model.Key{Type: m.names.typeString(m.key.typ()), Max: limit}
}

// newKey reads an expression that tells the breakers of the method apart.
func (m *methodBuilder) newKey(value directive.Value) (*expression, *expressionError) {
	e, bad := m.newExpression(value.Text)
	if bad == nil {
		bad = e.refuse()
	}
	if bad != nil {
		return nil, bad
	}
	if why := e.whyNoKey(); why != "" {
		return nil, e.at(e.syntax, "%s", why)
	}
	e.use()
	return e, nil
}

// refuse finds what a key must not do: it is evaluated for every call, by whoever calls.
func (e *expression) refuse() (bad *expressionError) {
	ast.Inspect(e.syntax, func(n ast.Node) bool {
		if bad != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			if why := e.refuseCall(n); why != "" {
				bad = e.at(n, "%s", why)
			}
		case *ast.TypeAssertExpr:
			bad = e.at(n, "%s may panic: assert the type in a method, and call that", e.source(n))
		case *ast.UnaryExpr:
			if n.Op == token.AND || n.Op == token.ARROW {
				bad = e.at(n, "%s is not allowed in a key", n.Op)
			}
		}
		return bad == nil
	})
	return bad
}

// refuseCall allows conversions, what only measures or compares, and methods, which may be getters.
func (e *expression) refuseCall(call *ast.CallExpr) string {
	fun := ast.Unparen(call.Fun)
	switch tv := e.info.Types[fun]; {
	case tv.IsType():
		return ""
	case tv.IsBuiltin():
		if name := e.source(fun); !slices.Contains([]string{"len", "cap", "min", "max"}, name) {
			return name + " is not allowed in a key"
		}
		return ""
	}
	if selector, ok := fun.(*ast.SelectorExpr); ok {
		if selection := e.info.Selections[selector]; selection != nil && selection.Kind() == types.MethodVal {
			return ""
		}
	}
	return fmt.Sprintf("a key calls methods and no functions: write a method that calls %s", e.source(fun))
}

// whyNoKey says why a value cannot tell breakers apart, or "".
func (e *expression) whyNoKey() string {
	text := e.source(e.syntax)
	if len(e.params) == 0 {
		return fmt.Sprintf("%s names no parameter and is the same for every call; %s", text, e.parameters(""))
	}
	t := e.typ()
	if why := e.whyNotComparable(t); why != "" {
		return fmt.Sprintf("%s %s", text, why)
	}
	if why := e.unnameable(t); why != "" {
		return fmt.Sprintf("%s %s", text, why)
	}
	return ""
}

func (e *expression) whyNotComparable(t types.Type) string {
	shown := e.show(t)
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		if !types.Comparable(t) {
			return fmt.Sprintf("is a %s, whose constraint does not say that it is comparable", shown)
		}
		return ""
	}
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Chan:
		return fmt.Sprintf("is a %s, and a new one is another key: want what it points to", shown)
	case *types.Interface:
		return fmt.Sprintf("is a %s, which panics where its value is not comparable: want a type that always is", shown)
	}
	if !types.Comparable(t) {
		return fmt.Sprintf("is a %s, which is not comparable", shown)
	}
	if inner := holdsInterface(t); inner != nil {
		return fmt.Sprintf("is a %s, which holds a %s and panics where its value is not comparable", shown, e.show(inner))
	}
	return ""
}

// holdsInterface finds the interface in a comparable struct or array, nil where there is none.
func holdsInterface(t types.Type) types.Type {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return nil
	}
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return t
	case *types.Array:
		return holdsInterface(u.Elem())
	case *types.Struct:
		for field := range u.Fields() {
			if inner := holdsInterface(field.Type()); inner != nil {
				return inner
			}
		}
	}
	return nil
}

// nameBreaker names a variable for the breaker of a key that fallbacks need too: a key is evaluated once, before the call.
func (m *methodBuilder) nameBreaker(body *scope) {
	if m.key != nil && (m.fallsBackTo(cachedAnswer) || m.fallsBackTo(storedCall)) {
		m.out.BreakerName = body.claim("breaker", "keyed")
	}
}

// breaker spells the method's breaker in its body.
func (m *methodBuilder) breaker() string {
	return cmp.Or(m.out.BreakerName, m.out.Breaker(m.interfaceBuilder.out.Receiver))
}

// nameKey prints the expression, when the names of the parameters are decided.
func (m *methodBuilder) nameKey() {
	if m.key != nil {
		m.out.Key.Expr = m.key.print()
	}
}

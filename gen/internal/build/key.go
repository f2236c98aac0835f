package build

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// keyExpr is the expression of //cb:key in the scope of one method's parameters.
type keyExpr struct {
	*methodBuilder
	fset   *token.FileSet // of the expression alone
	expr   ast.Expr
	scope  *types.Package // what the expression may name
	info   *types.Info
	params map[*ast.Ident]int // identifiers that name a parameter
	free   []string           // names of the package and predeclared ones, which nothing in the method may hide
}

// keyError is why an expression cannot be a key, and at which byte of it.
type keyError struct {
	offset int
	text   string
}

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

// newKey type-checks an expression, and decides how the output spells what is no parameter in it.
func (m *methodBuilder) newKey(value directive.Value) (*keyExpr, *keyError) {
	k := &keyExpr{
		methodBuilder: m, fset: token.NewFileSet(), params: map[*ast.Ident]int{},
		info: &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
	}
	expr, err := parser.ParseExprFrom(k.fset, "", value.Text, 0)
	if err != nil {
		return nil, &keyError{0, "want a Go expression"} // which the directive's reader has said
	}
	k.expr = expr
	k.scope, _ = m.expressionScope()
	if err := types.CheckExpr(k.fset, k.scope, token.NoPos, expr, k.info); err != nil {
		return nil, k.typeError(err)
	}
	if bad := k.refuse(); bad != nil {
		return nil, bad
	}
	k.resolve()
	if why := k.whyNoKey(); why != "" {
		return nil, k.at(expr, "%s", why)
	}
	return k, nil
}

func (k *keyExpr) typ() types.Type { return types.Default(k.info.Types[k.expr].Type) }

func (k *keyExpr) at(node ast.Node, format string, args ...any) *keyError {
	return &keyError{k.fset.Position(node.Pos()).Offset, fmt.Sprintf(format, args...)}
}

// source prints a part of the expression.
func (k *keyExpr) source(node ast.Node) string {
	var b strings.Builder
	if err := printer.Fprint(&b, k.fset, node); err != nil {
		return err.Error() // cannot be: it was parsed
	}
	return b.String()
}

// typeError says what the compiler says, and of a name that is nowhere what was there to be named.
func (k *keyExpr) typeError(err error) *keyError {
	var bad types.Error
	if !errors.As(err, &bad) {
		return &keyError{0, err.Error()}
	}
	text := bad.Msg
	if name, ok := strings.CutPrefix(text, "undefined: "); ok && token.IsIdentifier(name) {
		text = fmt.Sprintf("%s is no parameter; %s", name, k.parameters(name))
	}
	return &keyError{k.fset.Position(bad.Pos).Offset, text}
}

func (k *keyExpr) parameters(near string) string {
	var names []string
	for param := range k.signature().Params().Variables() {
		if param.Name() != "" && param.Name() != "_" {
			names = append(names, param.Name())
		}
	}
	switch near := directive.Nearest(near, names); {
	case near != "":
		return "did you mean " + near + "?"
	case len(names) == 0:
		return "none of " + k.fn.Name() + " has a name"
	}
	return "those of " + k.fn.Name() + " are " + strings.Join(names, ", ")
}

// refuse finds what a key must not do: it is evaluated for every call, by whoever calls.
func (k *keyExpr) refuse() (bad *keyError) {
	ast.Inspect(k.expr, func(n ast.Node) bool {
		if bad != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			if why := k.refuseCall(n); why != "" {
				bad = k.at(n, "%s", why)
			}
		case *ast.FuncLit:
			bad = k.at(n, "a key contains no function")
		case *ast.TypeAssertExpr:
			bad = k.at(n, "%s may panic: assert the type in a method, and call that", k.source(n))
		case *ast.UnaryExpr:
			if n.Op == token.AND || n.Op == token.ARROW {
				bad = k.at(n, "%s is not allowed in a key", n.Op)
			}
		}
		return bad == nil
	})
	return bad
}

// refuseCall allows conversions, what only measures or compares, and methods, which may be getters.
func (k *keyExpr) refuseCall(call *ast.CallExpr) string {
	fun := ast.Unparen(call.Fun)
	switch tv := k.info.Types[fun]; {
	case tv.IsType():
		return ""
	case tv.IsBuiltin():
		if name := k.source(fun); !slices.Contains([]string{"len", "cap", "min", "max"}, name) {
			return name + " is not allowed in a key"
		}
		return ""
	}
	if selector, ok := fun.(*ast.SelectorExpr); ok {
		if selection := k.info.Selections[selector]; selection != nil && selection.Kind() == types.MethodVal {
			return ""
		}
	}
	return fmt.Sprintf("a key calls methods and no functions: write a method that calls %s", k.source(fun))
}

// resolve spells what the expression names as the output does, but for parameters, whose names are decided later.
func (k *keyExpr) resolve() {
	members := map[*ast.Ident]bool{}
	ast.Inspect(k.expr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			members[n.Sel] = true
		case *ast.Ident:
			if object := k.info.Uses[n]; object != nil && !members[n] {
				k.spell(n, object)
			}
		}
		return true
	})
}

func (k *keyExpr) spell(ident *ast.Ident, object types.Object) {
	switch object := object.(type) {
	case *types.PkgName:
		ident.Name = k.names.use(object.Imported().Path(), object.Imported().Name())
		return
	case *types.Var:
		if object.IsField() { // the key of a struct's literal
			return
		}
	}
	switch {
	case object == k.scope.Scope().Lookup(object.Name()) && object.Parent() == k.scope.Scope():
		params := k.signature().Params()
		for i := range params.Len() {
			if params.At(i).Name() == object.Name() {
				k.params[ident] = i
			}
		}
	case object.Pkg() != nil && object.Pkg().Path() != k.Types.Path() && object.Parent() == object.Pkg().Scope():
		ident.Name = k.objectName(object) // of an import by a dot
	default:
		k.free = append(k.free, ident.Name)
	}
}

// whyNoKey says why a value cannot tell breakers apart, or "".
func (k *keyExpr) whyNoKey() string {
	tv := k.info.Types[k.expr]
	text := k.source(k.expr)
	tuple, several := tv.Type.(*types.Tuple)
	switch {
	case several && tuple.Len() != 1, tv.IsVoid():
		n := 0
		if several {
			n = tuple.Len()
		}
		return fmt.Sprintf("%s is %d values, want one", text, n)
	case !tv.IsValue():
		return text + " is no value"
	case len(k.params) == 0:
		return fmt.Sprintf("%s names no parameter and is the same for every call; %s", text, k.parameters(""))
	}
	t := k.typ()
	if why := k.whyNotComparable(t); why != "" {
		return fmt.Sprintf("%s %s", text, why)
	}
	if why := k.unnameable(t); why != "" {
		return fmt.Sprintf("%s %s", text, why)
	}
	return ""
}

func (k *keyExpr) whyNotComparable(t types.Type) string {
	shown := k.show(t)
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
		return fmt.Sprintf("is a %s, which holds a %s and panics where its value is not comparable", shown, k.show(inner))
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
	if m.key == nil {
		return
	}
	for ident, i := range m.key.params {
		ident.Name = m.out.Params[i].Name
	}
	m.out.Key.Expr = m.key.source(m.key.expr)
}

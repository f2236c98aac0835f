package build

import (
	"fmt"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// cached resolves a fallback to the cache: what the method answers must be something to keep, and its calls must be told apart.
func (m *methodBuilder) cached(f *fallback) *fallback {
	before := m.findings.Len()
	name := m.interfaceBuilder.out.Name + "." + m.fn.Name()
	for _, earlier := range m.fallbacks {
		if earlier.kind == cachedAnswer {
			m.findings.Add(f.line.Pos, "%s has one cache: the other line is at %s", m.fn.Name(), earlier.line.Pos)
			return nil
		}
	}
	results := m.signature().Results()
	switch {
	case m.stream != nil:
		m.findings.Add(f.line.Pos, "fallback cache cannot keep what %s returns: a stream is read once", name)
	case m.out.Shape == model.Do:
		m.findings.Add(f.line.Pos, "fallback cache has nothing to keep of %s, which returns an error alone", name)
	case m.out.Shape == model.Judged:
		m.findings.Add(f.line.Pos, "fallback cache keeps answers that come without an error, and of %s failure result= says what an error is: "+
			"gather both in a method that returns one", name)
	case m.out.Shape != model.Value && m.out.Shape != model.Response && !m.gathers():
		m.findings.Add(f.line.Pos, "fallback cache keeps methods with up to %d results and a last error, and %s%s is none: gather its results in a struct",
			len(gatheredFields), name, m.printSignature(m.signature()))
	default:
		for k := range results.Len() - 1 {
			if why := m.holdsNoAnswer(results.At(k).Type()); why != "" {
				m.findings.Add(f.line.Pos, "fallback cache cannot keep what %s returns: %s", name, why)
			}
		}
	}
	if key, ok := f.line.Value("key"); ok {
		e, bad := m.newExpression(key.Text)
		if bad == nil {
			if why := holdsNoKey(e.typ(), m.show); why != "" {
				bad = e.at(e.syntax, "it is %s", why)
			} else {
				e.use()
			}
		}
		if bad != nil {
			m.findings.Add(key.At(bad.offset), "key=%s tells no calls of %s apart: %s", key.Text, name, bad.text)
		}
		m.cacheKey = e
	} else {
		for k := range m.signature().Params().Len() {
			m.checkKeyParam(f, k)
		}
	}
	if m.findings.Len() == before {
		m.checkSimilar(f, name)
	}
	if m.findings.Len() > before {
		return nil
	}
	if m.out.Shape == model.Results {
		m.out.Shape = model.Kept
	}
	return f
}

// checkKeyParam refuses a parameter that cannot be part of the key, where no key= is written.
func (m *methodBuilder) checkKeyParam(f *fallback, k int) {
	param := m.signature().Params().At(k)
	if k == m.context {
		return
	}
	if why := holdsNoKey(param.Type(), m.show); why != "" {
		m.findings.Add(f.line.Pos, "fallback cache cannot tell calls of %s.%s apart: its parameter %s is %s; say what does with key=, as in key=%s",
			m.interfaceBuilder.out.Name, m.fn.Name(), m.parameter(k), why, m.exampleKey(param))
	}
}

// parameter is how findings call a parameter: by its name, or else by its number.
func (m *methodBuilder) parameter(k int) string {
	if name := m.signature().Params().At(k).Name(); name != "" && name != "_" {
		return name
	}
	return strconv.Itoa(k + 1)
}

// exampleKey proposes a key: the first field of a struct parameter that could be one.
func (m *methodBuilder) exampleKey(param *types.Var) string {
	name := param.Name()
	if name == "" || name == "_" {
		return "NAME, once the parameter has a name"
	}
	t := param.Type()
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if fields, ok := t.Underlying().(*types.Struct); ok {
		for field := range fields.Fields() {
			if visible := field.Exported() || field.Pkg().Path() == m.Types.Path(); visible && isString(field.Type()) {
				return name + "." + field.Name()
			}
		}
	}
	return "fmt.Sprint(" + name + ")"
}

func isString(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Kind() == types.String
}

// holdsNoKey says why values of a type do not tell calls apart: they cannot be compared, or are equal only to themselves. A type
// parameter is as good as its constraint says.
func holdsNoKey(t types.Type, show func(types.Type) string) string {
	if param, ok := types.Unalias(t).(*types.TypeParam); ok {
		if !types.Comparable(param) {
			return "a " + show(t) + ", which need not be comparable"
		}
		return ""
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Kind() == types.UnsafePointer || u.Kind() == types.UntypedNil {
			return "the pointer " + show(t)
		}
	case *types.Pointer:
		return "the pointer " + show(t)
	case *types.Slice:
		return "the slice " + show(t)
	case *types.Map:
		return "the map " + show(t)
	case *types.Chan:
		return "the channel " + show(t)
	case *types.Signature:
		return "the function " + show(t)
	case *types.Interface:
		return "the interface " + show(t)
	case *types.Array:
		if why := holdsNoKey(u.Elem(), show); why != "" {
			return "an array of " + why
		}
	case *types.Struct:
		for field := range u.Fields() {
			if why := holdsNoKey(field.Type(), show); why != "" {
				return fmt.Sprintf("a %s, whose field %s is %s", show(t), field.Name(), why)
			}
		}
	}
	return ""
}

// holdsNoAnswer says why a result is none to give to several callers, at another time, or "". It looks where callers can: not into
// what another package keeps to itself.
func (m *methodBuilder) holdsNoAnswer(t types.Type) string {
	seen := map[types.Type]bool{}
	var visit func(t types.Type, at string) string
	visit = func(t types.Type, at string) string {
		if seen[t] {
			return ""
		}
		seen[t] = true
		if why := outlives(t); why != "" {
			return at + why
		}
		if isReader(t) { // also one in memory, or a connection: what one caller has read, the next does not get
			return at + "a reader, which is read once"
		}
		switch u := t.Underlying().(type) {
		case *types.Chan:
			return at + "a channel"
		case *types.Signature:
			return at + "a function"
		case *types.Pointer:
			return visit(u.Elem(), at)
		case *types.Slice:
			return visit(u.Elem(), at)
		case *types.Array:
			return visit(u.Elem(), at)
		case *types.Map:
			if why := visit(u.Key(), at); why != "" {
				return why
			}
			return visit(u.Elem(), at)
		case *types.Struct:
			for field := range u.Fields() {
				if !field.Exported() && field.Pkg().Path() != m.Types.Path() {
					continue
				}
				if why := visit(field.Type(), fmt.Sprintf("the field %s of %s is ", field.Name(), m.show(t))); why != "" {
					return why
				}
			}
		}
		return ""
	}
	return visit(t, "")
}

// nameCacheKey prints what the method's calls are told apart by, once its parameters have their names.
func (m *methodBuilder) nameCacheKey(body *scope) {
	if !m.fallsBackTo(cachedAnswer) {
		return
	}
	m.out.CacheKey = m.printCacheKey()
	if !token.IsIdentifier(m.out.CacheKey) {
		m.out.CacheKeyExpr, m.out.CacheKey = m.out.CacheKey, body.claim("key", "cacheKey")
	}
}

// printCacheKey prints the key: what key= says, else the parameters but for the context, several of them in a struct.
func (m *methodBuilder) printCacheKey() string {
	if m.cacheKey != nil {
		return m.cacheKey.print()
	}
	var names, fields []string
	for k, param := range m.out.Params {
		if k != m.context {
			names, fields = append(names, param.Name), append(fields, param.Name+" "+param.Type)
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("struct{ %s }{%s}", strings.Join(fields, "; "), strings.Join(names, ", "))
}

// cachedCall prints the fallback to the cache.
func (m *methodBuilder) cachedCall() model.FallbackCall {
	b := m.interfaceBuilder.out
	args := []string{m.out.ContextName, m.breaker(), b.Receiver + "." + b.CacheField, m.out.CacheKey}
	kept := m.out.Gathered.Type
	if kept == "" {
		kept = m.out.Results[0].Type
	}
	return model.FallbackCall{
		Call:        fmt.Sprintf("%s.Cached[%s](%s)", m.names.runtime(), kept, strings.Join(args, ", ")),
		UsesContext: true,
		Gathered:    m.out.Gathered.Type != "",
	}
}

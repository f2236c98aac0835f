package build

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// name decides the names of parameters and results, and prints what depends on them.
func (m *methodBuilder) name() {
	body := newScope(nil) // what the body needs visible
	body.reserve("error", "nil", m.interfaceBuilder.out.Receiver)
	body.reserve(typeParamNames(m.decl.spec)...) // declared in the method's own block
	for _, name := range m.names.names {
		body.reserve(name)
	}
	for _, text := range m.typeStrings() {
		identifiers(text, func(name string) { body.reserve(name) })
	}
	body.reserve(m.functions()...)

	m.nameParams(body)
	m.nameKey()
	m.nameResults(body)
	m.nameContext(body)
	m.closeRequest(body)
	m.nameBreaker(body)
	m.nameCacheKey(body)
	m.nameGathered(body)
	m.nameJob(body)
	m.nameStream(body)
	m.out.Call = m.arguments(false)
	for _, f := range m.fallbacks {
		m.out.Fallbacks = append(m.out.Fallbacks, m.fallbackCall(f))
	}
	m.out.Doc = m.describe()
}

func (m *methodBuilder) nameParams(body *scope) {
	params := m.signature().Params()
	// The names that the source gives come first, so that an invented one never takes them.
	for k := range params.Len() {
		if name := params.At(k).Name(); name != "" && name != "_" {
			m.out.Params[k].Name = body.claim(name, name+"Arg")
		}
	}
	for k := range params.Len() {
		if m.out.Params[k].Name == "" {
			m.out.Params[k].Name = body.claim(m.inventName(k)...)
		}
	}
}

// inventName proposes names for a parameter without one.
func (m *methodBuilder) inventName(k int) []string {
	switch t := m.signature().Params().At(k).Type(); {
	case k == m.context:
		return []string{"ctx"}
	case k == m.request:
		return []string{"req"}
	default:
		if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
			t = pointer.Elem()
		}
		if named, ok := types.Unalias(t).(*types.Named); ok && !isError(t) {
			return []string{lowerFirst(named.Obj().Name()), "arg"}
		}
		return []string{"arg"}
	}
}

func (m *methodBuilder) nameResults(body *scope) {
	results := m.signature().Results()
	all := m.out.Shape == model.Results || m.out.Shape == model.Judged
	for k := range results.Len() {
		if name := results.At(k).Name(); name == "_" && !all {
			m.out.Results[k].Name = "_"
		} else if name != "" && name != "_" {
			m.out.Results[k].Name = body.claim(name, name+"Result")
		}
	}
	if !all {
		return
	}
	for k := range m.out.Results {
		isErr := slices.Contains(m.errors, k)
		if m.out.Results[k].Name == "" {
			if isErr {
				m.out.Results[k].Name = body.claim("err")
			} else {
				m.out.Results[k].Name = body.claim("result", "r")
			}
		}
		if isErr {
			m.out.Errors = append(m.out.Errors, m.out.Results[k].Name)
		}
	}
	if m.out.Outcome != "" {
		m.out.Response = m.out.Results[m.response]
	}
	if len(m.errors) > 1 || m.out.Shape == model.Judged {
		m.out.ErrName = body.claim("err", "failure")
	}
	if m.out.Shape == model.Judged {
		m.nameJudges(body)
	}
}

// nameContext decides where the call's context comes from and what the closures call theirs.
func (m *methodBuilder) nameContext(body *scope) {
	switch {
	case m.out.Shape == model.Direct:
		return
	case m.context >= 0:
		m.out.Context = m.out.Params[m.context].Name
		m.out.ContextName = m.out.Context
	case m.request >= 0:
		m.out.Context = m.out.Params[m.request].Name + ".Context()"
		m.out.ContextName = body.claim("ctx")
	default:
		m.out.Context = m.names.use("context", "context") + ".Background()"
		if m.fallsBackTo(cachedAnswer) || m.fallsBackTo(storedCall) {
			m.out.ContextName = body.claim("ctx")
		}
	}
	m.out.UsesContext = m.context >= 0 || m.request >= 0
	if len(m.fallbacks) > 0 {
		m.out.CauseName = body.claim("cause")
	}
}

// closeRequest has the body of a request closed that is not sent, where the method is one that sends requests: it has a
// response. Others, such as one that signs a request, leave it to their caller.
func (m *methodBuilder) closeRequest(body *scope) {
	if m.out.Outcome == "" || m.sent < 0 {
		return
	}
	results := m.out.Results
	m.out.Answer = model.Pair{Value: results[0].Name, Err: results[len(results)-1].Name}
	if m.out.Shape == model.Response && (m.out.Answer.Value == "" || m.out.Answer.Value == "_" || m.out.Answer.Err == "_") {
		m.out.Answer = model.Pair{Value: body.claim("resp"), Err: body.claim("err"), New: true}
	}
	m.out.CloseRequest = fmt.Sprintf("%s.CloseRejected(%s, %s)", m.names.use(httpPath, "cbhttp"), m.out.Params[m.sent].Name, m.out.Answer.Err)
}

// needImports imports what the method's body needs beside its types; it must run before any name is decided.
func (m *methodBuilder) needImports() {
	if m.out.Shape == model.Direct {
		return
	}
	m.out.ContextType = m.names.use("context", "context") + ".Context"
	if m.out.Shape != model.Judged && m.response >= 0 && len(m.errors) == 1 && m.out.ErrorType == "" {
		m.out.Outcome = m.names.use(httpPath, "cbhttp") + ".Outcome"
	}
	if m.request >= 0 {
		m.names.use(httpPath, "cbhttp")
	}
}

// arguments prints the method's parameters as arguments of a call. A variadic one is spread where the callee has it so.
func (m *methodBuilder) arguments(asSlice bool) string {
	var list []string
	for k, param := range m.out.Params {
		switch {
		case k == m.request && m.out.Shape != model.Direct:
			list = append(list, fmt.Sprintf("%s.WithContext(%s, %s)", m.names.use(httpPath, "cbhttp"), m.out.ContextName, param.Name))
		case m.out.Variadic && k == len(m.out.Params)-1 && !asSlice:
			list = append(list, param.Name+"...")
		default:
			list = append(list, param.Name)
		}
	}
	return strings.Join(list, ", ")
}

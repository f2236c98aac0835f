package build

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// methodBuilder builds one method of an annotated interface.
type methodBuilder struct {
	*interfaceBuilder
	fn         *types.Func
	pos        token.Position
	lines      []*directive.Line // at the method
	on         []*directive.Line // at the interface, by //cb:on
	embedded   bool              // declared in another interface
	effective  *directive.Effective
	errors     []int // indexes of the results that are errors
	context    int   // index of the parameter that is a context.Context, -1
	response   int   // index of the result that is a *http.Response, -1
	sent       int   // index of the parameter that is a *http.Request, -1
	request    int   // index of the parameter that is a *http.Request and lends its context, -1
	fallbacks  []*fallback
	cacheKey   *expression      // what key= of the cache says, nil where the parameters are the key
	judge      *judge           // by //cb:failure result=, nil
	reject     *judge           // by //cb:failure reject=, nil
	misread    bool             // a line of its own does not fit its results, which is reported
	stream     *stream          // by //cb:stream, nil
	unstreamed string           // why the interface's //cb:stream is dropped
	key        *expression      // nil: one breaker for all calls
	keyDropped *expressionError //  why the interface's does not fit
	out        *model.Method
}

func (m *methodBuilder) signature() *types.Signature { return m.fn.Signature() }

// read decides how a method is guarded and by which policy.
func (m *methodBuilder) read() {
	m.effective = directive.Merge(m.defaults(), m.lines, m.on)
	m.effective.Check(m.findings)
	m.out = &model.Method{Name: m.fn.Name(), Variadic: m.signature().Variadic()}
	m.printTypes()
	m.shape()
	if m.out.Shape == model.Direct {
		m.carriesNothing()
		return
	}
	m.needImports()
	if m.stream != nil {
		m.streamTypes()
	}
	m.checkDeadline()
	m.checkRetry()
	m.checkLimits()
	m.checkConflicts()
	m.policy()
	m.readKey()
}

// printTypes prints the types of parameters and results; their names are decided later.
func (m *methodBuilder) printTypes() {
	m.context, m.request, m.sent = -1, -1, -1
	params := m.signature().Params()
	for k := range params.Len() {
		t := params.At(k).Type()
		m.checkNameable("parameter", params.At(k), k)
		text := m.names.typeString(t)
		if slice, ok := t.(*types.Slice); ok && m.out.Variadic && k == params.Len()-1 {
			text = "..." + m.names.typeString(slice.Elem())
		}
		m.out.Params = append(m.out.Params, model.Param{Type: text})
		switch {
		case m.context < 0 && isNamed(t, "context", "Context"):
			m.context = k
		case m.request < 0 && isPointerTo(t, "net/http", "Request"):
			m.request, m.sent = k, k
		}
	}
	if m.context >= 0 {
		m.request = -1
	}
	results := m.signature().Results()
	for k := range results.Len() {
		m.checkNameable("result", results.At(k), k)
		m.out.Results = append(m.out.Results, model.Param{Type: m.names.typeString(results.At(k).Type())})
	}
}

func (m *methodBuilder) checkNameable(kind string, v *types.Var, k int) {
	why := m.unnameable(v.Type())
	if why == "" {
		return
	}
	if strings.Contains(why, "does not compile") {
		for _, spec := range m.decl.file.Syntax.Imports {
			if importPath, err := strconv.Unquote(spec.Path.Value); err == nil && m.Broken[importPath] != "" {
				why += ": " + m.Broken[importPath]
			}
		}
	}
	m.findings.Add(m.pos, "%s %d of %s.%s %s", kind, k+1, m.interfaceBuilder.out.Name, m.fn.Name(), why)
}

// shape decides which function of the runtime the method goes through.
func (m *methodBuilder) shape() {
	results := m.signature().Results()
	m.response = -1
	var foreign string // an error result that no rejection can be
	for k := range results.Len() {
		t := results.At(k).Type()
		if m.response < 0 && isPointerTo(t, "net/http", "Response") {
			m.response = k
		}
		if !isErrorLike(t) {
			continue
		}
		if missing := m.cannotReject(t); missing != "" {
			foreign = fmt.Sprintf("its error result %s has the method %s, which a rejection has not", m.out.Results[k].Type, missing)
			continue
		}
		m.errors = append(m.errors, k)
	}
	if !m.effective.Has("off") {
		m.resolveJudge()
		m.resolveStream()
	}
	last := results.Len() - 1
	plain := len(m.errors) == 1 && m.errors[0] == last && isError(results.At(last).Type())
	switch {
	case m.effective.Has("off"):
		why, _ := m.effective.Get("off", "")
		m.out.PassWhy = "off: " + why.Text
	case m.stream != nil:
		m.out.Shape = m.streamShape()
	case m.judge != nil:
		m.out.Shape = model.Judged
		m.lastErrorType()
	case len(m.errors) == 0 && results.Len() == 1 && carriesError(results.At(0).Type()):
		if !hasMethod(results.At(0).Type(), "SetErr") && len(m.effective.Lines("fallback")) == 0 {
			m.out.PassWhy = fmt.Sprintf("its result %s has no SetErr(error) for a rejection, and there is no fallback", m.out.Results[0].Type)
			return
		}
		m.out.Shape = model.Carried
	case len(m.errors) == 0 && foreign != "":
		m.out.PassWhy = foreign
	case len(m.errors) == 0:
		m.out.PassWhy = "without an error result there is nothing to break"
	case plain && last == 0:
		m.out.Shape = model.Do
	case plain && last == 1 && m.response == 0:
		m.out.Shape = model.Response
	case plain && last == 1:
		m.out.Shape = model.Value
	default:
		m.out.Shape = model.Results
		m.lastErrorType()
	}
}

// lastErrorType keeps the type of the error result that carries a rejection, where it is not error itself.
func (m *methodBuilder) lastErrorType() {
	if len(m.errors) == 0 {
		return
	}
	last := m.errors[len(m.errors)-1]
	if !isError(m.signature().Results().At(last).Type()) {
		m.out.ErrorType = m.out.Results[last].Type
	}
}

// carriesNothing reports directives written on a method that passes through; what it inherits is dropped, and listed.
func (m *methodBuilder) carriesNothing() {
	if m.effective.Has("off") {
		for _, line := range slices.Concat(m.lines, m.on) {
			if line.Def.Name != "off" {
				m.findings.Add(line.Pos, "//cb:%s has no effect: %s is off", line.Def.Name, m.fn.Name())
			}
		}
		return
	}
	if m.misread {
		return
	}
	m.out.Dropped = nil
	for _, line := range slices.Concat(m.lines, m.on) {
		m.findings.Add(line.Pos, "//cb:%s cannot be kept: %s passes through, %s", line.Def.Name, m.fn.Name(), m.out.PassWhy)
	}
	for _, line := range m.defaults() {
		if dropped := "//cb:" + line.Def.Name; !slices.Contains(m.out.Dropped, dropped) {
			m.out.Dropped = append(m.out.Dropped, dropped)
		}
	}
}

// checkDeadline refuses a deadline that would reach nothing, or end what the method returns.
func (m *methodBuilder) checkDeadline() {
	value, ok := m.effective.Get("deadline", "")
	if !ok {
		return
	}
	remedy := "remove it"
	if m.effective.Level("deadline", "") == 0 {
		remedy = "write //cb:deadline off at the method"
	}
	if m.context < 0 && m.request < 0 {
		m.findings.Add(m.deadlinePosition(value), "//cb:deadline cannot reach %s, which takes no context.Context: %s", m.fn.Name(), remedy)
		return
	}
	if m.stream != nil { // its attempt, and so its deadline, goes on to the end
		return
	}
	for v := range m.signature().Results().Variables() {
		if why := outlives(v.Type()); why != "" {
			if s, _ := m.findStream(); s != nil {
				remedy += ", or write //cb:stream, with which it is the limit of the whole stream"
			}
			m.findings.Add(m.deadlinePosition(value), "//cb:deadline would end what %s returns: %s; %s", m.fn.Name(), why, remedy)
			return
		}
	}
}

// deadlinePosition is the deadline's own place where it stands at the method, else the method, which is to be edited.
func (m *methodBuilder) deadlinePosition(value directive.Value) token.Position {
	if m.effective.Level("deadline", "") == 0 {
		return m.pos
	}
	return value.Pos
}

// typeStrings are the types that the method's body spells: no parameter may hide them there.
func (m *methodBuilder) typeStrings() []string {
	var list []string
	for _, result := range m.out.Results {
		list = append(list, result.Type)
	}
	if m.out.Stream != nil {
		list = append(list, m.out.Stream.Result)
	}
	if m.fallsBackTo(cachedAnswer) { // its key may be a struct of the parameters
		for _, param := range m.out.Params {
			list = append(list, param.Type)
		}
	}
	for _, j := range []*judge{m.judge, m.reject} {
		if j != nil {
			list = append(list, j.typeArgs)
		}
	}
	return append(list, m.out.ErrorType)
}

// functions are the package's functions, and what else of it the method's body names, its key included.
func (m *methodBuilder) functions() []string {
	var list []string
	for _, f := range m.fallbacks {
		if f.kind == packageFunction {
			list = append(list, f.name)
		}
	}
	for _, j := range []*judge{m.judge, m.reject} {
		if j != nil {
			list = append(list, j.name)
		}
	}
	for _, e := range []*expression{m.key, m.cacheKey} {
		if e != nil {
			list = append(list, e.free...)
		}
	}
	if m.out.Job != nil {
		list = append(list, m.out.Job.Type)
	}
	if m.stream != nil {
		list = append(list, m.stream.typeName)
	}
	return list
}

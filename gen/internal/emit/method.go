package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// method prints one method of the wrapper: one call of the runtime with a closure for the wrapped method and one for each
// fallback.
func (p printer) method(m *model.Method) {
	i := p.iface
	p.comment("%s calls [%s.%s]%s.", m.Name, i.Name, m.Name, strings.Join(m.Doc, "; "))
	f := p.file.Func().Params(jen.Id(i.Receiver).Op("*").Add(p.applied(i.Wrapper))).Id(m.Name).
		Params(params(m.Params)...).Add(results(m.Results))
	if body := p.body(m); len(body) == 1 && m.Shape == model.Direct {
		f.Custom(block(1), body...)
	} else {
		f.Block(body...)
	}
	p.file.Line()
}

func (p printer) body(m *model.Method) []jen.Code {
	call := jen.Id(fmt.Sprintf("%s.%s.%s(%s)", p.iface.Receiver, p.iface.NextField, m.Name, m.Call))
	breaker := m.Breaker(p.iface.Receiver)
	if m.BreakerName == "" {
		return p.shaped(m, breaker, call)
	}
	return append([]jen.Code{jen.Id(m.BreakerName).Op(":=").Id(breaker)}, p.shaped(m, m.BreakerName, call)...)
}

// shaped prints the call of the runtime that is the method's shape.
func (p printer) shaped(m *model.Method, breaker string, call jen.Code) []jen.Code {
	switch m.Shape {
	case model.Value:
		if m.CacheKey != "" {
			return p.cached(m, breaker, call)
		}
		if m.Stream != nil {
			return []jen.Code{jen.Return(p.stream("CallStream", m, call, m.Context, breaker))}
		}
		return []jen.Code{jen.Return(p.runtime("Call").Add(p.call(m, call, m.Context, breaker)))}
	case model.Response:
		if m.Stream != nil {
			return p.response(m, p.stream("CallStreamResult", m, call, m.Context, breaker, m.Outcome))
		}
		return p.response(m, p.runtime("CallResult").Add(p.call(m, call, m.Context, breaker, m.Outcome)))
	case model.Carried:
		return []jen.Code{jen.Return(p.runtime("CallErr").Add(p.call(m, call, m.Context, breaker)))}
	case model.Sequence:
		return []jen.Code{jen.Return(p.runtime("CallSeq2").Add(p.call(m, call, m.Context, breaker)))}
	case model.Channel:
		return p.channel(m, breaker, call)
	case model.Do:
		return []jen.Code{jen.Return(jen.Id(breaker).Dot("Do").Add(p.call(m, call, m.Context)))}
	case model.Kept:
		return p.cached(m, breaker, call)
	case model.Results:
		return p.results(m, breaker, call)
	case model.Judged:
		return p.judged(m, breaker, call)
	}
	if len(m.Results) == 0 {
		return []jen.Code{call}
	}
	return []jen.Code{jen.Return(call)}
}

// response prints a method that returns what the runtime's call of it returns. One that sends a request sees to its body before.
func (p printer) response(m *model.Method, call *jen.Statement) []jen.Code {
	if m.CloseRequest == "" {
		return []jen.Code{jen.Return(call)}
	}
	assign := "="
	if m.Answer.New {
		assign = ":="
	}
	return []jen.Code{
		jen.List(jen.Id(m.Answer.Value), jen.Id(m.Answer.Err)).Op(assign).Add(call),
		jen.Id(m.CloseRequest),
		jen.Return(jen.Id(m.Answer.Value), jen.Id(m.Answer.Err)),
	}
}

// call prints the arguments of a call of the runtime: the leading ones, then the closures.
func (p printer) call(m *model.Method, call jen.Code, leading ...string) *jen.Statement {
	closures := []jen.Code{p.closure(m, jen.Return(call))}
	for _, fallback := range m.Fallbacks {
		closures = append(closures, p.fallback(m, fallback, jen.Return(jen.Id(fallback.Call))))
	}
	if m.Stream != nil && m.Stream.Type != nil {
		closures = slices.Insert(closures, 0, p.guarded(m))
	}
	return arguments(p.long(m), leading, closures)
}

// arguments prints an argument list, the closures on lines of their own where it is long.
func arguments(long bool, leading []string, closures []jen.Code) *jen.Statement {
	return jen.Null().Custom(jen.Options{Open: "(" + strings.Join(leading, ", ") + ",", Close: ")", Separator: ",", Multi: long}, closures...)
}

// long reports whether the call of the runtime does not fit on one line.
func (p printer) long(m *model.Method) bool {
	length := len(m.Context) + len(m.ContextType) + len(m.ContextName) + len(m.Call) + 2*len(m.Name) + len(m.Outcome)
	if m.Key != nil {
		length += len(m.Key.Expr)
	}
	for _, result := range m.Results {
		length += len(result.Type)
	}
	if m.Stream != nil {
		length += len(m.Stream.Wrap)
	}
	return len(m.Fallbacks) > 0 || length > 50 || m.Stream != nil && m.Stream.Type != nil
}

func (p printer) closure(m *model.Method, body ...jen.Code) *jen.Statement {
	param := jen.Id(m.ContextType)
	if m.UsesContext {
		param = jen.Id(m.ContextName).Id(m.ContextType)
	}
	return jen.Func().Params(param).Add(p.closureResults(m)).Custom(block(len(body)), body...)
}

func (p printer) fallback(m *model.Method, f model.FallbackCall, body ...jen.Code) *jen.Statement {
	ctx, cause := jen.Id("_").Id(m.ContextType), jen.Id("_").Error()
	if f.UsesContext {
		ctx = jen.Id(m.ContextName).Id(m.ContextType)
	}
	if f.UsesCause {
		cause = jen.Id(m.CauseName).Error()
	}
	if !f.UsesContext && !f.UsesCause {
		ctx, cause = jen.Id(m.ContextType), jen.Error()
	}
	answer := p.closureResults(m)
	if f.Gathered {
		answer = results([]model.Param{{Type: m.Gathered.Type}, {Type: "error"}})
	}
	closure := jen.Func().Params(ctx, cause).Add(answer).Custom(block(len(body)), body...)
	if f.Condition != "" {
		return p.runtime("When").Call(jen.Id(f.Condition), closure)
	}
	return closure
}

func (p printer) closureResults(m *model.Method) *jen.Statement {
	switch {
	case m.Shape == model.Results && m.Outcome != "":
		return jen.Params(jen.Id(m.Response.Type), jen.Error())
	case m.Shape == model.Results, m.Shape == model.Judged:
		return jen.Error()
	case m.Shape == model.Kept:
		return results([]model.Param{{Name: m.Gathered.Within, Type: m.Gathered.Type}, {Name: m.Gathered.Err, Type: "error"}})
	}
	unnamed := make([]model.Param, len(m.Results))
	for k, result := range m.Results {
		unnamed[k].Type = result.Type
	}
	if m.Stream != nil {
		unnamed[0].Type = m.Stream.Result
	}
	if m.Shape == model.Channel {
		unnamed = append(unnamed, model.Param{Type: "error"})
	}
	return results(unnamed)
}

// results prints a method whose results the runtime cannot pass on as one value: the closures set the named results, so
// that partial ones come back with their error.
func (p printer) results(m *model.Method, breaker string, call jen.Code) []jen.Code {
	names := make([]jen.Code, len(m.Results))
	for k, result := range m.Results {
		names[k] = jen.Id(result.Name)
	}
	verdict := jen.Id(m.Errors[0])
	if len(m.Errors) > 1 {
		verdict = p.runtime("FirstError").Call(jen.Id(strings.Join(m.Errors, ", ")))
	}
	answer := jen.Return(verdict)
	if m.Outcome != "" {
		answer = jen.Return(jen.Id(m.Response.Name), verdict)
	}
	closures := []jen.Code{p.closure(m, jen.List(names...).Op("=").Add(call), answer)}
	for _, f := range m.Fallbacks {
		closures = append(closures, p.fallback(m, f, jen.List(names...).Op("=").Id(f.Call), answer))
	}
	if m.Outcome != "" {
		body := []jen.Code{
			jen.List(jen.Id(m.Response.Name), verdict).Op("=").Add(p.runtime("CallResult")).
				Add(arguments(true, []string{m.Context, breaker, m.Outcome}, closures)),
		}
		if m.CloseRequest != "" {
			body = append(body, jen.Id(m.CloseRequest))
		}
		return append(body, jen.Return(names...))
	}
	do := jen.Id(breaker).Dot("Do").Add(arguments(true, []string{m.Context}, closures))
	converted := func(s *jen.Statement) *jen.Statement {
		if m.ErrorType == "" {
			return s
		}
		return p.runtime("ErrorAs").Types(jen.Id(m.ErrorType)).Call(s)
	}
	last := m.Errors[len(m.Errors)-1]
	if len(m.Errors) == 1 {
		return []jen.Code{jen.Id(last).Op("=").Add(converted(do)), jen.Return(names...)}
	}
	// The method's own errors are in place; what the breaker says instead is carried by the last one.
	others := p.runtime("FirstError").Call(jen.Id(strings.Join(m.Errors[:len(m.Errors)-1], ", ")))
	return []jen.Code{
		jen.Id(m.ErrName).Op(":=").Add(do),
		jen.If(others.Op("==").Nil()).Block(jen.Id(last).Op("=").Add(converted(jen.Id(m.ErrName)))),
		jen.Return(names...),
	}
}

// judged prints a method whose results a function of the package judges. They stay as the method returned them, unless what
// the breaker returns is not what that function said of them: a rejection, or fallbacks that failed. Where nothing can carry that, and
// no fallback was asked, the call goes through: zero results might mean a success.
func (p printer) judged(m *model.Method, breaker string, call jen.Code) []jen.Code {
	names := make([]jen.Code, len(m.Results))
	for k, result := range m.Results {
		names[k] = jen.Id(result.Name)
	}
	judge := jen.Id(m.Judge).Call(names...)
	var replace jen.Code
	switch {
	case m.Reject != "":
		replace = jen.List(names...).Op("=").Id(m.Reject).Call(jen.Id(m.ErrName))
	case len(m.Errors) > 0:
		err := jen.Id(m.ErrName)
		if m.ErrorType != "" {
			err = p.runtime("ErrorAs").Types(jen.Id(m.ErrorType)).Call(err)
		}
		replace = jen.Id(m.Errors[len(m.Errors)-1]).Op("=").Add(err)
	}
	set := func(call jen.Code) *jen.Statement { return jen.List(names...).Op("=").Add(call) }
	own := []jen.Code{set(call), jen.Id(m.Verdict).Op("=").Add(judge), jen.Return(jen.Id(m.Verdict))}
	var asked []jen.Code
	if replace == nil {
		asked = []jen.Code{jen.Id(m.Asked).Op("=").True()}
		own = []jen.Code{asked[0], set(call), jen.Return(judge)}
	}
	closures := []jen.Code{p.closure(m, own...)}
	for _, f := range m.Fallbacks {
		closures = append(closures, p.fallback(m, f, append(asked[:len(asked):len(asked)], set(jen.Id(f.Call)), jen.Return(judge))...))
	}
	do := jen.Id(breaker).Dot("Do").Add(arguments(true, []string{m.Context}, closures))
	if replace == nil {
		return []jen.Code{
			jen.Id(m.Asked).Op(":=").False(),
			jen.Id("_").Op("=").Add(do),
			jen.If(jen.Op("!").Id(m.Asked)).Block(set(call)),
			jen.Return(names...),
		}
	}
	return []jen.Code{
		jen.Var().Id(m.Verdict).Error(),
		jen.Id(m.ErrName).Op(":=").Add(do),
		jen.If(p.runtime("Replaced").Call(jen.Id(m.ErrName), jen.Id(m.Verdict))).Block(replace),
		jen.Return(names...),
	}
}

// multiline is a literal with an element a line, which jennifer has no name for.
var multiline = jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}

// block keeps a closure of one statement on one line.
func block(statements int) jen.Options {
	return jen.Options{Open: "{", Close: "}", Multi: statements > 1}
}

// params prints a parameter list; neighbours of one type share it.
func params(list []model.Param) []jen.Code {
	codes := make([]jen.Code, len(list))
	for k, param := range list {
		text := strings.TrimSpace(param.Name + " " + param.Type)
		if param.Name != "" && k+1 < len(list) && list[k+1].Type == param.Type {
			text = param.Name
		}
		codes[k] = jen.Id(text)
	}
	return codes
}

// results prints a result list: nothing, a bare type, or a parenthesised list.
func results(list []model.Param) *jen.Statement {
	if len(list) == 0 {
		return jen.Null()
	}
	if len(list) == 1 && list[0].Name == "" {
		return jen.Id(list[0].Type)
	}
	return jen.Params(params(list)...)
}

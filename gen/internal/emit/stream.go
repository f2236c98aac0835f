package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// stream prints the call of a function of the runtime for streams.
func (p printer) stream(function string, m *model.Method, call jen.Code, leading ...string) *jen.Statement {
	if m.Stream.Type == nil {
		leading = append(leading, m.Stream.Wrap)
	}
	return p.runtime(function).Add(p.call(m, call, leading...))
}

// guarded prints the function that makes the caller's stream of a guarded one.
func (p printer) guarded(m *model.Method) jen.Code {
	s := m.Stream
	literal := jen.Op("&").Add(p.applied(s.Type.Name)).Values(jen.Id(s.Type.Guard).Op(":").Id(s.Guard))
	return jen.Func().Params(jen.Id(s.Guard).Op("*").Add(p.streamGuard(s.Type))).Id(s.Type.Of).Custom(block(1), jen.Return(literal))
}

func (p printer) streamGuard(s *model.StreamType) *jen.Statement {
	return p.runtime("StreamGuard").Types(jen.Id(s.Of))
}

// channel prints a method that returns a channel alone. Where there is none, its reader must not wait for ever.
func (p printer) channel(m *model.Method, breaker string, call jen.Code) []jen.Code {
	s := m.Stream
	closures := []jen.Code{p.closure(m, jen.Return(call, jen.Nil()))}
	for _, f := range m.Fallbacks {
		closures = append(closures, p.fallback(m, f, jen.Return(jen.Id(f.Call), jen.Nil())))
	}
	return []jen.Code{
		jen.List(jen.Id(s.Answer.Value), jen.Id(s.Answer.Err)).Op(":=").Add(p.runtime("CallStream")).
			Add(arguments(true, []string{m.Context, breaker, s.Wrap}, closures)),
		jen.If(jen.Id(s.Answer.Err).Op("!=").Nil()).Block(
			jen.Id(s.Closed).Op(":=").Make(jen.Chan().Id(s.Item)),
			jen.Close(jen.Id(s.Closed)),
			jen.Return(jen.Id(s.Closed)),
		),
		jen.Return(jen.Id(s.Answer.Value)),
	}
}

// streamType prints the stream that callers of a method read instead of the source's own.
func (p printer) streamType(m *model.Method) {
	if m.Stream == nil || m.Stream.Type == nil {
		return
	}
	s := m.Stream.Type
	p.comment("%s is the guarded stream of [%s.%s].", s.Name, p.iface.Wrapper, m.Name)
	p.file.Type().Add(p.declared(s.Name)).StructFunc(func(g *jen.Group) {
		g.Id(s.Guard).Op("*").Add(p.streamGuard(s))
		if s.Ended != "" {
			g.Id(s.Ended).Bool()
			g.Id(s.Err).Error()
		}
	})
	p.file.Line()
	for _, method := range s.Methods {
		body := streamBody(s, method)
		f := p.file.Func().Params(jen.Id(s.Receiver).Op("*").Add(p.applied(s.Name))).Id(method.Name).
			Params(params(method.Params)...).Add(results(method.Results))
		if len(body) == 1 {
			f.Custom(block(1), body...)
		} else {
			f.Block(body...)
		}
		p.file.Line()
	}
}

func streamBody(s *model.StreamType, method model.StreamMethod) []jen.Code {
	guard := func(name string, args ...jen.Code) *jen.Statement {
		return jen.Id(s.Receiver).Dot(s.Guard).Dot(name).Call(args...)
	}
	call := guard("Source").Dot(method.Name).Call(jen.Id(method.Call))
	returned := jen.Return(call)
	if len(method.Results) == 0 {
		returned = call
	}
	switch method.Role {
	case model.NextItem:
		ended, err := jen.Id(s.Receiver).Dot(s.Ended), jen.Id(s.Receiver).Dot(s.Err)
		return []jen.Code{
			jen.Defer().Add(guard("Abandon")),
			jen.For(jen.Op("!").Add(ended)).Block(
				guard("Wait"),
				jen.If(jen.Add(call).Op("&&").Add(guard("Item"))).Block(jen.Return(jen.True())),
				jen.Var().Id(method.Again).Bool(),
				jen.List(jen.Id(method.Again), err).Op("=").Add(guard("Ended", guard("Source").Dot("Err").Call())),
				jen.Add(ended).Op("=").Op("!").Id(method.Again),
			),
			jen.Return(jen.False()),
		}
	case model.EndError:
		return []jen.Code{
			jen.If(jen.Id(s.Receiver).Dot(s.Ended)).Block(jen.Return(jen.Id(s.Receiver).Dot(s.Err))),
			returned,
		}
	case model.ReceiveItem:
		item, err, again := jen.Id(method.Item), jen.Id(method.Err), jen.Id(method.Again)
		return []jen.Code{
			jen.Defer().Add(guard("Abandon")),
			jen.For().Block(
				guard("Wait"),
				jen.List(item, err).Op(":=").Add(call),
				jen.If(jen.Add(err).Op("==").Nil().Op("&&").Add(guard("Item"))).Block(jen.Return(item, jen.Nil())),
				jen.List(again, err).Op(":=").Add(guard("Ended", err)),
				jen.If(jen.Op("!").Add(again)).Block(jen.Return(item, err)),
			),
		}
	case model.CloseStream:
		closer := jen.Func().Params(jen.Id(method.Source).Id(s.Of)).Error()
		call := jen.Id(method.Source).Dot(method.Name).Call(jen.Id(method.Call))
		if len(method.Results) == 0 {
			return []jen.Code{jen.Id("_").Op("=").Add(guard("Close", closer.Block(call, jen.Return(jen.Nil()))))}
		}
		return []jen.Code{jen.Return(guard("Close", closer.Custom(block(1), jen.Return(call))))}
	}
	return []jen.Code{returned}
}

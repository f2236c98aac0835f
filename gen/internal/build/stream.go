package build

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// streamKind says how a stream is read.
type streamKind uint8

const (
	noStream        streamKind = iota
	sequenceStream             // iter.Seq2[V, error]
	readerStream               // io.ReadCloser
	responseStream             // *http.Response
	channelStream              // <-chan V
	interfaceStream            // Next() bool and Err() error
	receiverStream             // Recv() (V, error)
	unguardedStream            // it goes on, and the wrapper cannot stand in for it
)

// streamKinds is what a finding says of results that are none.
const streamKinds = "streams are iter.Seq2[V, error], io.ReadCloser, *http.Response, <-chan V, " +
	"and interfaces with Next() bool and Err() error or with Recv() (V, error)"

// stream is the result of a method whose outcome is the end of that result.
type stream struct {
	kind     streamKind
	typ      types.Type
	item     types.Type // of a sequence or a channel
	typeName string     // of the generated implementation, "" where the runtime has one
}

// resolveStream finds the result that //cb:stream is about. What a method inherits and does not fit it is dropped.
func (m *methodBuilder) resolveStream() {
	if !m.effective.Has("stream") {
		return
	}
	line := m.effective.Line("stream")
	found, misfit := m.findStream()
	switch {
	case misfit == "":
		m.stream = found
	case !m.inherited(line):
		m.findings.Add(line.Pos, "//cb:stream cannot hold for %s: %s", m.fn.Name(), misfit)
		m.misread = true
	default:
		m.effective.Drop("stream")
		m.out.Dropped = append(m.out.Dropped, "//cb:stream")
		m.unstreamed = misfit
	}
}

// checkStream reports a //cb:stream of the interface that every method would drop: that is a mistake in it.
func (i *interfaceBuilder) checkStream() {
	var dropped *methodBuilder
	for _, m := range i.methods {
		if m.stream != nil {
			return
		}
		if m.unstreamed != "" && dropped == nil {
			dropped = m
		}
	}
	if dropped != nil {
		line := directive.Merge(i.defaults()).Line("stream")
		i.findings.Add(line.Pos, "//cb:stream fits no method of %s; %s: %s", i.out.Name, dropped.fn.Name(), dropped.unstreamed)
	}
}

// findStream returns the method's stream, or why it has none that can be guarded.
func (m *methodBuilder) findStream() (*stream, string) {
	results := m.signature().Results()
	var found *stream
	at, misfit := 0, "it returns no stream; "+streamKinds
	for k := range results.Len() {
		s, why := m.readStream(results.At(k).Type())
		if s.kind != noStream {
			found, at, misfit = s, k, why
			break
		}
	}
	switch {
	case found == nil:
		return nil, misfit
	case m.judge != nil:
		return nil, fmt.Sprintf("result=%s at %s judges its results when it returns, and a stream is judged at its end; keep one of them",
			m.judge.value.Text, m.judge.value.Pos)
	case at != 0 || results.Len() > 2 || results.Len() == 2 && !isError(results.At(1).Type()):
		return nil, "it has other results than a stream and an error; gather in the stream what they say"
	case misfit != "":
		return nil, misfit
	case results.Len() == 2 || found.kind == sequenceStream:
		return found, ""
	case found.kind != channelStream:
		return nil, "nothing carries a rejection: write an error result beside its stream"
	case !m.answersRejections():
		return nil, "nothing carries a rejection: it has no error result beside its channel, write one, or a //cb:fallback that answers"
	}
	return found, ""
}

// answersRejections reports whether a fallback line answers for rejected calls.
func (m *methodBuilder) answersRejections() bool {
	return slices.ContainsFunc(m.effective.Lines("fallback"), func(line *directive.Line) bool {
		on, ok := line.Value("on")
		return !ok || on.Text != "failure"
	})
}

// readStream says what stream a result is. The text says why the wrapper cannot stand in for one.
func (m *methodBuilder) readStream(t types.Type) (*stream, string) {
	s := &stream{kind: unguardedStream, typ: t}
	if _, generic := types.Unalias(t).(*types.TypeParam); generic {
		return &stream{}, ""
	}
	if isPointerTo(t, "net/http", "Response") {
		s.kind = responseStream
		return s, ""
	}
	switch u := t.Underlying().(type) {
	case *types.Chan:
		if u.Dir() == types.RecvOnly {
			s.kind, s.item = channelStream, u.Elem()
			return s, ""
		}
		if u.Dir() == types.SendRecv {
			return s, fmt.Sprintf("its result %s may be written to, and a wrapper only reads: return <-chan %s", m.show(t), m.show(u.Elem()))
		}
	case *types.Signature:
		if isIterator(u) {
			return m.readSequence(s, u)
		}
	case *types.Interface:
		if why, ok := m.readInterface(s, u); ok {
			return s, why
		}
	default:
		if wanted := m.adaptable(t); wanted != nil {
			return s, m.adapter(t, wanted)
		}
	}
	return &stream{}, ""
}

// readSequence reads a function over yield. One of a type of its own would have to be converted, and the outputs convert nothing.
func (m *methodBuilder) readSequence(s *stream, sig *types.Signature) (*stream, string) {
	yield := sig.Params().At(0).Type().Underlying().(*types.Signature)
	if yield.Params().Len() != 2 || !isError(yield.Params().At(1).Type()) {
		return s, fmt.Sprintf("its result %s tells of no errors: return iter.Seq2[V, error]", m.show(s.typ))
	}
	item := yield.Params().At(0).Type()
	if _, named := types.Unalias(s.typ).(*types.Named); named && !isNamed(s.typ, "iter", "Seq2") {
		return s, fmt.Sprintf("its result %s is a type of its own: return iter.Seq2[%s, error]", m.show(s.typ), m.show(item))
	}
	s.kind, s.item = sequenceStream, item
	return s, ""
}

// readInterface reads an interface; false: it is no stream.
func (m *methodBuilder) readInterface(s *stream, iface *types.Interface) (why string, ok bool) {
	switch {
	case isIteratorLike(s.typ):
		s.kind = interfaceStream
	case isReceiver(s.typ):
		s.kind = receiverStream
	case isReader(s.typ) && isCloser(s.typ):
		if iface.NumMethods() > 2 {
			return fmt.Sprintf("its result %s has more methods than Read and Close: return io.ReadCloser", m.show(s.typ)), true
		}
		s.kind = readerStream
		return "", true
	default:
		return "", false
	}
	for method := range iface.Methods() {
		if !method.Exported() && method.Pkg().Path() != m.Types.Path() {
			return fmt.Sprintf("its result %s has the unexported method %s of package %s, which the wrapper's cannot have",
				m.show(s.typ), method.Name(), method.Pkg().Path()), true
		}
		if why := m.unnameable(method.Type()); why != "" {
			return fmt.Sprintf("the method %s of its result %s %s", method.Name(), m.show(s.typ), why), true
		}
	}
	return "", true
}

// streamShape is the function of the runtime that guards the stream.
func (m *methodBuilder) streamShape() model.Shape {
	switch alone := m.signature().Results().Len() == 1; {
	case alone && m.stream.kind == sequenceStream:
		return model.Sequence
	case alone:
		return model.Channel
	case m.stream.kind == responseStream:
		return model.Response
	}
	return model.Value
}

// streamTypes decides what the closures return, and who makes the caller's stream. It must run before names are decided.
func (m *methodBuilder) streamTypes() {
	cb := m.names.runtime()
	out := &model.Stream{Result: m.out.Results[0].Type}
	switch m.stream.kind {
	case sequenceStream:
		item := m.names.typeString(m.stream.item)
		out.Result = fmt.Sprintf("%s.Seq2[%s, error]", m.names.use("iter", "iter"), item)
		out.Wrap = cb + ".StreamSeq2[" + item + "]"
	case readerStream:
		out.Result, out.Wrap = m.names.use("io", "io")+".ReadCloser", cb+".StreamReader"
	case responseStream:
		out.Wrap = m.names.use(httpPath, "cbhttp") + ".StreamResponse"
	case channelStream:
		out.Item = m.names.typeString(m.stream.item)
		out.Result, out.Wrap = types.TypeString(types.NewChan(types.RecvOnly, m.stream.item), m.names.qualify), cb+".StreamChan["+out.Item+"]"
	default:
		m.stream.typeName = m.claimType(lowerFirst(m.interfaceBuilder.out.Wrapper) + streamName(m.fn.Name()))
		out.Type = &model.StreamType{Name: m.stream.typeName, Of: out.Result}
		m.streamMethodTypes(out.Type)
	}
	m.out.Stream = out
}

// checkLimits reports limits of a stream that reach nothing, or that another limit makes idle.
func (m *methodBuilder) checkLimits() {
	deadline, limited := m.held("deadline", "")
	slow, hurried := m.held("breaker", "slow")
	for _, key := range []string{"first", "idle"} {
		limit, ok := m.held("stream", key)
		switch {
		case !ok:
		case m.context < 0 && m.request < 0:
			pos, remedy := limit.value.Pos, "remove it"
			if limit.level == 0 {
				pos, remedy = m.pos, "write //cb:stream "+key+"=off at the method"
			}
			m.findings.Add(pos, "%s= of //cb:stream cannot reach %s, which takes no context.Context: %s", key, m.fn.Name(), remedy)
		case limited && limit.value.Duration >= deadline.value.Duration:
			m.conflict(fmt.Sprintf("the deadline, which goes on to the stream's end, leaves no room: %s is not less than %s", limit, deadline),
				limit, deadline)
		case key == "first" && hurried && slow.value.Duration >= limit.value.Duration:
			m.conflict(fmt.Sprintf("no call can be slow, which a stream is until its first item: %s is not less than %s", slow, limit), slow, limit)
		}
	}
}

// listStream lists a stream without limits.
func (m *methodBuilder) listStream() {
	if m.stream == nil || m.setting("stream", "first")+m.setting("stream", "idle") != "" {
		return
	}
	m.list("stream", "", "without limits", m.effective.Line("stream").Pos.String())
}

// describeStream says what holds for a stream between its opening and its end.
func (m *methodBuilder) describeStream(deadline string) string {
	parts := []string{"judged at the stream's end"}
	if first := m.setting("stream", "first"); first != "" {
		parts = append(parts, first+" to its first item")
	}
	if idle := m.setting("stream", "idle"); idle != "" {
		parts = append(parts, idle+" between items")
	}
	if deadline != "" {
		parts = append(parts, deadline+" in all")
	}
	return strings.Join(parts, ", ")
}

package build

import (
	"go/types"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// isCloser reports whether t has the method of an io.Closer.
func isCloser(t types.Type) bool { return returnsError(findMethod(t, "Close")) }

// isIteratorLike reports whether t is read as bufio.Scanner's kind is: Next() bool, and Err() error for how it ended.
func isIteratorLike(t types.Type) bool {
	next := findMethod(t, "Next")
	if next == nil || !returnsError(findMethod(t, "Err")) {
		return false
	}
	sig := next.Signature()
	return sig.Params().Len() == 0 && sig.Results().Len() == 1 && types.Identical(sig.Results().At(0).Type(), types.Typ[types.Bool])
}

// isReceiver reports whether t is read as a gRPC client's streams are: Recv() (V, error), with io.EOF at the end.
func isReceiver(t types.Type) bool {
	recv := findMethod(t, "Recv")
	if recv == nil {
		return false
	}
	sig := recv.Signature()
	return sig.Params().Len() == 0 && sig.Results().Len() == 2 && isError(sig.Results().At(1).Type())
}

// returnsError reports whether a method takes nothing and returns an error alone.
func returnsError(method *types.Func) bool {
	if method == nil {
		return false
	}
	sig := method.Signature()
	return sig.Params().Len() == 0 && sig.Results().Len() == 1 && isError(sig.Results().At(0).Type())
}

// streamName is what the stream of a method is called behind a name.
func streamName(method string) string {
	return strings.TrimSuffix(upperFirst(method), "Stream") + "Stream"
}

// claimType takes an unexported package-level name for a generated type. No user writes it, so a clash moves it.
func (m *methodBuilder) claimType(name string) string {
	for claimed := m.names.scope.claim(name); ; claimed = m.names.scope.claim(name) {
		if !m.taken(claimed) {
			m.generated[claimed] = m.pos
			return claimed
		}
	}
}

// role says what a method of the stream does.
func (s *stream) role(method *types.Func) model.StreamRole {
	results := method.Signature().Results()
	switch name := method.Name(); {
	case name == "Close" && (results.Len() == 0 || results.Len() == 1 && isError(results.At(0).Type())):
		return model.CloseStream
	case name == "Next" && s.kind == interfaceStream:
		return model.NextItem
	case name == "Err" && s.kind == interfaceStream:
		return model.EndError
	case name == "Recv" && s.kind == receiverStream:
		return model.ReceiveItem
	}
	return model.Delegate
}

// streamMethodTypes prints the types of the stream's methods.
func (m *methodBuilder) streamMethodTypes(out *model.StreamType) {
	for method := range m.stream.typ.Underlying().(*types.Interface).Methods() {
		sig := method.Signature()
		printed := model.StreamMethod{Name: method.Name(), Role: m.stream.role(method)}
		for k := range sig.Params().Len() {
			t := sig.Params().At(k).Type()
			text := m.names.typeString(t)
			if sig.Variadic() && k == sig.Params().Len()-1 {
				text = "..." + m.names.typeString(t.(*types.Slice).Elem())
			}
			printed.Params = append(printed.Params, model.Param{Type: text})
		}
		for result := range sig.Results().Variables() {
			printed.Results = append(printed.Results, model.Param{Type: m.names.typeString(result.Type())})
		}
		out.Methods = append(out.Methods, printed)
	}
}

// nameStream decides the names that guard a method's stream.
func (m *methodBuilder) nameStream(body *scope) {
	if m.stream == nil {
		return
	}
	if m.out.Shape == model.Channel {
		m.out.Stream.Answer = model.Pair{Value: body.claim("items"), Err: body.claim("err"), New: true}
		m.out.Stream.Closed = body.claim("closed")
	}
	if m.out.Stream.Type != nil {
		m.out.Stream.Guard = body.claim("guard")
		m.nameStreamType(m.out.Stream.Type)
	}
}

// nameStreamType decides the names in the generated implementation of a stream.
func (m *methodBuilder) nameStreamType(out *model.StreamType) {
	iface := m.stream.typ.Underlying().(*types.Interface)
	fields, used := newScope(nil), newScope(nil) // what a body spells, for which its variables must leave the names alone
	used.reserve(typeParamNames(m.decl.spec)...)
	used.reserve("error", "nil", "true", "false")
	receiver := newScope(used)
	for method := range iface.Methods() {
		fields.reserve(method.Name())
		for param := range method.Signature().Params().Variables() {
			receiver.reserve(param.Name())
		}
	}
	for _, method := range out.Methods {
		for _, result := range method.Results {
			identifiers(result.Type, func(name string) { used.reserve(name) })
		}
	}
	out.Receiver = receiver.claim("s", "stream")
	used.reserve(out.Receiver)
	out.Guard = fields.claim("guard", "streamGuard")
	if m.stream.kind == interfaceStream {
		out.Ended, out.Err = fields.claim("ended", "hasEnded"), fields.claim("err", "endErr")
	}
	k := 0
	for method := range iface.Methods() {
		m.nameStreamMethod(out, &out.Methods[k], method.Signature(), newScope(used))
		k++
	}
}

func (m *methodBuilder) nameStreamMethod(stream *model.StreamType, out *model.StreamMethod, sig *types.Signature, body *scope) {
	switch out.Role {
	case model.ReceiveItem:
		out.Item, out.Err = body.claim("item"), body.claim("err")
		out.Again = body.claim("again")
	case model.NextItem:
		out.Again = body.claim("again")
	case model.Delegate, model.CloseStream: // the body spells no more than the receiver and the parameters
		params := newScope(nil)
		params.reserve(typeParamNames(m.decl.spec)...)
		params.reserve(stream.Receiver)
		var args []string
		for k := range out.Params {
			name := params.claim(sig.Params().At(k).Name(), "arg")
			out.Params[k].Name = name
			if sig.Variadic() && k == len(out.Params)-1 {
				name += "..."
			}
			args = append(args, name)
		}
		out.Call = strings.Join(args, ", ")
		if out.Role == model.CloseStream {
			out.Source = params.claim("source")
		}
	}
}

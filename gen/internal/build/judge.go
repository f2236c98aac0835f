package build

import (
	"fmt"
	"go/types"

	"github.com/cbgen/cbgen/gen/internal/directive"
)

// judge is a function of the package that //cb:failure names: one over a method's results that returns the error they mean,
// or one from an error to the results.
type judge struct {
	name     string
	typeArgs string
	value    directive.Value
}

// resolveJudge finds the functions that result= and reject= name. What a method inherits and does not fit it is dropped.
func (m *methodBuilder) resolveJudge() {
	value, ok := m.effective.Get("failure", "result")
	if !ok {
		return
	}
	judge, misfit := m.findJudge(value, m.judgeSignature())
	switch {
	case misfit == "":
		m.judge = judge
		m.resolveReject()
	case m.effective.Level("failure", "result") > 0:
		m.findings.Add(value.Pos, "%s", misfit)
		m.misread = true
	default:
		m.out.Dropped = append(m.out.Dropped, "//cb:failure result="+value.Text)
		if m.misfit == "" {
			m.misfit = misfit
		}
	}
}

// checkJudge reports an inherited result= that fits no method at all.
func (i *interfaceBuilder) checkJudge() {
	value, ok := directive.Merge(i.defaults()).Get("failure", "result")
	if !ok || i.misfit == "" {
		return
	}
	for _, m := range i.methods {
		if m.judge != nil && m.judge.value.Pos == value.Pos {
			return
		}
	}
	i.findings.Add(value.Pos, "%s", i.misfit)
}

// resolveReject finds what carries a rejection of a method that is judged: reject=, an error result, or a fallback.
func (m *methodBuilder) resolveReject() {
	carried := len(m.errors) > 0 || m.answersRejections()
	value, ok := m.effective.Get("failure", "reject")
	if ok {
		reject, misfit := m.findJudge(value, m.rejectSignature())
		switch {
		case misfit == "":
			m.reject = reject
		case !carried || m.effective.Level("failure", "reject") > 0:
			m.findings.Add(value.Pos, "%s", misfit)
		default:
			m.out.Dropped = append(m.out.Dropped, "//cb:failure reject="+value.Text)
		}
		return
	}
	if !carried {
		m.findings.Add(m.judge.value.Pos, "nothing carries a rejection of %s: it has no error result, write reject=Fn for a function from an error "+
			"to its results, or a //cb:fallback that answers\nto paste:\n%s", m.fn.Name(), m.pasteJudge("rejected", m.rejectSignature()))
	}
}

// judgeSignature is that of a function over the method's results.
func (m *methodBuilder) judgeSignature() *types.Signature {
	return types.NewSignatureType(nil, nil, nil, m.signature().Results(), types.NewTuple(errorVar("")), false)
}

// rejectSignature is that of a function from an error to the method's results.
func (m *methodBuilder) rejectSignature() *types.Signature {
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(errorVar("err")), m.signature().Results(), false)
}

func errorVar(name string) *types.Var {
	return types.NewVar(0, nil, name, types.Universe.Lookup("error").Type())
}

// findJudge resolves a function of the package that is to have the signature want. The text says why there is none.
func (m *methodBuilder) findJudge(value directive.Value, want *types.Signature) (*judge, string) {
	misfit := func(found string) (*judge, string) {
		return nil, fmt.Sprintf("%s=%s does not fit %s\nwant func %s%s\n%s\nto paste:\n%s", value.Arg.Key, value.Text, m.fn.Name(),
			value.Text, m.printSignature(want), found, m.pasteJudge(value.Text, want))
	}
	if m.signature().Results().Len() == 0 {
		return nil, fmt.Sprintf("%s=%s does not fit %s, which has no results", value.Arg.Key, value.Text, m.fn.Name())
	}
	switch object := m.Types.Scope().Lookup(value.Text).(type) {
	case nil:
		return misfit(fmt.Sprintf("have none: %s is not declared in package %s%s", value.Text, m.Types.Name(),
			directive.DidYouMean(value.Text, m.Types.Scope().Names())))
	case *types.Func:
		have, typeArgs, why := m.instantiate(object, want)
		if why == "" {
			why = m.differs(have, want)
		}
		if why != "" {
			return misfit(m.rejectedCandidate("", object, object.Signature(), why))
		}
		return &judge{name: value.Text, typeArgs: typeArgs, value: value}, ""
	default:
		return misfit(fmt.Sprintf("have %s at %s: not a function", types.ObjectString(object, m.qualifier()), m.position(object.Pos())))
	}
}

// differs says how a signature differs from the one that is wanted, or "".
func (m *methodBuilder) differs(have, want *types.Signature) string {
	if have.Variadic() {
		return "it is variadic"
	}
	if h, w := have.Params().Len(), want.Params().Len(); h != w {
		return fmt.Sprintf("it takes %d parameters, want %d", h, w)
	}
	return m.typesDiffer(have, want)
}

// typesDiffer says how a signature that takes enough parameters differs in its types from the one that is wanted, or "".
func (m *methodBuilder) typesDiffer(have, want *types.Signature) string {
	for k := range want.Params().Len() {
		if w, h := want.Params().At(k).Type(), have.Params().At(k).Type(); !types.Identical(w, h) {
			return fmt.Sprintf("parameter %d is %s, want %s", k+1, m.show(h), m.show(w))
		}
	}
	if h, w := have.Results().Len(), want.Results().Len(); h != w {
		return fmt.Sprintf("it returns %d values, want %d", h, w)
	}
	for k := range want.Results().Len() {
		if w, h := want.Results().At(k).Type(), have.Results().At(k).Type(); !types.Identical(w, h) {
			return fmt.Sprintf("result %d is %s, want %s", k+1, m.show(h), m.show(w))
		}
	}
	return ""
}

// pasteJudge prints a function with a signature that is still to be written.
func (m *methodBuilder) pasteJudge(name string, sig *types.Signature) string {
	var params []string
	for param := range sig.Params().Variables() {
		text := m.show(param.Type())
		if sig.Params().At(0).Name() != "" { // all have a name, or none has
			text = param.Name() + " " + text
		}
		params = append(params, text)
	}
	return m.paste(name, params, sig.Results())
}

// nameJudges spells the functions, and names the variable for what the first says.
func (m *methodBuilder) nameJudges(body *scope) {
	m.out.Judge = m.judge.name + m.judge.typeArgs
	if m.reject != nil {
		m.out.Reject = m.reject.name + m.reject.typeArgs
	}
	if m.reject == nil && len(m.out.Errors) == 0 {
		m.out.Asked = body.claim("asked", "called")
		return
	}
	m.out.Verdict = body.claim("verdict", "own")
}

// listJudges lists the functions that judge a method.
func (m *methodBuilder) listJudges() {
	for _, j := range []*judge{m.judge, m.reject} {
		if j != nil {
			m.list("failure", j.value.Arg.Key, j.value.Text, j.value.Pos.String())
		}
	}
}

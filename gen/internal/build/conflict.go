package build

import (
	"fmt"
	"go/types"
	"slices"
	"time"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// held is the value that holds for a key of a method, written or by default.
type held struct {
	value   directive.Value
	level   int // layer where it is written, -1 for a default
	written bool
}

// held returns what holds for a key, false where nothing does.
func (m *methodBuilder) held(name, key string) (held, bool) {
	if value, ok := m.effective.Get(name, key); ok {
		return held{value, m.effective.Level(name, key), true}, true
	}
	def, _ := directive.Lookup(name)
	arg := def.Arg(key)
	if !m.effective.DefaultHolds(name, arg) {
		return held{}, false
	}
	value, err := directive.ParseDefault(arg)
	return held{value, -1, false}, err == nil
}

// String tells a value and where it comes from.
func (h held) String() string {
	text := h.value.Text
	if h.value.Arg.Key != "" {
		text = h.value.Arg.Key + "=" + text
	}
	if !h.written {
		return text + " by default"
	}
	return fmt.Sprintf("%s at %s", text, h.value.Pos)
}

// conflict reports values that cannot hold together, at the innermost of them, which are most probably the ones to edit.
func (m *methodBuilder) conflict(message string, values ...held) {
	at := held{level: -1}
	for _, value := range values {
		if value.level > at.level {
			at = value
		}
	}
	if at.written { // defaults agree among themselves
		m.findings.Add(at.value.Pos, "%s", message)
	}
}

// checkConflicts reports values each of which is within its bounds, and which together cannot work.
func (m *methodBuilder) checkConflicts() {
	timeout, _ := m.held("breaker", "timeout")
	deadline, limited := m.held("deadline", "")
	if longest, ok := m.held("breaker", "max-timeout"); ok && longest.value.Duration < timeout.value.Duration {
		m.conflict(fmt.Sprintf("the open period cannot grow: %s is less than %s", longest, timeout), longest, timeout)
	}
	if slow, ok := m.held("breaker", "slow"); ok && limited && slow.value.Duration >= deadline.value.Duration {
		m.conflict(fmt.Sprintf("no call can be slow: %s is not less than the deadline, %s", slow, deadline), slow, deadline)
	}
	_, first := m.held("stream", "first")
	if on, ok := m.effective.Get("retry", "on"); ok && on.Text == "deadline" && !limited && !(first && m.stream != nil) {
		m.conflict(fmt.Sprintf("%s is never retried: on=deadline, and it has no deadline: give it one, or write //cb:retry off at the method",
			m.fn.Name()), held{on, m.effective.Level("retry", "on"), true})
	}
	m.checkBackoff(timeout)
	m.checkStarvation(deadline, limited)
}

// checkBackoff reports retries that may wait longer than the breaker stays open: they were for short failures.
func (m *methodBuilder) checkBackoff(timeout held) {
	retries, ok := m.held("retry", "max")
	backoff, ok2 := m.held("retry", "backoff")
	if !ok || !ok2 {
		return
	}
	var sum time.Duration
	limit := backoff.value.Low
	for range retries.value.Int {
		sum += limit
		limit = min(2*limit, backoff.value.High)
	}
	if sum > timeout.value.Duration {
		m.conflict(fmt.Sprintf("the retries outlast the open period: %s with %s wait up to %v in all, more than %s", retries, backoff, sum, timeout),
			retries, backoff, timeout)
	}
}

// checkStarvation reports a ratio that cannot open the breaker when every call hangs: the bulkhead lets so few at a time
// through that fewer than min end in the window.
func (m *methodBuilder) checkStarvation(deadline held, limited bool) {
	ratio, ok := m.held("breaker", "ratio")
	least, _ := m.held("breaker", "min")
	window, _ := m.held("breaker", "window")
	most, bounded := m.held("bulkhead", "max")
	if !ok || !limited || !bounded {
		return
	}
	ends := float64(most.value.Int) * float64(window.value.Duration) / float64(deadline.value.Duration)
	if float64(least.value.Int) > ends {
		m.conflict(fmt.Sprintf("the ratio never judges when every call hangs: %d calls end in the window (bulkhead %s; %s; deadline %s), fewer than %s",
			int(ends), most, window, deadline, least), least, most, window, deadline, ratio)
	}
}

// checkRetry refuses retries of what cannot be called twice.
func (m *methodBuilder) checkRetry() {
	if !m.effective.Has("retry") {
		return
	}
	line := m.effective.Line("retry")
	pos, remedy := line.Pos, "remove it"
	if m.inherited(line) {
		pos, remedy = m.pos, "write //cb:retry off at the method"
	}
	for v := range m.signature().Params().Variables() {
		if why := consumed(v.Type()); why != "" {
			m.findings.Add(pos, "//cb:retry cannot call %s twice: %s; %s", m.fn.Name(), why, remedy)
			return
		}
	}
	if m.stream != nil { // it is repeated before its first item only
		return
	}
	results := m.signature().Results()
	for k := range results.Len() {
		if k == m.response && m.out.Outcome != "" {
			continue // the runtime closes the body of a response that a retry replaces
		}
		if why := outlives(results.At(k).Type()); why != "" {
			if s, _ := m.findStream(); s != nil {
				remedy += ", or write //cb:stream, with which it is repeated before its first item"
			}
			m.findings.Add(pos, "//cb:retry cannot repeat what %s returns: %s; %s", m.fn.Name(), why, remedy)
			return
		}
	}
}

// inherited reports whether a line stands at the interface for all of its methods.
func (m *methodBuilder) inherited(line *directive.Line) bool {
	return slices.Contains(m.defaults(), line)
}

// consumed says why a parameter is not there for a second call any more, or "".
func consumed(t types.Type) string {
	switch {
	case isPointerTo(t, "net/http", "Request"):
		return "the body of a request cannot be sent twice"
	case isReader(t):
		return "what a reader has given cannot be read twice"
	}
	return ""
}

// isReader reports whether t has the method of an io.Reader.
func isReader(t types.Type) bool {
	method := findMethod(t, "Read")
	if method == nil {
		return false
	}
	sig := method.Signature()
	if sig.Params().Len() != 1 || sig.Results().Len() != 2 || !isError(sig.Results().At(1).Type()) {
		return false
	}
	return types.Identical(sig.Params().At(0).Type(), types.NewSlice(types.Typ[types.Byte])) &&
		types.Identical(sig.Results().At(0).Type(), types.Typ[types.Int])
}

// checkGroups reports methods that share a breaker and disagree about its states.
func (i *interfaceBuilder) checkGroups() {
	first := map[string]*methodBuilder{}
	for _, m := range i.methods {
		if m.out.Shape == model.Direct {
			continue
		}
		group, ok := m.effective.Get("breaker", "group")
		if !ok {
			continue
		}
		if other := first[group.Text]; other != nil {
			m.checkGroup(group, other)
		} else {
			first[group.Text] = m
		}
	}
}

// checkGroup compares what shapes the states of the breaker that m shares with other.
func (m *methodBuilder) checkGroup(group directive.Value, other *methodBuilder) {
	def, _ := directive.Lookup("breaker")
	for k := range def.Args {
		arg := &def.Args[k]
		if !arg.State {
			continue
		}
		mine, has := m.held(def.Name, arg.Key)
		theirs, otherHas := other.held(def.Name, arg.Key)
		same := has == otherHas && (!has || m.expression(mine.value) == m.expression(theirs.value))
		if arg.Implied && mine.written != theirs.written { // window= that is written holds for the threshold too
			same = false
		}
		if same {
			continue
		}
		spoken := func(h held, ok bool) string {
			if !ok {
				return "no " + arg.Key + "="
			}
			return h.String()
		}
		at := group.Pos
		if mine.written && mine.level > 0 {
			at = mine.value.Pos
		}
		m.findings.Add(at, "%s and %s share the breaker of group %s and must agree on %s=: %s has %s; %s has %s",
			other.fn.Name(), m.fn.Name(), group.Text, arg.Key, other.fn.Name(), spoken(theirs, otherHas), m.fn.Name(), spoken(mine, has))
	}
}

package cb

import "time"

// Transitions counts the changes from one state to another.
type Transitions struct {
	From, To State
	Count    uint64
}

// history is what a circuit has been through before the status that holds it. It is written at changes of state alone, so that
// it costs calls nothing, and is never written after it is published.
type history struct {
	transitions [states][states]uint64
	open        time.Duration // rejecting every call, in all
}

// followedBy is the history at the end of st.
func (st *status) followedBy(to State, at time.Time) *history {
	h := *st.before
	h.open = st.openFor(at)
	if st.state != to {
		h.transitions[st.state][to]++
	}
	return &h
}

// openFor is how long calls were rejected until that time, st included.
func (st *status) openFor(at time.Time) time.Duration {
	if !st.state.rejects() {
		return st.before.open
	}
	return st.before.open + at.Sub(st.since)
}

// counts lists the transitions that there can be, in the order of the states.
func (h *history) counts() (list []Transitions, trips uint64) {
	for from := range states {
		for to := range states {
			if possible(from, to) {
				list = append(list, Transitions{from, to, h.transitions[from][to]})
			}
		}
		trips += h.transitions[from][Open]
	}
	return list, trips
}

// possible tells whether a state can follow another: by itself, by Trip or Reset, or held by hand.
func possible(from, to State) bool {
	switch {
	case from == to:
		return false
	case to == HalfOpen:
		return from == Open
	case to == Open:
		return from == Closed || from == HalfOpen
	default:
		return true
	}
}

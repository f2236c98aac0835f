package cb

import (
	"context"
	"time"
)

// CallObserver is an [Observer] that is told of every call that ended, for what a [Snapshot] cannot count, such as how long calls
// take. Where a breaker has none, when it is made, its calls read no clock for it and cost what they cost without.
type CallObserver interface {
	Observer
	// CallEnded is called on the caller's goroutine after each attempt that was let through, before a retry, a fallback or the
	// return. The context is the attempt's, which has ended; its values are the caller's. Of a stream it is called when its end is
	// judged, or the limit that it passed, on the goroutine that does so.
	CallEnded(context.Context, CallEvent)
}

// CallEvent is an attempt that ended.
type CallEvent struct {
	Client, Method string
	Key            string // of a keyed breaker, else ""
	Outcome        CallOutcome
	Took           time.Duration // in the guarded function, without what it waited for its place in a bulkhead
}

// CallOutcome is what an ended call counts as.
type CallOutcome string

// Values of CallOutcome.
const (
	OutcomeSuccess CallOutcome = "success"
	OutcomeFailure CallOutcome = "failure"
	OutcomeIgnored CallOutcome = "ignored"
)

func isCallObserver(o Observer) bool {
	_, ok := o.(CallObserver)
	return ok
}

// tellEnd tells how the attempt ended, where somebody wants to know.
func (a *attempt) tellEnd(v verdict) {
	b := a.b
	if !b.measured {
		return
	}
	outcome := OutcomeIgnored
	switch v {
	case success:
		outcome = OutcomeSuccess
	case failure:
		outcome = OutcomeFailure
	default:
	}
	ctx := a.ctx // not the attempt, which would go to the heap with it
	e := CallEvent{Client: b.client, Method: b.method, Key: b.key, Outcome: outcome, Took: b.circuit.now() - a.called}
	b.observe(b.observers, func(o Observer) {
		if called, ok := o.(CallObserver); ok {
			called.CallEnded(ctx, e)
		}
	})
}

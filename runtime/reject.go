package cb

import (
	"context"
	"time"
)

// sharedFor is how long a rejection is handed to further callers. A flood of calls at an open breaker then makes no garbage.
const sharedFor = time.Millisecond

// sharedRejection is a rejection that several callers get.
type sharedRejection struct {
	RejectedError
	from *status
	at   time.Duration // on the circuit's clock
}

// refuses tells from our own copy of the state, without the lock, whether the circuit turns calls away, and for how long still. Where
// it does not, only admitSlowly can tell.
func (c *circuit) refuses() (st *status, remains time.Duration, refuses bool) {
	st = c.status.Load()
	switch st.state {
	case ForcedOpen:
		return st, 0, true
	case Open:
		remains = st.after - c.now()
		return st, remains, remains > 0
	default:
		return st, 0, false
	}
}

// turnAway rejects the first attempt of a call, where the circuit refuses it; else nil. What it returns is shared: nobody may change
// it. Of a shared one RetryAfter is longer than what remains by sharedFor at most, and never shorter.
func (b *Breaker) turnAway(ctx context.Context) *RejectedError {
	st, remains, refuses := b.circuit.refuses()
	if !refuses {
		return nil
	}
	now := st.after - remains
	r := b.turnedAway.Load()
	if r == nil || r.from != st || now-r.at >= sharedFor {
		r = &sharedRejection{RejectedError{b.client, b.method, b.key, ReasonOpen, st.state, remains, st.cause}, st, now}
		b.turnedAway.Store(r)
	}
	b.counters.rejection(ReasonOpen).Add(1)
	if b.observed {
		b.tellRejection(ctx, &r.RejectedError)
	}
	return &r.RejectedError
}

// reject signs, counts and tells a rejection. cause, where there is one, is how the attempt before failed.
func (b *Breaker) reject(ctx context.Context, e *RejectedError, cause error) *RejectedError {
	b.counters.rejection(e.Reason).Add(1)
	e.Client, e.Method, e.Key = b.client, b.method, b.key
	if cause != nil {
		e.Cause = cause
	}
	if b.observed {
		b.tellRejection(ctx, e)
	}
	return e
}

func (b *Breaker) tellRejection(ctx context.Context, e *RejectedError) {
	b.observe(b.observers, func(o Observer) { o.Rejected(ctx, e) })
}

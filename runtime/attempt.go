package cb

import (
	"context"
	"errors"
	"time"
)

// attempt is one call on its way through a breaker. It lives on the caller's stack.
type attempt struct {
	b      *Breaker
	ctx    context.Context // the attempt's, with the deadline of the policy
	cancel context.CancelFunc
	word   uint64 // the circuit's at admission, as it is when a success need not reach it
	probe  *probe
	cell   *cell
	stage  stage
	again  bool // it is not the first of its call
	// What limit took: anything, and of that a place in the bulkhead.
	limited, placed bool
	called          time.Duration // when, on the circuit's clock; of a measured breaker
	asked           time.Duration // by the result, beside its error: how long the upstream wants to be left alone

	// Of a circuit with a Slow: place in the list, when it was let through, when it ended, on the circuit's clock.
	timed          bool
	watched        watched
	started, ended time.Duration
}

type stage uint8

const (
	turnedAway stage = iota // not admitted yet, or never
	admitted                // and not called
	calling
	settled
)

// begin asks for admission, and tells why there is none. cause is why this is not the first attempt of its call.
func (a *attempt) begin(ctx context.Context, b *Breaker, cause error) (verdict, error) {
	a.b, a.ctx, a.again = b, ctx, cause != nil
	a.word = b.circuit.word.Load()
	if a.word&(stateBits|gateBit) == uint64(Closed) {
		a.word &^= mattersBit
	} else if e := a.admit(); e != nil {
		return rejected, b.reject(ctx, e, cause)
	}
	if b.limited {
		if v, err := a.limit(ctx, cause); v != success {
			return v, err
		}
	}
	a.cell = b.counters.cell()
	a.cell.started.Add(1)
	a.stage = calling
	return success, nil
}

// limit puts the attempt behind the deadline and into the bulkhead, or tells why not; and takes its time.
func (a *attempt) limit(caller context.Context, cause error) (verdict, error) {
	untouched := stateOf(a.word) == Off
	if d := a.b.policy.Deadline; d > 0 && !untouched {
		a.ctx, a.cancel = context.WithTimeout(caller, d)
	}
	if a.b.bulkhead != nil && !untouched {
		if !a.b.bulkhead.tryTake() {
			if v, err := a.takePlace(caller, cause); v != success {
				return v, err
			}
		}
		a.placed = true
	}
	if a.b.measured {
		a.called = a.b.circuit.now()
	}
	a.limited = true
	return success, nil
}

// admit is begin where the circuit is not closed, or wants to know of every call.
func (a *attempt) admit() *RejectedError {
	c := a.b.circuit
	if s := stateOf(a.word); s == ForcedClosed || s == Off {
		return nil
	}
	e, changed := c.admitSlowly(a)
	if a.probe != nil || a.timed {
		a.stage = admitted
	}
	if changed {
		c.changes.drain()
	}
	return e
}

// succeed settles a call that ended well. In the generation it was admitted in, closed and with no failure pending, it changes
// nothing that decides anything, so the circuit need not hear of it.
func (a *attempt) succeed() {
	if a.slow() {
		a.fail(failure, a.b.circuit.watch.err)
		return
	}
	a.stage = settled
	a.cell.succeeded.Add(1)
	if a.limited {
		a.unlimit()
	}
	if c := a.b.circuit; c.word.Load() != a.word {
		c.endAttempt(a, success, nil)
	}
	if a.limited {
		a.tellEnd(success)
	}
}

// settle classifies how the call ended, counts it, and tells the circuit.
func (a *attempt) settle(caller context.Context, err error, code int) verdict {
	return a.conclude(a.b.classifier.classify(caller, a.ctx, err, code), err, code)
}

// conclude counts an end that is classified, and tells the circuit.
func (a *attempt) conclude(v verdict, err error, code int) verdict {
	if v == success {
		a.succeed()
	} else {
		if err == nil && v == failure {
			err = &StatusError{Code: code}
		}
		if v == failure {
			a.asked = max(a.asked, a.b.classifier.asked(err))
		}
		a.fail(v, err)
	}
	if stateOf(a.word) == Off {
		return passed
	}
	return v
}

// fail settles a call that did not end well.
func (a *attempt) fail(v verdict, err error) {
	if a.slow() && v != failure {
		v, err = failure, a.b.circuit.watch.err
	}
	a.stage = settled
	n := &a.b.counters
	if v == failure {
		n.failed.Add(1)
		n.last.Store(&lastFailure{err, time.Now()})
	} else {
		n.ignored.Add(1)
	}
	if a.limited {
		a.unlimit()
	}
	if v == failure && stateOf(a.word) == Closed || a.probe != nil || a.timed {
		a.b.circuit.endAttempt(a, v, err)
	}
	if a.limited {
		a.tellEnd(v)
	}
}

// unlimit gives back what limit took.
func (a *attempt) unlimit() {
	if a.placed {
		a.b.bulkhead.release()
	}
	if a.cancel != nil {
		a.cancel()
	}
}

// overran tells whether the attempt was still running when its deadline passed.
func (a *attempt) overran() bool {
	return a.cancel != nil && errors.Is(a.ctx.Err(), context.DeadlineExceeded)
}

// abandon settles what did not return: a panic or Goexit, which goes on unchanged. It is deferred, and does nothing else.
func (a *attempt) abandon() {
	switch a.stage {
	case calling:
		a.fail(failure, errAbandoned)
	case admitted: // an observer ended the goroutine of a probe before its call
		a.stage = settled
		a.letGo()
	default:
	}
}

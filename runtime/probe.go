package cb

import (
	"slices"
	"time"

	"github.com/sony/gobreaker/v2"
)

// probe is one of the calls a half-open circuit lets through. It holds gobreaker's done, under the circuit's lock, until it
// ends or is given up, whichever comes first.
type probe struct {
	done    func(error)   // nil: given up
	limit   time.Duration // how long it may hold its place
	overdue time.Duration // when that has passed
	// answered: it is a stream that has brought an item. Such a one does not hang, and may go on for hours.
	answered bool
}

// probeWord is the word of an attempt that is a probe: like no circuit's word, so that its end always reaches the circuit.
const probeWord = ^uint64(0)

// admitSlowly lets an attempt through under the lock, most often as a probe, or tells why not. The changes it makes are to be
// drained, when the caller holds what was taken here.
func (c *circuit) admitSlowly(a *attempt) (e *RejectedError, changed bool) {
	now := c.now()
	c.lock(a.ctx, a.b)
	e = c.admitAt(a, now)
	return e, c.unlockUntold()
}

// admitAt is under mu.
func (c *circuit) admitAt(a *attempt, now time.Duration) *RejectedError {
	switch stateOf(c.word.Load()) {
	case HalfOpen:
		c.giveUpOverdue(now)
	case Closed:
		if c.watch != nil {
			now = c.countOverdue(now)
		}
	default:
	}
	a.word = c.word.Load()
	st := c.status.Load()
	switch remains := st.after - now; {
	case st.state == Closed:
		if c.ramping && !c.rampUp(st.ramp, now) {
			return &RejectedError{Reason: ReasonRamping, State: Closed, Cause: st.ramp.cause}
		}
		if c.surging() && !c.surgeOn(now) {
			return &RejectedError{Reason: ReasonRamping, State: Closed, Cause: c.surge.cause}
		}
		a.word &^= mattersBit | gateBit
		if c.watch != nil {
			a.timed, a.started, a.watched = true, now, c.watch.add(now, a.b)
		}
		return nil
	case st.state == ForcedClosed, st.state == Off:
		return nil
	case st.state == ForcedOpen:
		return &RejectedError{Reason: ReasonOpen, State: ForcedOpen}
	case st.state == Open && remains > 0:
		return &RejectedError{Reason: ReasonOpen, State: Open, RetryAfter: remains, Cause: st.cause}
	}
	done, err := c.machine.Allow() // moves open to half-open
	switch err {                   //nolint:errorlint // Allow returns its two errors bare
	case nil:
		limit := a.b.policy.probeLimit()
		a.word, a.probe = probeWord, &probe{done: done, limit: limit, overdue: now + limit}
		a.timed, a.started = c.watch != nil, now
		c.probes = append(c.probes, a.probe)
		return nil
	case gobreaker.ErrTooManyRequests:
		return &RejectedError{Reason: ReasonTooManyProbes, State: HalfOpen, Cause: st.cause}
	default:
		return &RejectedError{Reason: ReasonOpen, State: Open, Cause: st.cause}
	}
}

// endAttempt counts how an attempt ended, where it matters: a probe that was not given up, or a call of this generation, closed.
func (c *circuit) endAttempt(a *attempt, v verdict, err error) {
	c.lock(a.ctx, a.b)
	defer c.unlock()
	p := a.probe
	if p == nil {
		if c.isOf(a.word) {
			c.endClosed(a, v, err)
		}
		return
	}
	if p.done == nil {
		return
	}
	done := p.done
	p.done = nil
	c.probes = slices.DeleteFunc(c.probes, func(other *probe) bool { return other == p })
	c.ask(v, a.asked)
	switch v {
	case failure:
		c.cause = err
		done(errFailure)
	case success:
		done(nil)
	default:
		done(errIgnored) // frees its place
	}
}

// isOf tells whether the circuit is closed, and in the generation of the word.
func (c *circuit) isOf(word uint64) bool {
	now := c.word.Load()
	return stateOf(now) == Closed && (now^word) < generationBit
}

// endClosed counts a call of this generation.
func (c *circuit) endClosed(a *attempt, v verdict, err error) {
	var now time.Duration
	if c.watch != nil {
		if now = a.ended; !a.timed {
			now = c.now()
		}
		now = c.countOverdue(now)
		if !c.isOf(a.word) {
			return
		}
	} else if c.row != nil || c.window != nil || c.surge != nil {
		now = c.now()
	}
	c.countSurge(a, now, v)
	c.ask(v, a.asked)
	if !a.timed || c.watch.remove(a.watched) { // else it has been counted
		c.record(now, v, err)
	}
}

// ask remembers what a failure asks for.
func (c *circuit) ask(v verdict, period time.Duration) {
	if v == failure && period > 0 {
		c.asked.add(c.now(), period)
	}
}

// giveUpOverdue fails the first probe that has held its place for too long, which opens the circuit and gives up the others. A
// stream that has brought an item by then is good enough: were its end waited for, a long one would keep all other calls out.
func (c *circuit) giveUpOverdue(now time.Duration) {
	for i := 0; i < len(c.probes); {
		p := c.probes[i]
		switch {
		case now < p.overdue:
			i++
		case p.answered:
			c.probes = slices.Delete(c.probes, i, i+1)
			done := p.done
			p.done = nil
			done(nil) // the last of them closes the circuit, which gives up the others
		default:
			c.cause = &overdueError{p.limit}
			p.done(errFailure)
			return
		}
	}
}

// failProbe opens a half-open circuit, by a probe under way or one of its own.
func (c *circuit) failProbe() {
	if len(c.probes) > 0 {
		c.probes[0].done(errFailure)
		return
	}
	if done, err := c.machine.Allow(); err == nil { // no probe under way: there is a place
		done(errFailure)
	}
}

// giveUpProbes makes the probes under way end for nothing.
func (c *circuit) giveUpProbes() {
	for _, p := range c.probes {
		p.done = nil
	}
	c.probes = nil
}

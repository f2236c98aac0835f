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
}

// probeWord is the word of an attempt that is a probe: like no circuit's word, so that its end always reaches the circuit.
const probeWord = ^uint64(0)

// refusal is why a call is not let through; the zero Reason: it is.
type refusal struct {
	reason     Reason
	state      State
	retryAfter time.Duration
	cause      error
}

// admit answers for a word that is not closed, from our own copy and without the lock. undecided: only admitProbe can tell.
func (c *circuit) admit(word uint64) (r refusal, undecided bool) {
	switch stateOf(word) {
	case ForcedClosed, Off:
		return r, false
	case ForcedOpen:
		return refusal{reason: ReasonOpen, state: ForcedOpen}, false
	case Open:
		st := c.status.Load() // at least as new as the word; of a state that is not open, nothing remains
		if remains := st.after - c.now(); remains > 0 {
			return refusal{ReasonOpen, Open, remains, st.cause}, false
		}
	default:
	}
	return r, true
}

// admitProbe takes a place among the probes, or tells why there is none. The changes it makes are told by tellChanges, when
// the caller holds the probe.
func (c *circuit) admitProbe(by *Breaker) (word uint64, p *probe, r refusal) {
	c.lock(by)
	defer c.mu.Unlock()
	now := c.now()
	if stateOf(c.word.Load()) == HalfOpen {
		c.giveUpOverdue(now)
	}
	word = c.word.Load()
	st := c.status.Load()
	switch remains := st.after - now; {
	case st.state == Closed, st.state == ForcedClosed, st.state == Off:
		return word &^ mattersBit, nil, r
	case st.state == ForcedOpen:
		return word, nil, refusal{reason: ReasonOpen, state: ForcedOpen}
	case st.state == Open && remains > 0:
		return word, nil, refusal{ReasonOpen, Open, remains, st.cause}
	}
	done, err := c.machine.Allow() // moves open to half-open
	switch err {                   //nolint:errorlint // Allow returns its two errors bare
	case nil:
		limit := by.policy.probeLimit()
		p = &probe{done: done, limit: limit, overdue: now + limit}
		c.probes = append(c.probes, p)
		return probeWord, p, r
	case gobreaker.ErrTooManyRequests:
		return word, nil, refusal{reason: ReasonTooManyProbes, state: HalfOpen, cause: st.cause}
	default:
		return word, nil, refusal{reason: ReasonOpen, state: Open, cause: st.cause}
	}
}

// tellChanges tells what admitProbe has changed.
func (c *circuit) tellChanges() {
	c.lock(nil)
	c.unlock()
}

// end counts how an attempt ended, where it matters: a probe that was not given up, or a call of this generation, closed.
func (c *circuit) end(word uint64, p *probe, v verdict, err error) {
	c.endAsking(nil, word, p, v, err, 0)
}

// endAsking is end for a failure that asks to be left alone for so long, if it does.
func (c *circuit) endAsking(by *Breaker, word uint64, p *probe, v verdict, err error, asked time.Duration) {
	c.lock(by)
	defer c.unlock()
	if p == nil {
		if now := c.word.Load(); stateOf(now) == Closed && (now^word) < generationBit {
			c.ask(v, asked)
			c.record(v, err)
		}
		return
	}
	if p.done == nil {
		return
	}
	done := p.done
	p.done = nil
	c.probes = slices.DeleteFunc(c.probes, func(other *probe) bool { return other == p })
	c.ask(v, asked)
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

// ask remembers what a failure asks for.
func (c *circuit) ask(v verdict, period time.Duration) {
	if v == failure && period > 0 {
		c.asked.add(c.now(), period)
	}
}

// giveUpOverdue fails the first probe that has held its place for too long, which opens the circuit and gives up the others.
func (c *circuit) giveUpOverdue(now time.Duration) {
	for _, p := range c.probes {
		if now >= p.overdue {
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

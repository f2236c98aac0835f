package cb

import (
	"context"
	"time"
)

// AdoptOpen opens the breaker until a moment that was decided elsewhere, such as by another replica of the service, which has found the
// upstream sick; cause is what is known of it. Of an open breaker the longer period wins, and one that is half-open gives its probes
// up. A moment that has passed changes nothing, nor does it where a state is held by hand.
//
// It is for what shares states among replicas: the [Event] says that it was adopted, so that it is not passed on again.
func (b *Breaker) AdoptOpen(until time.Time, cause error) {
	if remains := time.Until(until); remains > 0 {
		b.circuit.adoptOpen(b, min(remains, maxDuration), cause)
	}
}

// AdoptClosed closes a breaker that is open or half-open, because a probe elsewhere has found the upstream well: as if it had been a
// probe of its own, with the [Policy.Ramp] and the [Policy.Surge] from now on. See [Breaker.AdoptOpen].
func (b *Breaker) AdoptClosed() { b.circuit.adoptClosed(b) }

// HoldProbes keeps an open breaker from probing until a moment, because another replica of the service probes meanwhile: its calls are
// rejected for so long, and [Snapshot.OpenUntil] says so. A breaker that is not open stays as it is. See [Breaker.AdoptOpen].
func (b *Breaker) HoldProbes(until time.Time) {
	if remains := time.Until(until); remains > 0 {
		b.circuit.holdProbes(b, min(remains, maxDuration))
	}
}

func (c *circuit) holdProbes(by *Breaker, period time.Duration) {
	c.lock(context.Background(), by)
	defer c.unlock()
	if c.status.Load().state == Open {
		c.prolong(period)
	}
}

func (c *circuit) adoptOpen(by *Breaker, period time.Duration, cause error) {
	c.lock(context.Background(), by)
	defer c.unlock()
	switch c.status.Load().state {
	case Closed, HalfOpen:
		c.cause, c.adopting = cause, period
		if c.policy.MaxTimeout > 0 { // the period of our own that may follow goes on from there
			c.period = min(max(c.period, period), c.policy.MaxTimeout)
		}
		// One that need not wait longer than is left.
		c.machine = c.newMachine(period)
		c.feed(errFailure, true)
		c.adopting = 0
	case Open:
		c.prolong(period)
	default:
	}
}

func (c *circuit) adoptClosed(by *Breaker) {
	c.lock(context.Background(), by)
	defer c.unlock()
	if state := c.status.Load().state; state != Open && state != HalfOpen {
		return
	}
	c.machine = c.newMachine(c.policy.Timeout)
	c.adopting = 1
	c.enter(Closed)
	c.adopting = 0
}

// prolong keeps an open circuit open for at least another period. gobreaker's own has begun long ago; ours alone grows, which only
// delays it. Under mu.
func (c *circuit) prolong(period time.Duration) {
	next := *c.status.Load()
	if after := c.now() + period; after > next.after {
		next.after, next.until = after, time.Now().Add(period)
		c.status.Store(&next)
	}
}

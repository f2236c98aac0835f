package cb

import "time"

// rampStart is the share of calls that is let through just after closing.
const rampStart = 0.1

// ramp is what a closed circuit knows while it lets through more and more calls. The status that has one is the closed one.
type ramp struct {
	from, over time.Duration // on the circuit's clock
	cause      error         // the failure that had opened it
}

// share is how many of the calls are let through, from rampStart to 1.
func (r *ramp) share(now time.Duration) float64 {
	if now >= r.from+r.over {
		return 1
	}
	passed := max(float64(now-r.from)/float64(r.over), 0)
	return rampStart + (1-rampStart)*passed
}

// rampUp decides for one more call, evenly and not by dice: each brings as much credit as its share, and one that is let through
// takes 1. Under mu.
func (c *circuit) rampUp(r *ramp, now time.Duration) bool {
	share := r.share(now)
	if share >= 1 {
		c.ramping = false
		if c.surge != nil && !c.surge.holding {
			c.surge.observe(now) // what came through so far is not what is normal
		}
		c.publish(c.generation(), Closed, c.failures > 0)
		return true
	}
	c.credit += share
	if c.credit < 1 {
		if c.surging() {
			c.surge.refused = now // whoever turned it away, more come than are let through
		}
		return false
	}
	c.credit--
	return true
}

// admitted is the share of calls that a circuit lets through.
func (c *circuit) admitted(st *status) float64 {
	switch {
	case st.state == Closed && st.ramp != nil:
		return st.ramp.share(c.now())
	case st.state == HalfOpen, st.state.rejects():
		return 0
	default:
		return 1
	}
}

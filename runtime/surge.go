package cb

import "time"

// What holds a surge back, and for how long.
const (
	surgeWindow  = time.Minute      // that the normal rate is measured over
	surgeLeast   = 10 * time.Second // of letting all calls through, before it shows what is normal
	surgeCalm    = 5 * time.Second  // without a refusal, and the surge is over
	surgeLongest = 5 * time.Minute  // then more calls are what is normal now
	surgeFloor   = 1.0              // calls per second that are always let through: at rates like these nothing surges
)

// surge holds back the calls that come at once after a circuit has closed: of those who waited, and ask again. It knows the rate at
// which calls ended before the circuit opened, and lets through a share of that. Under the circuit's mu.
type surge struct {
	share  float64
	ended  *rollingWindow // calls, without those that were made again, while closed and not holding back
	since  time.Duration  // they are counted from
	normal float64        // calls per second; 0: not known yet

	holding bool
	cause   error         // the failure that had opened the circuit
	until   time.Duration // it holds back at the longest
	rate    float64       // calls per second that are let through
	credit  float64       // of the calls that come
	at      time.Duration // of the credit
	refused time.Duration // when the last call was
}

func newSurge(share float64, now time.Duration) *surge {
	return &surge{share: share, ended: newRollingWindow(surgeWindow), since: now}
}

// count notes a call that ended now.
func (s *surge) count(now time.Duration) {
	if !s.holding {
		s.ended.add(now, false)
	}
}

// learn measures the normal rate, of the time before now.
func (s *surge) learn(now time.Duration) {
	span := now - s.since
	if s.holding || span < surgeLeast {
		return
	}
	s.ended.roll(int64(now / s.ended.width))
	covered := now - time.Duration(s.ended.newest-windowBuckets+1)*s.ended.width
	s.normal = float64(s.ended.calls) / min(span, covered).Seconds()
}

// begin holds calls back from now on, where it is known what is normal.
func (s *surge) begin(now time.Duration, cause error) {
	s.observe(now)
	if s.normal == 0 {
		return
	}
	s.holding, s.cause, s.until, s.refused = true, cause, now+surgeLongest, now
	s.rate, s.credit, s.at = max(s.share*s.normal, surgeFloor), 1, now
}

// observe counts anew from now on.
func (s *surge) observe(now time.Duration) {
	s.holding, s.since = false, now
	s.ended.clear()
}

// admit decides for one more call. Time brings credit, and a call that is let through takes 1; of credit that is not used, no more
// is kept than a tenth of a second brings.
func (s *surge) admit(now time.Duration) bool {
	if now >= s.until || now-s.refused >= surgeCalm {
		s.observe(now)
		return true
	}
	s.credit = min(s.credit+max(now-s.at, 0).Seconds()*s.rate, max(s.rate/10, 1))
	s.at = max(s.at, now)
	if s.credit < 1 {
		s.refused = now
		return false
	}
	s.credit--
	return true
}

// surging tells whether calls are held back.
func (c *circuit) surging() bool { return c.surge != nil && c.surge.holding }

// enterSurge is for a state that has no probes: after them, those of another replica too, those who waited come.
func (c *circuit) enterSurge(old *status, to State, adopted bool) {
	switch {
	case c.surge == nil:
	case to == Closed && (old.state == HalfOpen || adopted) && !c.byHand:
		c.surge.begin(c.now(), old.cause)
	default:
		c.surge.observe(c.now())
	}
}

// surgeOn decides for one more call, and tells in the word when calls are no longer held back.
func (c *circuit) surgeOn(now time.Duration) bool {
	ok := c.surge.admit(now)
	if !c.surge.holding {
		c.publish(c.generation(), Closed, c.failures > 0)
	}
	return ok
}

// countSurge notes a call of a closed circuit that ended, where it is wanted.
func (c *circuit) countSurge(a *attempt, now time.Duration, v verdict) {
	if c.surge != nil && !a.again && v != ignored {
		c.surge.count(now)
	}
}

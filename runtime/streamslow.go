package cb

import "time"

// slowClock stops Slow's clock while the reader of a stream does something else: before the first item it is the upstream's time
// that counts, after it none.
type slowClock struct {
	stopped bool
	ran     time.Duration // until it was stopped
}

// pauseSlow stops the clock. The changes that this makes are to be drained. Under s.mu.
func (s *streamAttempt) pauseSlow() (changed bool) {
	if !s.timed {
		return false
	}
	c := s.b.circuit
	now := c.now()
	c.lock(s.ctx, s.b)
	if !c.tooSlow(s, now) {
		c.watch.remove(s.watched)
		s.timed, s.watched = false, watched{}
		s.clock = slowClock{stopped: true, ran: now - s.started}
	}
	return c.unlockUntold()
}

// resumeSlow lets it go on. Under s.mu.
func (s *streamAttempt) resumeSlow() {
	if !s.clock.stopped {
		return
	}
	c := s.b.circuit
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	s.timed, s.started = true, now-s.clock.ran
	s.clock.stopped = false
	if s.probe == nil && c.isOf(s.word) {
		c.watch.seen = max(c.watch.seen, now)
		s.watched = c.watch.add(c.watch.seen, s.b) // ordered by start, so this one is noticed that much later
	}
}

// endSlow is for the first item: neither Slow nor the limit of a probe asks for more. The changes that this makes are to be
// drained. Under s.mu.
func (s *streamAttempt) endSlow() (changed bool) {
	if !s.timed && s.probe == nil {
		return false
	}
	c := s.b.circuit
	now := c.now()
	c.lock(s.ctx, s.b)
	if s.probe != nil {
		s.probe.answered = true
	}
	if s.timed && !c.tooSlow(s, now) {
		c.watch.remove(s.watched)
		s.timed, s.watched = false, watched{}
	}
	return c.unlockUntold()
}

// tooSlow tells whether a stream's first item comes too late, and counts that now, unless somebody has. Under c.mu.
func (c *circuit) tooSlow(s *streamAttempt, now time.Duration) bool {
	if now-s.started < c.watch.limit {
		return false
	}
	if s.probe == nil && c.isOf(s.word) && c.watch.remove(s.watched) {
		c.record(now, failure, c.watch.err)
	}
	return true
}

package cbtest

import (
	"context"
	"testing/synctest"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// tooMany calls at once, or after one another, are more than a walk makes.
const tooMany = 1000

// opens has the breaker open.
func (s *stage) opens() {
	s.Helper()
	s.reaches(opensAfter(&s.policy), broken, cb.Open)
}

// closes has it close, by good probes, and wait until it lets all calls through. period is the open one.
func (s *stage) closes(period time.Duration) {
	s.Helper()
	time.Sleep(s.jittered(period))
	s.reaches(s.policy.MaxRequests, nil, cb.Closed)
	s.settles()
}

// settles waits until a breaker that has closed lets all calls through: a ramp takes its time, a surge is over after five seconds
// in which nobody was turned away.
func (s *stage) settles() {
	time.Sleep(s.policy.Ramp)
	if s.policy.Surge > 0 {
		time.Sleep(5 * time.Second)
	}
}

// staysOpen has it turn calls away until the last moment of a period, and let one through after it.
func (s *stage) staysOpen(period time.Duration, probe func(context.Context) error, after cb.State) {
	s.Helper()
	s.turnsAway(cb.ReasonOpen)
	time.Sleep(s.jittered(period) - time.Nanosecond)
	s.turnsAway(cb.ReasonOpen)
	s.is(cb.Open)
	time.Sleep(time.Nanosecond)
	s.reaches(1, probe, after)
}

// probed is the state after a good probe, the first one.
func (s *stage) probed() cb.State {
	if s.policy.MaxRequests > 1 {
		return cb.HalfOpen
	}
	return cb.Closed
}

func (s *stage) staysClosed() {
	n := min(2*opensAfter(&s.policy), tooMany)
	before := s.upstream.count()
	s.reaches(n, nil, cb.Closed)
	if got := s.upstream.count() - before; got != n {
		s.Fatalf("%d good calls have called the upstream %d times", n, got)
	}
	if got, want := s.b.Snapshot().Counts, (cb.Counts{Success: uint64(n) + 1}); got != want { //nolint:gosec // not negative
		s.Fatalf("counted %+v, want %+v", got, want)
	}
}

func (s *stage) ignoresCallers() {
	if !s.caller {
		s.Log("cbtest: not walked, for the calls do not have their caller's context")
		return
	}
	n := min(opensAfter(&s.policy)+1, tooMany)
	for range n {
		ctx, cancel := context.WithCancel(context.WithValue(context.Background(), callerKey{}, true))
		s.upstream.does(func(ctx context.Context) error { cancel(); return ctx.Err() })
		func() {
			defer func() { _ = recover() }()
			_ = s.call(ctx)
		}()
		cancel()
	}
	s.is(cb.Closed)
	if got, want := s.b.Snapshot().Counts, (cb.Counts{Success: 1, Ignored: uint64(n)}); got != want { //nolint:gosec // not negative
		s.Fatalf("%d callers gave up: counted %+v, want %+v", n, got, want)
	}
}

func (s *stage) opensAfterFailures() {
	n := opensAfter(&s.policy)
	s.reaches(n-1, broken, cb.Closed)
	s.reaches(1, broken, cb.Open)
}

func (s *stage) countsRows() {
	n := s.policy.Threshold
	s.reaches(n-1, broken, cb.Closed)
	s.reaches(1, nil, cb.Closed)
	s.reaches(n-1, broken, cb.Closed)
	if s.policy.Window == 0 {
		time.Sleep(24 * time.Hour) // the row is as old as it likes
	}
	s.reaches(1, broken, cb.Open)
}

func (s *stage) opensByRatio() {
	calls, failures := s.policy.Min, 1
	for float64(failures)/float64(calls) < s.policy.Ratio { // as few as open
		failures++
	}
	s.reaches(calls-failures+1, nil, cb.Closed)
	s.reaches(failures-1, broken, cb.Closed)
	time.Sleep(s.forgotten())
	s.reaches(calls-failures, nil, cb.Closed)
	s.reaches(failures-1, broken, cb.Closed)
	s.reaches(1, broken, cb.Open)
}

func (s *stage) forgetsOldCalls() {
	s.reaches(opensAfter(&s.policy)-1, broken, cb.Closed)
	time.Sleep(s.forgotten())
	s.reaches(1, broken, cb.Closed)
}

func (s *stage) rejectsWhileOpen() {
	s.opens()
	s.staysOpen(s.policy.Timeout, nil, s.probed())
}

func (s *stage) closesByProbes() {
	s.opens()
	time.Sleep(s.jittered(s.policy.Timeout))
	n := s.policy.MaxRequests
	if places := s.policy.Bulkhead.Max; n > tooMany || places > 0 && places <= n {
		s.reaches(n, nil, cb.Closed)
	} else {
		release := s.holds(n)
		s.is(cb.HalfOpen)
		s.turnsAway(cb.ReasonTooManyProbes)
		release(n - 1)
		s.is(cb.HalfOpen)
		release(1)
		s.is(cb.Closed)
	}
	s.settles()
	s.opensAfterFailures() // it has forgotten those of before
}

func (s *stage) reopens() {
	s.opens()
	period := s.policy.Timeout
	for range 4 {
		s.staysOpen(period, broken, cb.Open)
		period = doubled(&s.policy, period)
	}
	s.closes(period)
	s.opens()
	s.staysOpen(s.policy.Timeout, nil, s.probed())
}

func (s *stage) givesUpHangingProbe() {
	if s.policy.Bulkhead.Max == 1 {
		s.Log("cbtest: not walked, for the probe that hangs would hold the only place")
		return
	}
	s.opens()
	time.Sleep(s.jittered(s.policy.Timeout))
	release := s.holds(1)
	time.Sleep(probeLimit(&s.policy))
	synctest.Wait()
	s.turnsAway(cb.ReasonOpen)
	s.is(cb.Open)
	time.Sleep(s.jittered(doubled(&s.policy, s.policy.Timeout)))
	s.reaches(1, nil, s.probed())
	release(1)
	s.is(s.probed())
}

func (s *stage) rampsUp() {
	s.opens()
	time.Sleep(s.jittered(s.policy.Timeout))
	s.reaches(s.policy.MaxRequests, nil, cb.Closed)
	const calls = 100
	admits := func(want int) {
		s.Helper()
		before, rejected := s.upstream.count(), s.b.Snapshot().Rejections[cb.ReasonRamping]
		for range calls {
			_, _ = s.try(nil)
		}
		got := s.upstream.count() - before
		if got < want-1 || got > want+1 {
			s.Fatalf("%d of %d calls got through to the upstream, want %d", got, calls, want)
		}
		if turned := s.b.Snapshot().Rejections[cb.ReasonRamping] - rejected; int(turned) != calls-got { //nolint:gosec // few
			s.Fatalf("%d calls were rejected while ramping, want %d", turned, calls-got)
		}
	}
	admits(10)
	time.Sleep(s.policy.Ramp / 2)
	admits(55)
	time.Sleep(s.policy.Ramp - s.policy.Ramp/2)
	s.reaches(calls, nil, cb.Closed)
}

// holdsBack has a call a second for a minute, and after an outage many at once, of those who waited.
func (s *stage) holdsBack() {
	for range 60 {
		s.reaches(1, nil, cb.Closed)
		time.Sleep(time.Second)
	}
	s.opens()
	time.Sleep(s.jittered(s.policy.Timeout))
	s.reaches(s.policy.MaxRequests, nil, cb.Closed)
	const calls = 100
	before := s.upstream.count()
	for range calls {
		_, _ = s.try(nil)
	}
	if got, most := s.upstream.count()-before, int(s.policy.Surge)+1; got > most {
		s.Fatalf("%d of %d calls at once got through to the upstream, which had one a second: want %d at most", got, calls, most)
	}
	s.settles()
	s.reaches(calls, nil, cb.Closed)
}

package cbtest

import (
	"context"
	"testing/synctest"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

func (s *stage) endsCalls() {
	limit := limitOf(&s.policy)
	start, attempts, took := time.Now(), 0, time.Duration(0)
	_, _ = s.try(func(ctx context.Context) error {
		if attempts++; attempts > 1 {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * limit):
		}
		took = time.Since(start)
		return ctx.Err()
	})
	if took != limit {
		s.Fatalf("the context of a call that hangs has ended after %v, want %v", took, limit)
	}
	if got := s.b.Snapshot().Counts.Failure; got != 1 {
		s.Fatalf("a call that hangs counts as %d failures, want 1", got)
	}
}

func (s *stage) countsSlowCalls() {
	n := opensAfter(&s.policy)
	if places := s.policy.Bulkhead.Max; n > tooMany || places > 0 && places <= n {
		s.Logf("cbtest: not walked, for it takes %d calls at once", n+1)
		return
	}
	release := s.holds(n)
	time.Sleep(s.policy.Slow - time.Nanosecond)
	if s.policy.Ratio == 0 { // else the success would be one more of the calls
		s.reaches(1, nil, cb.Closed)
	}
	time.Sleep(time.Nanosecond)
	synctest.Wait()
	s.turnsAway(cb.ReasonOpen)
	s.is(cb.Open)
	release(n)
	if got := s.b.Snapshot().State; got != cb.Open {
		s.Fatalf("slow calls that end well have made it %s", got)
	}
}

func (s *stage) boundsCalls() {
	places := s.policy.Bulkhead.Max
	if places > tooMany {
		s.Logf("cbtest: not walked, for it takes %d calls at once", places+1)
		return
	}
	release := s.holds(places)
	patience := s.policy.Bulkhead.Wait
	if patience > 0 {
		before, ended := s.upstream.count(), make(chan struct{})
		s.upstream.does(nil)
		go func() {
			_, _ = s.callOnce()
			close(ended)
		}()
		synctest.Wait()
		if s.upstream.count() != before {
			s.Fatalf("%d calls at once got through to the upstream, want %d", places+1, places)
		}
		release(1)
		<-ended
		if s.upstream.count() != before+1 {
			s.Fatalf("a call that waits has not got the place that became free: %s", s.facts())
		}
		s.holds(1)
		if limit := s.policy.Deadline; limit > 0 {
			patience = min(patience, limit)
		}
	}
	start := time.Now()
	s.turnsAway(cb.ReasonBulkheadFull)
	if waited := time.Since(start); waited != patience {
		s.Fatalf("a call has waited %v for a place, want %v", waited, patience)
	}
}

func (s *stage) retries() {
	fails, took, ok := s.retried()
	if !ok {
		return
	}
	first := s.upstream.count()
	_, _ = s.try(fails)
	at := s.upstream.at[first:]
	// Ten retries in ten seconds are always allowed; of more the budget decides, which other calls have filled.
	want := min(s.policy.Retry.Max+1, opensAfter(&s.policy))
	if want > 11 {
		want = min(max(len(at), 11), want)
	}
	if len(at) != want {
		s.Fatalf("a call that fails was made %d times, want %d", len(at), want)
	}
	for k := 1; k < len(at); k++ {
		if got, want := at[k].Sub(at[k-1])-took, s.backoff(k); got != want {
			s.Fatalf("the wait after attempt %d is %v, want %v", k, got, want)
		}
	}
	if opensAfter(&s.policy) > want { // else it is open now
		s.reaches(1, nil, cb.Closed)
		time.Sleep(s.forgotten())
		before, attempts := s.upstream.count(), 0
		_, _ = s.try(func(ctx context.Context) error {
			if attempts++; attempts == 1 {
				return fails(ctx)
			}
			return nil
		})
		if got := s.upstream.count() - before; got != 2 {
			s.Fatalf("a call that fails once was made %d times, want 2", got)
		}
	}
}

// retried is how a call fails that is made again, and how long that takes.
func (s *stage) retried() (fails func(ctx context.Context) error, took time.Duration, ok bool) {
	if s.policy.Retry.On == cb.OnDeadline {
		return func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}, limitOf(&s.policy), true
	}
	failure, ok := s.failure()
	return func(context.Context) error { return failure }, 0, ok
}

func (s *stage) fallsBack() {
	failure, ok := s.failure()
	if ok {
		s.asks(cb.OnFailure, func() any {
			panicked, _ := s.try(func(context.Context) error { return failure })
			return panicked
		})
	}
	for range opensAfter(&s.policy) {
		_, _ = s.try(broken)
	}
	s.is(cb.Open)
	s.asks(cb.OnOpen, func() any {
		panicked, _ := s.try(nil)
		return panicked
	})
}

// asks makes a call that ends so, and requires that the fallbacks are asked that are for it, as far as they must be there, and no
// others. A fallback that panics, as the service's own may with arguments that say nothing, ends the asking.
func (s *stage) asks(on cb.On, call func() (panicked any)) {
	s.Helper()
	before := s.b.Snapshot().Fallbacks
	panicked := call()
	after := s.b.Snapshot().Fallbacks
	asked, must := false, false
	for i, fallback := range s.policy.Fallbacks {
		now := after[i].Answered+after[i].Failed > before[i].Answered+before[i].Failed
		if isFor := fallback.On == on || fallback.On == cb.OnAll || fallback.On == ""; isFor {
			asked, must = asked || now, must || fallback.Name != "standby" // which may be nil
		} else if now {
			s.Fatalf("fallback %s, which is for %s, was asked for %s", fallback.Name, fallback.On, on)
		}
	}
	if must && !asked && panicked == nil {
		s.Fatalf("no fallback was asked for %s", on)
	}
}

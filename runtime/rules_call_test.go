package cb_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestR5_PanicsCountAndGoOn(t *testing.T) {
	t.Parallel()
	seen := &recorder{}
	b := newBreaker(cb.Policy{Threshold: 2}, cb.WithObserver(seen))
	value := &struct{ int }{7}
	require.PanicsWithValue(t, value, func() {
		_ = b.Do(t.Context(), func(context.Context) error { panic(value) })
	})
	assert.Equal(t, cb.Closed, b.State())

	var wg sync.WaitGroup
	returned := false
	wg.Go(func() {
		_ = b.Do(t.Context(), func(context.Context) error { runtime.Goexit(); return nil })
		returned = true
	})
	wg.Wait()
	assert.False(t, returned)
	assert.Equal(t, cb.Open, b.State())
	s := b.Snapshot()
	assert.Equal(t, cb.Counts{Failure: 2}, s.Counts)
	assert.Zero(t, s.InFlight)
	assert.Equal(t, []string{"closed>open"}, seen.path())
}

func TestR5_APanicOfAClassifierCountsToo(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 1, Failure: cb.Match{Codes: "5xx", CodeOf: []func(error) (int, bool){
		func(error) (int, bool) { panic("bad reader") },
	}}})
	require.PanicsWithValue(t, "bad reader", func() { _ = end(b, errDown) })
	assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	assert.Equal(t, cb.Open, b.State())
}

func TestR6_TheCallersCancellationIsIgnored(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 1, Failure: cb.Match{Codes: "5xx"}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{context.Canceled, errors.New("rpc: context canceled"), statusError(503)} {
		fellBack := false
		require.Equal(t, err, b.Do(ctx, func(context.Context) error { return err }, func(context.Context, error) error {
			fellBack = true
			return nil
		}))
		assert.False(t, fellBack)
	}
	assert.Equal(t, cb.Counts{Ignored: 3}, b.Snapshot().Counts)
	require.NoError(t, b.Do(ctx, func(context.Context) error { return nil }))
	assert.Equal(t, uint64(1), b.Snapshot().Counts.Success)
}

func TestR6_DeadlinesAreFailures(t *testing.T) {
	t.Parallel()
	notMine := cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(errors.New("another"))}}
	ignore := cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(context.DeadlineExceeded)}}
	own := func(context.Context) (context.Context, context.CancelFunc) { return context.Background(), func() {} }
	callers := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, time.Second)
	}
	for name, tt := range map[string]struct {
		policy cb.Policy
		ctx    func(context.Context) (context.Context, context.CancelFunc)
		want   cb.Counts
	}{
		"our own":                              {cb.Policy{Deadline: time.Second}, own, cb.Counts{Failure: 1}},
		"our own, not among the failures":      {cb.Policy{Deadline: time.Second, Failure: notMine}, own, cb.Counts{Failure: 1}},
		"our own is never ignored":             {cb.Policy{Deadline: time.Second, Ignore: ignore}, own, cb.Counts{Failure: 1}},
		"the caller's":                         {cb.Policy{}, callers, cb.Counts{Failure: 1}},
		"the caller's, not among the failures": {cb.Policy{Failure: notMine}, callers, cb.Counts{Failure: 1}},
		"the caller's, ignored":                {cb.Policy{Ignore: ignore}, callers, cb.Counts{Ignored: 1}},
		"the caller's, ignored beside our own": {cb.Policy{Deadline: time.Minute, Ignore: ignore}, callers, cb.Counts{Ignored: 1}},
		"the caller's is later than our own":   {cb.Policy{Deadline: time.Millisecond, Ignore: ignore}, callers, cb.Counts{Failure: 1}},
	} {
		for printed, err := range map[string]error{"": context.DeadlineExceeded, ", only printed": errors.New("context deadline exceeded")} {
			t.Run(name+printed, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBreaker(tt.policy)
					ctx, cancel := tt.ctx(t.Context())
					defer cancel()
					got := b.Do(ctx, func(ctx context.Context) error { <-ctx.Done(); return err })
					require.Equal(t, err, got)
					assert.Equal(t, tt.want, b.Snapshot().Counts)
				})
			})
		}
	}
}

// gRPC's clients make a status with a code of a context that has ended. It is no answer of the upstream, and a list of codes that
// does not name it must not make a hanging upstream look well.
func TestR6_ADeadlineInTheFormOfACodeIsAFailure(t *testing.T) {
	t.Parallel()
	codes := cb.Match{Codes: "Unavailable,503"}
	for name, tt := range map[string]struct {
		err  error
		want cb.Counts
	}{
		"gRPC's code":                      {statusError(4), cb.Counts{Failure: 1}},
		"a code and the context's error":   {fmt.Errorf("%w: %w", statusError(499), context.DeadlineExceeded), cb.Counts{Failure: 1}},
		"an answer that came at that time": {statusError(400), cb.Counts{Success: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Deadline: time.Second, Failure: codes})
				_ = b.Do(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return tt.err })
				assert.Equal(t, tt.want, b.Snapshot().Counts)
			})
		})
	}
	b := newBreaker(cb.Policy{Failure: codes})
	_ = end(b, statusError(4)) // a deadline behind the server, which answered
	assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
}

func TestR6_ADeadlineOfTheUpstreamsOwnIsAnError(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Ignore: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(context.DeadlineExceeded)}}})
	_ = end(b, context.DeadlineExceeded) // no context of ours or the caller's has ended
	assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
}

func TestR8_Rejections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := cb.NewClient("chat.Provider", quiet(), exactly()).Breaker("Complete", cb.Policy{})
		cause := fmt.Errorf("post: %w", statusError(503))
		for range 5 {
			_ = end(b, cause)
		}
		time.Sleep(18 * time.Second)
		err := end(b, nil)
		var rejected *cb.RejectedError
		require.ErrorAs(t, err, &rejected)
		assert.Equal(t, cb.RejectedError{
			Client: "chat.Provider", Method: "Complete", Reason: cb.ReasonOpen, State: cb.Open, RetryAfter: 12 * time.Second, Cause: cause,
		}, *rejected)
		require.EqualError(t, err, "chat.Provider.Complete: circuit breaker is open, retry after 12s, last failure: post: status 503")
		require.ErrorIs(t, err, cb.ErrOpen)
		require.ErrorIs(t, err, gobreaker.ErrOpenState)
		require.NotErrorIs(t, err, cb.ErrTooManyProbes)
		require.NotErrorIs(t, err, cause, "the cause is another call's")

		time.Sleep(12 * time.Second)
		probe := begin(b)
		err = end(b, nil)
		require.ErrorIs(t, err, cb.ErrTooManyProbes)
		require.ErrorIs(t, err, gobreaker.ErrTooManyRequests)
		require.NotErrorIs(t, err, cb.ErrOpen)
		require.ErrorAs(t, err, &rejected)
		assert.Equal(t, cb.HalfOpen, rejected.State)
		assert.Equal(t, cause, rejected.Cause)
		require.NoError(t, probe.end(nil))
	})
	for reason, target := range map[cb.Reason]error{
		cb.ReasonOpen: cb.ErrOpen, cb.ReasonTooManyProbes: cb.ErrTooManyProbes,
		cb.ReasonRamping: cb.ErrRamping, cb.ReasonBulkheadFull: cb.ErrBulkheadFull,
	} {
		require.ErrorIs(t, &cb.RejectedError{Reason: reason}, target)
	}
	assert.EqualError(t, &cb.RejectedError{Method: "Get", Key: "a", State: cb.ForcedOpen, RetryAfter: 1500 * time.Microsecond},
		`Get["a"]: circuit breaker is open (held by hand), retry after 2ms`)
}

func TestR8_RejectionsOfAnotherBreakerAreIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := newBreaker(cb.Policy{Threshold: 1})
		fail(inner, 1)
		outer := newBreaker(cb.Policy{Threshold: 1, Failure: cb.Match{Codes: "429"}, Fallbacks: []cb.Fallback{{On: cb.OnOpen}}})
		failing := func(context.Context, error) error { return errDown }
		for name, next := range map[string]func(context.Context) error{
			"bare":                 func(ctx context.Context) error { return inner.Do(ctx, func(context.Context) error { return nil }) },
			"wrapped":              func(context.Context) error { return fmt.Errorf("inner: %w", end(inner, nil)) },
			"its fallbacks failed": func(ctx context.Context) error { return inner.Do(ctx, nil, failing) },
			"plain gobreaker":      func(context.Context) error { return gobreaker.ErrOpenState },
			"gobreaker, half-open": func(context.Context) error { return fmt.Errorf("x: %w", gobreaker.ErrTooManyRequests) },
		} {
			var cause error
			require.NoError(t, outer.Do(t.Context(), next, func(_ context.Context, err error) error { cause = err; return nil }), name)
			require.Error(t, cause, "it falls back like our own")
			require.Equal(t, cb.Closed, outer.State(), name)
		}
		s := outer.Snapshot()
		assert.Equal(t, cb.Counts{Ignored: 5}, s.Counts)
		assert.Zero(t, s.Rejections[cb.ReasonOpen])
	})
}

func TestR9_ClosedCallsAllocateNothing(t *testing.T) {
	succeeding := func(context.Context) (*int, error) { return nil, nil }
	failing := func(context.Context) (*int, error) { return nil, errDown }
	ctx := context.Background()
	for name, tt := range map[string]struct {
		policy cb.Policy
		opened bool
		fn     func(context.Context) (*int, error)
		want   float64
	}{
		"threshold": {cb.Policy{}, false, succeeding, 0},
		"window":    {cb.Policy{Threshold: 5, Window: time.Second}, false, succeeding, 0},
		"ratio":     {cb.Policy{Ratio: 0.5}, false, succeeding, 0},
		"rejected":  {cb.Policy{Timeout: time.Hour}, true, succeeding, 0}, // many within a millisecond
		"forced":    {cb.Policy{Threshold: 1}, false, succeeding, 0},
		"ignored":   {cb.Policy{Ignore: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(errDown)}}}, false, failing, 0},
	} {
		b := newBreaker(tt.policy)
		if tt.opened {
			fail(b, 5)
		}
		if name == "forced" {
			b.ForceClose()
		}
		captured := 0
		got := testing.AllocsPerRun(100, func() {
			_, _ = cb.Call(ctx, b, func(ctx context.Context) (*int, error) { captured++; return tt.fn(ctx) })
			_ = captured
		})
		assert.Equal(t, tt.want, got, name)
		got = testing.AllocsPerRun(100, func() {
			_ = b.Do(ctx, func(ctx context.Context) error { captured++; _, err := tt.fn(ctx); return err })
		})
		assert.Equal(t, tt.want, got, "Do, %s", name)
		got = testing.AllocsPerRun(100, func() {
			_, _ = cb.Call(ctx, b, tt.fn, func(context.Context, error) (*int, error) { captured++; return nil, nil })
		})
		assert.Equal(t, tt.want, got, "with a fallback, %s", name)
	}
}

func TestR10_NothingIsLeftBehind(t *testing.T) { // not parallel: it looks at all goroutines
	synctest.Test(t, func(t *testing.T) { // the bubble waits for every goroutine and fails when one stays
		b := newBreaker(cb.Policy{Deadline: time.Hour})
		before := goleak.IgnoreCurrent() // by name and not by number: that of the test before may be about to end
		var ctx context.Context
		for _, err := range []error{nil, errDown} {
			_ = b.Do(t.Context(), func(attempt context.Context) error {
				ctx = attempt
				assert.NoError(t, goleak.Find(before), "no goroutine is made for a call")
				return err
			})
			assert.ErrorIs(t, ctx.Err(), context.Canceled, "the deadline's timer is stopped")
		}
		assert.Panics(t, func() {
			_ = b.Do(t.Context(), func(attempt context.Context) error { ctx = attempt; panic("x") })
		})
		assert.ErrorIs(t, ctx.Err(), context.Canceled)
	})
}

package cb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// pushback is an error whose upstream says when to come back.
type pushback time.Duration

func (p pushback) Error() string             { return "come back in " + time.Duration(p).String() }
func (p pushback) RetryAfter() time.Duration { return time.Duration(p) }

// script is an upstream that ends its calls as it is told, one by one, the last for good, and notes when they began.
type script struct {
	ends  []error
	start time.Time
	at    []time.Duration
}

func newScript(ends ...error) *script { return &script{ends: ends, start: time.Now()} }

func (s *script) call(context.Context) error {
	s.at = append(s.at, time.Since(s.start))
	return s.ends[min(len(s.at), len(s.ends))-1]
}

// retrying allows two retries: with exactly(), after 50ms and 100ms.
func retrying() cb.Retry { return cb.Retry{Max: 2, Backoff: 100 * time.Millisecond} }

func ms(n ...int) (d []time.Duration) {
	for _, n := range n {
		d = append(d, time.Duration(n)*time.Millisecond)
	}
	return d
}

func TestRetry(t *testing.T) {
	t.Parallel()
	after := func(n int, err error) error { return &cb.AttemptsError{Attempts: n, Err: err} }
	for name, tt := range map[string]struct {
		policy cb.Policy
		ends   []error
		want   error
		at     []time.Duration
		took   time.Duration
		counts cb.Counts
	}{
		"a success":             {ends: []error{nil}, at: ms(0), counts: cb.Counts{Success: 1}},
		"an answer":             {ends: []error{io.EOF}, want: io.EOF, at: ms(0), counts: cb.Counts{Success: 1}},
		"a success, the second": {ends: []error{errDown, nil}, at: ms(0, 50), took: 50 * time.Millisecond, counts: cb.Counts{Success: 1, Failure: 1}},
		"an answer, the second": {ends: []error{errDown, io.EOF}, want: io.EOF, at: ms(0, 50), took: 50 * time.Millisecond, counts: cb.Counts{Success: 1, Failure: 1}},
		"all fail": {ends: []error{errDown, errDown, statusError(503)}, want: after(3, statusError(503)), at: ms(0, 50, 150), took: 150 * time.Millisecond,
			counts: cb.Counts{Failure: 3}},
		"ignored":             {ends: []error{statusError(404)}, want: statusError(404), at: ms(0), counts: cb.Counts{Ignored: 1}},
		"ignored, the second": {ends: []error{errDown, statusError(404)}, want: after(2, statusError(404)), at: ms(0, 50), took: 50 * time.Millisecond, counts: cb.Counts{Failure: 1, Ignored: 1}},
		"another breaker's rejection": {
			ends: []error{fmt.Errorf("in: %w", &cb.RejectedError{Reason: cb.ReasonOpen})}, want: fmt.Errorf("in: %w", &cb.RejectedError{Reason: cb.ReasonOpen}),
			at: ms(0), counts: cb.Counts{Ignored: 1},
		},
		"waits as long as it is asked to": {ends: []error{pushback(7 * time.Second), nil}, at: ms(0, 7000), took: 7 * time.Second, counts: cb.Counts{Success: 1, Failure: 1}},
		"waits no shorter than the backoff": {ends: []error{fmt.Errorf("in: %w", pushback(time.Millisecond)), nil}, at: ms(0, 50), took: 50 * time.Millisecond,
			counts: cb.Counts{Success: 1, Failure: 1}},
		"waits no hour":         {ends: []error{pushback(time.Hour)}, want: pushback(time.Hour), at: ms(0), counts: cb.Counts{Failure: 1}},
		"is asked for nonsense": {ends: []error{pushback(-1), pushback(math.MinInt64), nil}, at: ms(0, 50, 150), took: 150 * time.Millisecond, counts: cb.Counts{Success: 1, Failure: 2}},
		"the cap of the waits": {policy: cb.Policy{Retry: cb.Retry{Max: 4, Backoff: 100 * time.Millisecond, MaxBackoff: 300 * time.Millisecond}}, ends: []error{errDown},
			want: after(5, errDown), at: ms(0, 50, 150, 300, 450), took: 450 * time.Millisecond, counts: cb.Counts{Failure: 5}},
		"the defaults": {policy: cb.Policy{Retry: cb.Retry{Max: 6}}, ends: []error{errDown},
			want: after(7, errDown), at: ms(0, 100, 300, 700, 1500, 3100, 5600), took: 5600 * time.Millisecond, counts: cb.Counts{Failure: 7}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tt.policy.Threshold, tt.policy.Ignore = 100, cb.Match{Codes: "404"}
				if tt.policy.Retry.Max == 0 {
					tt.policy.Retry = retrying()
				}
				b := newBreaker(tt.policy)
				upstream := newScript(tt.ends...)
				err := b.Do(t.Context(), upstream.call)
				assert.Equal(t, tt.want, err)
				assert.Equal(t, tt.at, upstream.at)
				assert.Equal(t, tt.took, time.Since(upstream.start))
				s := b.Snapshot()
				assert.Equal(t, tt.counts, s.Counts)
				assert.Equal(t, uint64(len(tt.at)-1), s.Retries)
				assert.Zero(t, s.InFlight)
			})
		})
	}
}

func TestRetryEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &recorder{}
		b := cb.NewClient("chat", quiet(), exactly(), cb.WithObserver(seen)).Breaker("Complete", cb.Policy{Retry: retrying()})
		upstream := newScript(statusError(500), statusError(503), nil)
		require.NoError(t, b.Do(t.Context(), upstream.call))
		assert.Equal(t, []cb.RetryEvent{
			{"chat", "Complete", "", 1, 50 * time.Millisecond, statusError(500)},
			{"chat", "Complete", "", 2, 100 * time.Millisecond, statusError(503)},
		}, seen.retried)
	})
}

func TestAttemptsError(t *testing.T) {
	t.Parallel()
	err := error(&cb.AttemptsError{Attempts: 3, Err: statusError(503)})
	assert.EqualError(t, err, "status 503 (after 3 attempts)")
	require.ErrorIs(t, err, statusError(503))
}

func TestRetryJitter(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		source func() float64
		at     []time.Duration
	}{
		"none":          {func() float64 { return 0 }, ms(0, 0, 0)},
		"all":           {func() float64 { return 1 }, ms(0, 100, 300)},
		"out of bounds": {func() float64 { return 7 }, ms(0, 50, 150)},
		"no number":     {math.NaN, ms(0, 50, 150)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := cb.New(cb.Policy{Retry: retrying()}, quiet(), cb.WithJitter(tt.source))
				upstream := newScript(errDown)
				require.Error(t, b.Do(t.Context(), upstream.call))
				assert.Equal(t, tt.at, upstream.at)
			})
		})
	}
	t.Run("a source that panics", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			bad := false
			b := cb.New(cb.Policy{Retry: retrying()}, quiet(), cb.WithJitter(func() float64 {
				if bad {
					panic("no entropy")
				}
				return 0.5
			}))
			bad = true
			upstream := newScript(errDown)
			require.Error(t, b.Do(t.Context(), upstream.call))
			assert.Equal(t, ms(0, 50, 150), upstream.at)
		})
	})
	t.Run("the default is spread over the whole backoff", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := cb.New(cb.Policy{Threshold: 1_000_000, Retry: cb.Retry{Max: 1, Backoff: 100 * time.Millisecond, Budget: 1}}, quiet())
			var below [4]int
			for range 400 {
				upstream := newScript(errDown)
				_ = b.Do(t.Context(), upstream.call)
				require.Len(t, upstream.at, 2)
				require.LessOrEqual(t, upstream.at[1], 100*time.Millisecond)
				below[min(upstream.at[1]/(25*time.Millisecond), 3)]++
			}
			for _, n := range below {
				assert.Greater(t, n, 50, "%v", below) // 100 expected
			}
		})
	})
}

func TestRetryNeverPastTheCallersDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Retry: retrying()})
		ctx, cancel := context.WithTimeout(t.Context(), 120*time.Millisecond)
		defer cancel()
		upstream := newScript(errDown)
		err := b.Do(ctx, upstream.call)
		assert.Equal(t, &cb.AttemptsError{Attempts: 2, Err: errDown}, err)
		assert.Equal(t, ms(0, 50), upstream.at)
		assert.Equal(t, 50*time.Millisecond, time.Since(upstream.start), "the second wait would pass it")
		assert.Equal(t, uint64(1), b.Snapshot().Retries)
	})
}

func TestRetryEndsWithTheCallersContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Retry: retrying()})
		ctx, cancel := context.WithCancel(t.Context())
		upstream := newScript(errDown)
		time.AfterFunc(20*time.Millisecond, cancel)
		fallback := func(context.Context, error) error { t.Error("nobody waits for it"); return nil }
		assert.Equal(t, errDown, b.Do(ctx, upstream.call, fallback))
		assert.Equal(t, 20*time.Millisecond, time.Since(upstream.start))
		assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)

		upstream = newScript(errDown)
		assert.Equal(t, errDown, b.Do(ctx, upstream.call), "ended before")
		assert.Len(t, upstream.at, 1)
	})
}

func TestRetryEveryAttemptHasItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Deadline: time.Second, Retry: retrying()})
		start := time.Now()
		var left []time.Duration
		err := b.Do(t.Context(), func(ctx context.Context) error {
			deadline, ok := ctx.Deadline()
			require.True(t, ok)
			left = append(left, time.Until(deadline))
			<-ctx.Done()
			return ctx.Err()
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, ms(1000, 1000, 1000), left)
		assert.Equal(t, 3150*time.Millisecond, time.Since(start))
		assert.Equal(t, cb.Counts{Failure: 3}, b.Snapshot().Counts)
	})
}

func TestRetryMeetsTheBreaker(t *testing.T) {
	t.Parallel()
	t.Run("opened by the call itself", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			seen := &recorder{}
			b := newBreaker(cb.Policy{Threshold: 2, Retry: retrying()}, cb.WithObserver(seen))
			upstream := newScript(statusError(500), statusError(503))
			err := b.Do(t.Context(), upstream.call)
			rejected, ok := errors.AsType[*cb.RejectedError](err)
			require.True(t, ok)
			require.ErrorIs(t, err, cb.ErrOpen)
			assert.Equal(t, statusError(503), rejected.Cause)
			assert.Equal(t, ms(0, 50), upstream.at)
			assert.Equal(t, 50*time.Millisecond, time.Since(upstream.start), "nothing is there to wait for")
			s := b.Snapshot()
			assert.Equal(t, uint64(1), s.Retries)
			assert.Equal(t, uint64(1), s.Rejections[cb.ReasonOpen])
			assert.Len(t, seen.rejected, 1)
		})
	})
	t.Run("opened by others during the attempt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(cb.Policy{Retry: retrying()})
			start := time.Now()
			err := b.Do(t.Context(), func(context.Context) error { b.ForceOpen(); return statusError(500) })
			assert.EqualError(t, err, "circuit breaker is open (held by hand), last failure: status 500")
			assert.Zero(t, time.Since(start))
			assert.Zero(t, b.Snapshot().Retries)
		})
	})
	t.Run("opened by others during the wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(cb.Policy{Retry: retrying()})
			upstream := newScript(statusError(500))
			time.AfterFunc(20*time.Millisecond, b.ForceOpen)
			err := b.Do(t.Context(), upstream.call)
			require.ErrorIs(t, err, cb.ErrOpen)
			assert.EqualError(t, err, "circuit breaker is open (held by hand), last failure: status 500")
			assert.Equal(t, 50*time.Millisecond, time.Since(upstream.start))
		})
	})
	t.Run("open for less than the wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(cb.Policy{Threshold: 1, Timeout: 2 * time.Second, Retry: retrying()})
			upstream := newScript(pushback(3*time.Second), nil)
			require.NoError(t, b.Do(t.Context(), upstream.call), "the second attempt is the probe")
			assert.Equal(t, cb.Closed, b.State())
		})
	})
	t.Run("disabled during the wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(cb.Policy{Retry: retrying()})
			upstream := newScript(errDown)
			time.AfterFunc(20*time.Millisecond, b.Disable)
			assert.Equal(t, errDown, b.Do(t.Context(), upstream.call))
			assert.Equal(t, ms(0, 50), upstream.at)
			upstream = newScript(errDown)
			assert.Equal(t, errDown, b.Do(t.Context(), upstream.call), "no layer is left")
			assert.Equal(t, ms(0), upstream.at)
		})
	})
	t.Run("held closed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(cb.Policy{Threshold: 1, Retry: retrying()})
			b.ForceClose()
			upstream := newScript(errDown)
			assert.Equal(t, &cb.AttemptsError{Attempts: 3, Err: errDown}, b.Do(t.Context(), upstream.call))
		})
	})
}

func TestRetryLeavesTheBulkheadWhileItWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Retry: cb.Retry{Max: 2, Backoff: time.Second}, Bulkhead: cb.Bulkhead{Max: 1}})
		upstream := newScript(errDown, nil)
		done := make(chan error, 1)
		go func() { done <- b.Do(t.Context(), upstream.call) }()
		synctest.Wait()
		assert.Equal(t, cb.BulkheadUse{Max: 1}, use(b))
		other := begin(b)
		err := <-done
		require.ErrorIs(t, err, cb.ErrBulkheadFull, "never tried again")
		assert.EqualError(t, err, "bulkhead is full, last failure: down")
		assert.Len(t, upstream.at, 1)
		require.NoError(t, other.end(nil))
	})
}

func TestRetryPolicyIsValidated(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy cb.Policy
		want   string
	}{
		"max below":          {cb.Policy{Retry: cb.Retry{Max: -1}}, "policy: Retry.Max is -1, must be 1 to 100, or 0 for none"},
		"max above":          {cb.Policy{Retry: cb.Retry{Max: 101}}, "policy: Retry.Max is 101, must be 1 to 100, or 0 for none"},
		"backoff":            {cb.Policy{Retry: cb.Retry{Backoff: time.Microsecond}}, "policy: Retry.Backoff is 1µs, must be 1ms to 8760h0m0s, or 0 for its default"},
		"max backoff":        {cb.Policy{Retry: cb.Retry{MaxBackoff: -1}}, "policy: Retry.MaxBackoff is -1ns, must be 1ms to 8760h0m0s, or 0 for its default"},
		"cap below":          {cb.Policy{Retry: cb.Retry{Max: 1, Backoff: time.Second, MaxBackoff: time.Millisecond}}, "policy: Retry.MaxBackoff is 1ms, must not be less than Retry.Backoff, 1s"},
		"outlasts timeout":   {cb.Policy{Retry: cb.Retry{Max: 4, Backoff: 5 * time.Second, MaxBackoff: time.Minute}}, "policy: Retry waits up to 40s, must not be more than Timeout, 30s: an open breaker would be back first"},
		"never so long":      {cb.Policy{Timeout: 2 * time.Second, Retry: cb.Retry{Max: 2, MaxBackoff: 5 * time.Second}}, ""},
		"budget":             {cb.Policy{Retry: cb.Retry{Budget: 1.5}}, "policy: Retry.Budget is 1.5, must be above 0 and at most 1, or 0 for its default"},
		"budget, no number":  {cb.Policy{Retry: cb.Retry{Budget: math.NaN()}}, "policy: Retry.Budget is NaN, must be above 0 and at most 1, or 0 for its default"},
		"bulkhead":           {cb.Policy{Bulkhead: cb.Bulkhead{Max: -1}}, "policy: Bulkhead.Max is -1, must be 1 to 1000000, or 0 for off"},
		"bulkhead wait":      {cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: -1}}, "policy: Bulkhead.Wait is -1ns, must be 1ms to 8760h0m0s, or 0 for not at all"},
		"all of it is right": {cb.Policy{Retry: cb.Retry{Max: 2, Backoff: time.Second, MaxBackoff: 5 * time.Second, Budget: 0.1}, Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Second}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tt.policy.Validate()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Contains(t, strings.Split(err.Error(), "\n"), tt.want)
		})
	}
	assert.Equal(t, cb.Retry{Max: 1, Backoff: 10 * time.Second, MaxBackoff: 10 * time.Second, Budget: 0.2},
		newBreaker(cb.Policy{Retry: cb.Retry{Max: 1, Backoff: 10 * time.Second}}).Snapshot().Policy.Retry)
	assert.Equal(t, cb.Retry{Max: 1, Backoff: 200 * time.Millisecond, MaxBackoff: 5 * time.Second, Budget: 0.2},
		newBreaker(cb.Policy{Retry: cb.Retry{Max: 1}}).Snapshot().Policy.Retry)
}

func TestRetryAllocatesNothingOnSuccess(t *testing.T) {
	b := newBreaker(cb.Policy{Retry: retrying(), Bulkhead: cb.Bulkhead{Max: 1}})
	ctx := t.Context()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = cb.Call(ctx, b, func(context.Context) (int, error) { return 1, nil },
			func(context.Context, error) (int, error) { return 2, nil })
	}))
}

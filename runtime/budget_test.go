package cb_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestRetryBudget(t *testing.T) {
	t.Parallel()
	policy := func(p cb.Retry) cb.Policy { return cb.Policy{Threshold: 1_000_000, Retry: p} }
	// failing makes n calls that fail, and tells how many were tried again.
	failing := func(b *cb.Breaker, n int) int {
		before := b.Snapshot().Retries
		fail(b, n)
		return int(b.Snapshot().Retries - before) //nolint:gosec // a small count
	}
	t.Run("the floor", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := cb.New(policy(cb.Retry{Max: 1}), quiet(), cb.WithJitter(func() float64 { return 0 }))
			assert.Equal(t, 10, failing(b, 30))
			upstream := newScript(errDown)
			assert.Equal(t, errDown, b.Do(t.Context(), upstream.call), "no rejection, only no more retries")
			time.Sleep(9 * time.Second)
			assert.Zero(t, failing(b, 10))
			time.Sleep(time.Second)
			assert.Equal(t, 10, failing(b, 30))
		})
	})
	t.Run("the share", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := cb.New(policy(cb.Retry{Max: 3}), quiet(), cb.WithJitter(func() float64 { return 0 }))
			for range 9 {
				for range 100 {
					_ = end(b, nil)
				}
				time.Sleep(time.Second)
			}
			assert.Equal(t, 200, failing(b, 100), "of a thousand calls")
			time.Sleep(time.Minute)
			assert.Equal(t, 10, failing(b, 20), "those are long ago")
			assert.Equal(t, 190, failing(b, 980), "a thousand again")
		})
	})
	t.Run("of all goroutines", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(policy(cb.Retry{Max: 2, Budget: 0.5, Backoff: time.Millisecond}))
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() { fail(b, 10) })
			}
			wg.Wait()
			assert.Equal(t, uint64(100), b.Snapshot().Retries, "of 200 calls")
		})
	})
	t.Run("rejected calls earn none", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := cb.New(policy(cb.Retry{Max: 1}), quiet(), cb.WithJitter(func() float64 { return 0 }))
			b.ForceOpen()
			_ = failing(b, 1000)
			b.Reset()
			for range 1000 {
				_ = end(b, &cb.RejectedError{Client: "inner", Reason: cb.ReasonOpen})
			}
			assert.Equal(t, 10, failing(b, 20))
		})
	})
}

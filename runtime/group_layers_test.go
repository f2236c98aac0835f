package cb_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestGroup_SharesTheBulkhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := cb.NewClient("llm", quiet())
		policy := cb.Policy{Group: "chat", Bulkhead: cb.Bulkhead{Max: 1}}
		complete, stream := client.Breaker("Complete", policy), client.Breaker("Stream", policy)
		without := client.Breaker("Models", cb.Policy{Group: "chat"})
		running := begin(complete)
		require.ErrorIs(t, end(stream, nil), cb.ErrBulkheadFull, "the other method has the one place")
		require.NoError(t, end(without, nil), "who has no bulkhead needs no place")
		require.NoError(t, running.end(nil))
		require.NoError(t, end(stream, nil))
	})
}

func TestGroup_SharesTheRetryBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := cb.NewClient("llm", quiet())
		policy := cb.Policy{Group: "chat", Threshold: 1000, Retry: cb.Retry{Max: 1}}
		complete, stream := client.Breaker("Complete", policy), client.Breaker("Stream", policy)
		for range 50 {
			_ = end(complete, errors.New("down"))
		}
		spent := complete.Snapshot().Retries
		require.Less(t, spent, uint64(50), "the budget has ended")
		_ = end(stream, errors.New("down"))
		assert.Zero(t, stream.Snapshot().Retries, "it was the other method's, too")
	})
}

func TestGroup_LayersMustAgree(t *testing.T) {
	t.Parallel()
	client := cb.NewClient("llm", quiet())
	client.Breaker("Complete", cb.Policy{Group: "chat", Bulkhead: cb.Bulkhead{Max: 1}, Retry: cb.Retry{Max: 1, Budget: 0.1}})
	assert.PanicsWithValue(t,
		`cb: llm.Complete and llm.Stream share the group "chat", their policies must agree on Bulkhead: {1 0s} and {2 0s}`,
		func() { client.Breaker("Stream", cb.Policy{Group: "chat", Bulkhead: cb.Bulkhead{Max: 2}}) })
	assert.PanicsWithValue(t,
		`cb: llm.Complete and llm.Embed share the group "chat", their policies must agree on Retry.Budget: 0.1 and 0.2`,
		func() { client.Breaker("Embed", cb.Policy{Group: "chat", Retry: cb.Retry{Max: 1, Budget: 0.2}}) })
}

// A call that waits for a place in the bulkhead is not slow: nothing was sent to the upstream yet.
func TestSlow_DoesNotCountTheWaitInABulkhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Slow: 3 * time.Second, Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Minute}})
		first := begin(b)
		done := waiting(t.Context(), b, func() { time.Sleep(2 * time.Second) })
		synctest.Wait()
		time.Sleep(2 * time.Second)
		require.NoError(t, first.end(nil))
		require.NoError(t, <-done)
		_ = b.Do(t.Context(), func(context.Context) error { return nil })
		assert.Equal(t, cb.Closed, b.State(), "it ran for 2s after a wait of 2s")

		slow := waiting(t.Context(), b, func() { time.Sleep(4 * time.Second) })
		synctest.Wait()
		require.NoError(t, <-slow)
		assert.Equal(t, cb.Open, b.State())
	})
}

package cb_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// rejection is what a call gets that an open breaker rejects.
func rejection(t *testing.T, b *cb.Breaker) *cb.RejectedError {
	t.Helper()
	var e *cb.RejectedError
	require.ErrorAs(t, end(b, nil), &e)
	return e
}

func TestRejectionsShareAnErrorForAMillisecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Timeout: time.Minute})
		fail(b, 5)
		first := rejection(t, b)
		assert.Equal(t, time.Minute, first.RetryAfter)

		time.Sleep(time.Millisecond - 1)
		assert.Same(t, first, rejection(t, b))
		time.Sleep(time.Nanosecond)
		second := rejection(t, b)
		assert.NotSame(t, first, second)
		assert.Equal(t, time.Minute-time.Millisecond, second.RetryAfter)

		b.Trip() // another open period
		assert.Equal(t, time.Minute, rejection(t, b).RetryAfter)
		assert.Equal(t, uint64(4), b.Snapshot().Rejections[cb.ReasonOpen])
	})
}

func TestRejectionsHeldByHandShareAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{})
		b.ForceOpen()
		first := rejection(t, b)
		time.Sleep(time.Hour)
		assert.Same(t, first, rejection(t, b))
		b.Reset()
		b.ForceOpen()
		assert.NotSame(t, first, rejection(t, b), "of another state")
	})
}

func TestRejectionsOfOneCircuitAreSignedByTheirBreaker(t *testing.T) {
	t.Parallel()
	client := cb.NewClient("chat")
	policy := cb.Policy{Group: "all"}
	one, other := client.Breaker("One", policy), client.Breaker("Other", policy)
	one.Trip()
	assert.Equal(t, "One", rejection(t, one).Method)
	assert.Equal(t, "Other", rejection(t, other).Method)
}

func TestRejectedRetriesChangeNoSharedError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Retry: cb.Retry{Max: 1}})
		var shared *cb.RejectedError
		err := b.Do(t.Context(), func(context.Context) error {
			b.Trip()
			shared = rejection(t, b)
			return errDown
		})
		var own *cb.RejectedError
		require.ErrorAs(t, err, &own)
		assert.NotSame(t, shared, own)
		assert.Equal(t, errDown, own.Cause, "how the attempt before failed")
		assert.NotEqual(t, errDown, shared.Cause)
	})
}

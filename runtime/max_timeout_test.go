package cb_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// openFor is how long the breaker, which has just opened, will be open.
func openFor(b *cb.Breaker) time.Duration { return time.Until(b.Snapshot().OpenUntil) }

func TestMaxTimeout_DoublesWithEachFailedProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Timeout: 10 * time.Second, MaxTimeout: time.Minute})
		var periods []time.Duration
		for range 5 {
			require.ErrorIs(t, end(b, errDown), errDown)
			periods = append(periods, openFor(b))
			time.Sleep(openFor(b) - 1)
			require.ErrorIs(t, end(b, nil), cb.ErrOpen)
			time.Sleep(time.Nanosecond)
		}
		assert.Equal(t, []time.Duration{10e9, 20e9, 40e9, 60e9, 60e9}, periods)
		require.NoError(t, end(b, nil))
		fail(b, 1)
		assert.Equal(t, 10*time.Second, openFor(b), "closing ends it")
	})
}

func TestMaxTimeout_OnlyAFailedProbeDoubles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Timeout: 10 * time.Second, MaxTimeout: time.Minute})
		fail(b, 1)
		time.Sleep(10 * time.Second)
		probe := begin(b)
		b.Trip()
		assert.Equal(t, 10*time.Second, openFor(b), "tripped by hand")
		require.NoError(t, probe.end(nil))
		time.Sleep(10 * time.Second)
		hanging := begin(b) // given up after Timeout, which is a failure
		time.Sleep(10 * time.Second)
		require.ErrorIs(t, end(b, nil), cb.ErrOpen)
		assert.Equal(t, 20*time.Second, openFor(b))
		require.NoError(t, hanging.end(nil))
		b.ForceOpen()
		b.Reset()
		fail(b, 1)
		assert.Equal(t, 10*time.Second, openFor(b), "reset")
	})
}

func TestMaxTimeout_JitterStaysBelow(t *testing.T) {
	t.Parallel()
	for jitter, want := range map[float64][]time.Duration{
		0: {9e9, 18e9, 22.5e9, 22.5e9}, 1: {11e9, 22e9, 25e9, 25e9},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(cb.Policy{Threshold: 1, Timeout: 10 * time.Second, MaxTimeout: 25 * time.Second},
				cb.WithJitter(func() float64 { return jitter }))
			for i, period := range want {
				fail(b, 1)
				assert.Equal(t, period, openFor(b), "opening %d with jitter %v", i, jitter)
				time.Sleep(period)
			}
		})
	}
}

func TestMaxTimeout_NotWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1})
		for range 3 {
			fail(b, 1)
			assert.Equal(t, 30*time.Second, openFor(b))
			afterTimeout()
		}
	})
}

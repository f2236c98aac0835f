package cb_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestR1_LookingNeverChangesAState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &recorder{}
		b := newBreaker(cb.Policy{}, cb.WithObserver(seen))
		fail(b, 5)
		until := time.Now().Add(30 * time.Second)
		time.Sleep(time.Hour)
		for range 3 {
			assert.Equal(t, cb.Open, b.State())
			s := b.Snapshot()
			assert.Equal(t, cb.Open, s.State)
			assert.True(t, s.OpenUntil.Equal(until), "an elapsed period reads as it was")
		}
		assert.Equal(t, []string{"closed>open"}, seen.path())
		require.NoError(t, end(b, nil))
		assert.Equal(t, []string{"closed>open", "open>half-open", "half-open>closed"}, seen.path())
	})
}

func TestR1_JitterOnlyDelaysTheProbe(t *testing.T) {
	t.Parallel()
	is := func(n float64) func() float64 { return func() float64 { return n } }
	for name, tt := range map[string]struct {
		source func() float64
		period time.Duration
	}{
		"least": {is(0), 27 * time.Second}, "none": {is(0.5), 30 * time.Second}, "most": {is(1), 33 * time.Second},
		// As if there were none.
		"too small": {is(-1), 30 * time.Second}, "too large": {is(2), 30 * time.Second}, "no number": {math.NaN, 30 * time.Second},
		"a source that panics": {func() float64 { panic("no entropy") }, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{}, cb.WithJitter(tt.source))
				fail(b, 5)
				time.Sleep(tt.period - 1)
				require.ErrorIs(t, end(b, nil), cb.ErrOpen)
				time.Sleep(time.Nanosecond)
				require.NoError(t, end(b, nil))
				assert.Equal(t, cb.Closed, b.State())
			})
		})
	}
}

func TestR1_AllProbesMustSucceed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{MaxRequests: 3})
		fail(b, 5)
		afterTimeout()
		require.NoError(t, end(b, nil))
		require.NoError(t, end(b, nil))
		assert.Equal(t, cb.HalfOpen, b.State())
		require.ErrorIs(t, end(b, errDown), errDown)
		assert.Equal(t, cb.Open, b.State())
		afterTimeout()
		for range 3 {
			require.NoError(t, end(b, nil))
		}
		assert.Equal(t, cb.Closed, b.State())
	})
}

func TestR2_OutcomeCountsWhenItEnds(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]cb.Policy{
		"threshold": {Threshold: 200, Window: 10 * time.Second},
		"ratio":     {Ratio: 0.5, Min: 200, Window: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(p)
				var calls []*call
				for range 200 {
					calls = append(calls, begin(b))
				}
				time.Sleep(30 * time.Second) // three windows
				for i, c := range calls {
					assert.Equal(t, cb.Closed, b.State(), "%d ended", i)
					require.ErrorIs(t, c.end(context.DeadlineExceeded), context.DeadlineExceeded)
				}
				assert.Equal(t, cb.Open, b.State())
			})
		})
	}
}

func TestR2_OnlyCallsOfBeforeTheLastChangeAreDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2})
		early := begin(b)
		late := begin(b)
		fail(b, 2)
		afterTimeout()
		probe := begin(b)
		require.NoError(t, early.end(nil), "its success belongs to a time before the opening")
		assert.Equal(t, cb.HalfOpen, b.State())
		require.NoError(t, probe.end(nil))
		require.Equal(t, cb.Closed, b.State())
		fail(b, 1)
		require.ErrorIs(t, late.end(errDown), errDown, "so does its failure")
		assert.Equal(t, cb.Closed, b.State())
		fail(b, 1)
		assert.Equal(t, cb.Open, b.State())
	})
}

func TestR2_ThresholdWithinItsWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 3, Window: 10 * time.Second})
		pause := func(d time.Duration) { time.Sleep(d); fail(b, 1) }
		pause(0)
		pause(5 * time.Second)
		pause(5*time.Second + 1) // the first is a nanosecond too old
		assert.Equal(t, cb.Closed, b.State())
		require.NoError(t, end(b, nil), "a success ends the row")
		pause(0)
		pause(5 * time.Second)
		assert.Equal(t, cb.Closed, b.State())
		pause(5 * time.Second)
		assert.Equal(t, cb.Open, b.State())
	})
}

func TestR3_RatioDividesByEndedCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Ratio: 0.5, Min: 10})
		var calls []*call
		for range 100 { // in flight: they are no calls yet
			calls = append(calls, begin(b))
		}
		fail(b, 9)
		assert.Equal(t, cb.Closed, b.State())
		fail(b, 1)
		assert.Equal(t, cb.Open, b.State())
		for _, c := range calls {
			_ = c.end(nil)
		}
	})
}

func TestR3_RatioIsJudgedAfterSuccessesToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &recorder{}
		b := newBreaker(cb.Policy{Ratio: 0.07, Min: 100}, cb.WithObserver(seen))
		fail(b, 7)
		for range 92 {
			require.NoError(t, end(b, nil))
		}
		assert.Equal(t, cb.Closed, b.State())
		require.NoError(t, end(b, nil), "the hundredth: 7 of 100 are 7%")
		require.Equal(t, cb.Open, b.State())
		assert.Equal(t, 7, seen.events[0].WindowFailures)
		assert.Equal(t, 100, seen.events[0].WindowCalls)
		assert.Equal(t, errDown, seen.events[0].Cause)
	})
}

func TestR3_TheWindowRolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Ratio: 0.5, Min: 10, Window: 20 * time.Second})
		fail(b, 5)
		time.Sleep(10 * time.Second)
		fail(b, 4)
		time.Sleep(10 * time.Second) // the first five are gone, the four are not
		fail(b, 5)
		assert.Equal(t, cb.Closed, b.State())
		fail(b, 1)
		assert.Equal(t, cb.Open, b.State())
	})
}

func TestR3_ThresholdBesideRatio(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 3, Ratio: 1, Min: 100})
	fail(b, 2)
	require.NoError(t, end(b, nil))
	fail(b, 2)
	assert.Equal(t, cb.Closed, b.State())
	fail(b, 1)
	assert.Equal(t, cb.Open, b.State())

	windowed := newBreaker(cb.Policy{Threshold: 3, Ratio: 1, Min: 100, Window: time.Hour})
	fail(windowed, 3)
	assert.Equal(t, cb.Open, windowed.State())

	off := newBreaker(cb.Policy{Ratio: 1, Min: 100})
	fail(off, 99)
	assert.Equal(t, cb.Closed, off.State(), "the default threshold gives way to a ratio")
}

func TestR4_NoProbeCanWedgeIt(t *testing.T) {
	t.Parallel()
	reopens := func(t *testing.T, b *cb.Breaker, spoil func(probe *call)) {
		t.Helper()
		fail(b, 5)
		afterTimeout()
		probe := begin(b)
		require.Equal(t, cb.HalfOpen, b.State())
		require.ErrorIs(t, end(b, nil), cb.ErrTooManyProbes)
		spoil(probe)
		require.Equal(t, cb.Open, b.State())
		require.ErrorIs(t, end(b, nil), cb.ErrOpen)
		afterTimeout()
		require.NoError(t, end(b, nil))
		require.Equal(t, cb.Closed, b.State())
	}
	for name, spoil := range map[string]func(t *testing.T, b *cb.Breaker, probe *call){
		"panic":  func(_ *testing.T, _ *cb.Breaker, probe *call) { probe.endBy(func() { panic("x") }) },
		"goexit": func(_ *testing.T, _ *cb.Breaker, probe *call) { probe.endBy(runtime.Goexit) },
		"hang": func(t *testing.T, b *cb.Breaker, probe *call) {
			time.Sleep(30*time.Second - 1)
			require.ErrorIs(t, end(b, nil), cb.ErrTooManyProbes)
			time.Sleep(time.Nanosecond)
			var rejected *cb.RejectedError
			require.ErrorAs(t, end(b, nil), &rejected)
			require.Equal(t, cb.ReasonOpen, rejected.Reason)
			require.Equal(t, 30*time.Second, rejected.RetryAfter, "a period of its own")
			require.EqualError(t, rejected.Cause, "probe has not ended within 30s")
			require.NoError(t, probe.end(nil), "late: it counts for nothing")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seen := &recorder{}
				b := newBreaker(cb.Policy{}, cb.WithObserver(seen))
				reopens(t, b, func(probe *call) {
					spoil(t, b, probe)
					require.Equal(t, []string{"closed>open", "open>half-open", "half-open>open"}, seen.path())
				})
			})
		})
	}
	t.Run("hang longer than the deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(cb.Policy{Deadline: time.Second})
			reopens(t, b, func(probe *call) {
				time.Sleep(time.Second)
				require.ErrorIs(t, end(b, nil), cb.ErrOpen)
				require.NoError(t, probe.end(nil))
			})
		})
	})
}

func TestR4_AnIgnoredProbeFreesItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ignored := errors.New("ignored")
		b := newBreaker(cb.Policy{Ignore: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(ignored)}}})
		fail(b, 5)
		afterTimeout()
		for range 3 {
			require.Equal(t, ignored, end(b, ignored))
			require.Equal(t, cb.HalfOpen, b.State())
		}
		require.NoError(t, end(b, nil))
		assert.Equal(t, cb.Closed, b.State())
	})
}

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

// steadily makes so many calls a second for so long, and tells how many were let through in each second.
func steadily(b *cb.Breaker, perSecond int, seconds int) (through []int) {
	for range seconds {
		n := 0
		for range perSecond {
			if end(b, nil) == nil {
				n++
			}
			time.Sleep(time.Second / time.Duration(perSecond))
		}
		through = append(through, n)
	}
	return through
}

// reclosed is a breaker that has had 20 calls a second for a minute, then opened, and has just closed again.
func reclosed(t *testing.T, p cb.Policy) *cb.Breaker {
	t.Helper()
	p.Threshold, p.Surge = 2, 1.2
	b := newBreaker(p, exactly())
	steadily(b, 20, 60)
	fail(b, 2)
	afterTimeout()
	require.NoError(t, end(b, nil))
	require.Equal(t, cb.Closed, b.State())
	return b
}

func TestSurge_HoldsBackThoseWhoWaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := reclosed(t, cb.Policy{})
		for second, n := range steadily(b, 1000, 60) {
			assert.InDelta(t, 24, n, 3, "second %d: 1.2 times the 20 a second of before", second)
		}
		assert.Equal(t, cb.Closed, b.State())
		err := end(b, nil)
		for err == nil {
			err = end(b, nil)
		}
		require.ErrorIs(t, err, cb.ErrRamping)
		require.ErrorIs(t, err.(*cb.RejectedError).Cause, errDown) //nolint:errorlint,forcetypeassert // as it is returned
	})
}

func TestSurge_HoldsBackAfterAProbeElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2, Surge: 1.2}, exactly())
		steadily(b, 20, 60)
		fail(b, 2)
		b.AdoptClosed()
		assert.InDelta(t, 24, steadily(b, 1000, 3)[2], 3)
	})
}

func TestSurge_EndsWhenNobodyIsTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := reclosed(t, cb.Policy{})
		steadily(b, 100, 3)
		for second, n := range steadily(b, 20, 6) {
			assert.GreaterOrEqual(t, n, 18, "second %d: the normal rate goes through", second)
		}
		assert.Equal(t, []int{1000, 1000}, steadily(b, 1000, 2), "the surge is over, and nothing holds back what is new")
	})
}

func TestSurge_EndsAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := reclosed(t, cb.Policy{})
		through := steadily(b, 100, 302)
		assert.InDelta(t, 24, through[298], 3)
		assert.Equal(t, 100, through[301], "more calls are what is normal now")
	})
}

func TestSurge_FollowsTheRamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := reclosed(t, cb.Policy{Ramp: 10 * time.Second})
		through := steadily(b, 100, 20)
		assert.InDelta(t, 15, through[0], 5, "a tenth and a half of the calls")
		for second, n := range through[3:] {
			assert.InDelta(t, 24, n, 3, "second %d", second+3)
		}
	})
}

func TestSurge_OutlastsALongRamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := reclosed(t, cb.Policy{Ramp: time.Minute})
		through := steadily(b, 100, 90)
		for second, n := range through[15:] {
			assert.InDelta(t, 24, n, 3, "second %d: at first it was the ramp that turned calls away", second+15)
		}
	})
}

func TestSurge_KnowsWhatIsNormal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before func(*cb.Breaker)
		want   float64 // calls a second of 1000
	}{
		"nothing after less than ten seconds": {func(b *cb.Breaker) { steadily(b, 20, 9) }, 1000},
		"a short time":                        {func(b *cb.Breaker) { steadily(b, 20, 12) }, 24},
		"the last minute only": {func(b *cb.Breaker) {
			steadily(b, 500, 30)
			steadily(b, 50, 60)
		}, 60},
		"after long silence": {func(b *cb.Breaker) {
			steadily(b, 20, 60)
			time.Sleep(time.Hour)
		}, 1},
		"failures are calls": {func(b *cb.Breaker) {
			for range 400 {
				fail(b, 1)
				_ = end(b, nil)
				time.Sleep(100 * time.Millisecond)
			}
		}, 24},
		"not what it lets through itself, opening again at once": {func(b *cb.Breaker) {
			steadily(b, 20, 60)
			fail(b, 2)
			afterTimeout()
			_ = end(b, nil)
			steadily(b, 500, 30)
		}, 24},
		"not the calls of a state that is held": {func(b *cb.Breaker) {
			steadily(b, 20, 60)
			b.ForceClose()
			steadily(b, 1000, 60)
			b.Reset()
		}, 24},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Threshold: 2, Surge: 1.2}, exactly())
				tt.before(b)
				for b.State() == cb.Closed { // some may be held back
					fail(b, 2)
					time.Sleep(10 * time.Millisecond)
				}
				afterTimeout()
				require.NoError(t, end(b, nil))
				through := steadily(b, 1000, 4)
				assert.InEpsilon(t, tt.want, float64(through[1]+through[2]+through[3])/3, 0.15)
			})
		})
	}
}

func TestSurge_NeverAfterReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2, Surge: 1}, exactly())
		steadily(b, 20, 60)
		fail(b, 2)
		b.Reset()
		assert.Equal(t, []int{1000}, steadily(b, 1000, 1), "whoever closes it by hand wants the calls")
	})
}

func TestSurge_RetriesAreNoCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 100, Surge: 1, Retry: cb.Retry{Max: 1, Backoff: time.Millisecond, Budget: 1}}, exactly())
		for range 600 {
			n := 0
			_ = b.Do(t.Context(), func(context.Context) error {
				if n++; n < 2 {
					return errDown
				}
				return nil
			})
			time.Sleep(99 * time.Millisecond)
		}
		b.Trip()
		require.Equal(t, cb.Open, b.State())
		afterTimeout()
		require.NoError(t, end(b, nil))
		through := steadily(b, 1000, 4)
		assert.InDelta(t, 10, through[3], 1, "of ten calls a second, each made twice")
	})
}

func TestSurge_AllocatesNothing(t *testing.T) {
	b := newBreaker(cb.Policy{Surge: 1.2})
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _ = end(b, nil) }))
}

func TestSurge_CountsSlowCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1000, Surge: 1, Slow: 10 * time.Millisecond}, exactly())
		for range 600 {
			_ = b.Do(t.Context(), func(context.Context) error { time.Sleep(20 * time.Millisecond); return nil })
			time.Sleep(80 * time.Millisecond)
		}
		b.Trip()
		afterTimeout()
		require.NoError(t, end(b, nil))
		assert.InDelta(t, 10, steadily(b, 1000, 4)[3], 1)
	})
}

func TestSurge_DoesNotTakeARampForNormal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		seconds int // of 20 calls each, after the first closing
		want    float64
	}{
		"while ramping":         {15, 1000},
		"too soon after":        {25, 1000},
		"the time after it":     {40, 24},
		"long after, the whole": {120, 24},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Threshold: 2, Ramp: 20 * time.Second, Surge: 1.2}, exactly())
				reopen := func() {
					for b.State() == cb.Closed {
						fail(b, 2)
					}
					afterTimeout()
					require.NoError(t, end(b, nil))
				}
				reopen()
				steadily(b, 20, tt.seconds)
				reopen()
				through := steadily(b, 1000, 24)
				assert.InEpsilon(t, tt.want, float64(through[21]+through[22]+through[23])/3, 0.15)
			})
		})
	}
}

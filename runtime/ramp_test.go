package cb_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// ramping is a breaker that has just closed, with a ramp of ten seconds.
func ramping(t *testing.T, p cb.Policy, opts ...cb.Option) *cb.Breaker {
	t.Helper()
	p.Threshold, p.Ramp = 2, 10*time.Second
	b := newBreaker(p, opts...)
	fail(b, 2)
	afterTimeout()
	require.NoError(t, end(b, nil))
	require.Equal(t, cb.Closed, b.State())
	return b
}

func TestRamp_ArrivalsFollowTheLine(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []int{200, 1000, 10_000} {
		t.Run(fmt.Sprint(perSecond), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := ramping(t, cb.Policy{})
				for second := range 12 {
					arrived := 0
					for range perSecond {
						if end(b, nil) == nil {
							arrived++
						}
						time.Sleep(time.Second / time.Duration(perSecond))
					}
					share := min(0.1+0.9*(float64(second)+0.5)/10, 1)
					assert.InEpsilon(t, share*float64(perSecond), arrived, 0.05, "second %d", second)
				}
			})
		})
	}
}

func TestRamp_ACrowdAtOnceIsLetInByItsShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := ramping(t, cb.Policy{})
		for second := range 10 {
			arrived := 0
			for range 1000 {
				if end(b, nil) == nil {
					arrived++
				}
			}
			assert.InDelta(t, 100+90*second, arrived, 1, "after %d seconds", second)
			time.Sleep(time.Second)
		}
	})
}

func TestRamp_RejectsWithoutCountingAgainstTheUpstream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &recorder{}
		b := ramping(t, cb.Policy{}, cb.WithObserver(seen))
		before := b.Snapshot().Counts
		require.NoError(t, end(b, nil), "the first goes through")
		var rejection *cb.RejectedError
		require.ErrorAs(t, end(b, nil), &rejection)
		require.ErrorIs(t, rejection, cb.ErrRamping)
		assert.Equal(t, cb.RejectedError{Reason: cb.ReasonRamping, State: cb.Closed, Cause: errDown}, *rejection)
		assert.Equal(t, uint64(1), b.Snapshot().Rejections[cb.ReasonRamping])
		after := b.Snapshot().Counts
		assert.Equal(t, before.Success+1, after.Success)
		assert.Equal(t, before.Failure, after.Failure)
		assert.Equal(t, cb.Closed, b.State(), "for observers it is closed")
		assert.Equal(t, []string{"closed>open", "open>half-open", "half-open>closed"}, seen.path())
	})
}

func TestRamp_SnapshotShowsTheShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Ramp: 10 * time.Second})
		assert.InDelta(t, 1, b.Snapshot().Admitted, 0)
		fail(b, 1)
		assert.Zero(t, b.Snapshot().Admitted)
		afterTimeout()
		probe := begin(b)
		assert.Zero(t, b.Snapshot().Admitted)
		require.NoError(t, probe.end(nil))
		for _, share := range []float64{0.1, 0.55, 1, 1} {
			assert.InDelta(t, share, b.Snapshot().Admitted, 1e-9)
			time.Sleep(5 * time.Second)
		}
		b.ForceOpen()
		assert.Zero(t, b.Snapshot().Admitted)
	})
}

func TestRamp_AFailureThatTripsReopens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := ramping(t, cb.Policy{})
		failed := 0
		for b.State() == cb.Closed {
			if err := end(b, errDown); err == errDown { //nolint:errorlint // was it called?
				failed++
			}
		}
		assert.Equal(t, 2, failed)
		require.ErrorIs(t, end(b, nil), cb.ErrOpen)
		afterTimeout()
		require.NoError(t, end(b, nil))
		assert.InDelta(t, 0.1, b.Snapshot().Admitted, 1e-9, "it begins anew")
	})
}

func TestRamp_EndsAndByHandThereIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := func(b *cb.Breaker) {
			for range 100 {
				require.NoError(t, end(b, nil))
			}
		}
		b := ramping(t, cb.Policy{})
		time.Sleep(10 * time.Second)
		all(b)
		b = ramping(t, cb.Policy{Slow: time.Second})
		time.Sleep(10 * time.Second)
		all(b)
		b = ramping(t, cb.Policy{})
		b.Reset()
		all(b)
		b = ramping(t, cb.Policy{})
		b.ForceClose()
		all(b)
		fail(b, 2)
		b.Reset()
		b.Trip()
		afterTimeout()
		probe := begin(b)
		b.Reset() // from half-open
		all(b)
		_ = probe.end(nil)
	})
}

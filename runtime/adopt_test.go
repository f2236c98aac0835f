package cb_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errElsewhere = errors.New("another replica: down")

func TestAdoptOpen_OpensUntilThen(t *testing.T) {
	t.Parallel()
	for name, remains := range map[string]time.Duration{"less than its own period": 2 * time.Second, "more": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seen := &recorder{}
				b := newBreaker(cb.Policy{Timeout: 10 * time.Second}, cb.WithObserver(seen))
				b.AdoptOpen(time.Now().Add(remains), errElsewhere)
				require.Equal(t, cb.Open, b.State())
				var rejected *cb.RejectedError
				require.ErrorAs(t, end(b, nil), &rejected)
				assert.Equal(t, remains, rejected.RetryAfter)
				assert.Equal(t, errElsewhere, rejected.Cause)
				time.Sleep(remains - 1)
				require.ErrorIs(t, end(b, nil), cb.ErrOpen)
				time.Sleep(time.Nanosecond)
				require.NoError(t, end(b, nil), "a probe")
				assert.Equal(t, cb.Closed, b.State())
				require.Len(t, seen.events, 3)
				assert.True(t, seen.events[0].Adopted)
				assert.Equal(t, remains, seen.events[0].RetryAfter)
				assert.False(t, seen.events[1].Adopted)
				assert.False(t, seen.events[2].Adopted)

				fail(b, 5)
				require.ErrorAs(t, end(b, nil), &rejected)
				assert.Equal(t, 10*time.Second, rejected.RetryAfter, "its own period is what it was")
				time.Sleep(10 * time.Second)
				require.NoError(t, end(b, nil))
			})
		})
	}
}

func TestAdoptOpen_TheLongerPeriodWins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Timeout: 10 * time.Second})
		b.Trip()
		until := func(d time.Duration) { t.Helper(); assert.Equal(t, time.Now().Add(d), b.Snapshot().OpenUntil) }
		b.AdoptOpen(time.Now().Add(5*time.Second), errElsewhere)
		until(10 * time.Second)
		b.AdoptOpen(time.Now().Add(15*time.Second), errElsewhere)
		until(15 * time.Second)
		time.Sleep(15 * time.Second)
		b.AdoptOpen(time.Now(), errElsewhere)
		require.NoError(t, end(b, nil), "a moment that has passed changes nothing")
	})
}

func TestAdoptOpen_EndsProbing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Timeout: 10 * time.Second, MaxTimeout: time.Minute})
		b.Trip()
		time.Sleep(10 * time.Second)
		probe := begin(b)
		require.Equal(t, cb.HalfOpen, b.State())
		b.AdoptOpen(time.Now().Add(20*time.Second), errElsewhere)
		require.Equal(t, cb.Open, b.State())
		probe.how <- func() error { return nil }
		require.NoError(t, <-probe.done)
		require.Equal(t, cb.Open, b.State(), "its outcome is of an earlier state")
		time.Sleep(20 * time.Second)
		fail(b, 1)
		assert.Equal(t, time.Now().Add(40*time.Second), b.Snapshot().OpenUntil, "the period doubles from what was adopted")
	})
}

func TestAdoptClosed_ClosesAsAProbeWould(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &recorder{}
		b := newBreaker(cb.Policy{Timeout: 10 * time.Second, Ramp: 10 * time.Second}, cb.WithObserver(seen))
		b.AdoptClosed()
		require.Empty(t, seen.events, "it is closed")
		b.Trip()
		b.AdoptClosed()
		assert.Equal(t, cb.Closed, b.State())
		assert.InDelta(t, 0.1, b.Snapshot().Admitted, 1e-9, "it ramps up")
		require.Len(t, seen.events, 2)
		assert.False(t, seen.events[0].Adopted)
		assert.True(t, seen.events[1].Adopted)
		time.Sleep(10 * time.Second)
		fail(b, 5)
		require.Equal(t, cb.Open, b.State(), "and judges as ever")
		time.Sleep(10 * time.Second)
		probe := begin(b)
		b.AdoptClosed()
		require.Equal(t, cb.Closed, b.State())
		probe.how <- func() error { return errDown }
		require.ErrorIs(t, <-probe.done, errDown)
		assert.Equal(t, cb.Closed, b.State(), "the probe's outcome is of an earlier state")
	})
}

func TestAdopt_LeavesWhatIsHeldByHand(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	for _, hold := range []func(){b.ForceOpen, b.ForceClose, b.Disable} {
		hold()
		state := b.State()
		b.AdoptOpen(time.Now().Add(time.Hour), errElsewhere)
		assert.Equal(t, state, b.State())
		b.AdoptClosed()
		assert.Equal(t, state, b.State())
	}
}

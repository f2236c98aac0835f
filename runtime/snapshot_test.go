package cb_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestSnapshot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		policy := cb.Policy{Ignore: cb.Match{Codes: "404"}, Fallbacks: []cb.Fallback{{Name: "Cached"}, {Name: "Empty", On: cb.OnOpen}}}
		b := cb.NewClient("chat.Provider", quiet(), exactly()).Breaker("Complete", policy)
		s := b.Snapshot()
		assert.Equal(t, "chat.Provider", s.Client)
		assert.Equal(t, "Complete", s.Method)
		assert.Equal(t, cb.Closed, s.State)
		assert.True(t, s.Since.Equal(start))
		assert.Zero(t, s.OpenUntil)
		assert.NoError(t, s.LastFailure)
		assert.Equal(t, map[cb.Reason]uint64{cb.ReasonOpen: 0, cb.ReasonTooManyProbes: 0, cb.ReasonRamping: 0, cb.ReasonBulkheadFull: 0}, s.Rejections)

		time.Sleep(time.Minute)
		running := []*call{begin(b), begin(b)}
		require.NoError(t, end(b, nil))
		require.Error(t, end(b, statusError(404)))
		fail(b, 4)
		answer := func(err error) func(context.Context, error) error {
			return func(context.Context, error) error { return err }
		}
		require.NoError(t, b.Do(t.Context(), func(context.Context) error { return statusError(500) }, answer(nil)))
		require.ErrorIs(t, b.Do(t.Context(), nil, answer(io.EOF), answer(io.EOF), answer(io.EOF)), cb.ErrOpen)
		opened := time.Now()
		time.Sleep(time.Second)

		s = b.Snapshot()
		assert.Equal(t, cb.Open, s.State)
		assert.True(t, s.Since.Equal(opened))
		assert.True(t, s.OpenUntil.Equal(opened.Add(30*time.Second)))
		assert.Equal(t, statusError(500), s.OpenedBy)
		assert.Equal(t, cb.Counts{Success: 1, Failure: 5, Ignored: 1}, s.Counts)
		assert.Equal(t, uint64(1), s.Rejections[cb.ReasonOpen])
		assert.Equal(t, []cb.FallbackCounts{{"Cached", 1, 1}, {"Empty", 0, 1}, {"", 0, 1}}, s.Fallbacks)
		assert.Equal(t, 2, s.InFlight)
		assert.Equal(t, statusError(500), s.LastFailure)
		assert.True(t, s.LastFailureAt.Equal(opened))
		assert.Equal(t, 5, s.Policy.Threshold)

		for _, c := range running {
			_ = c.end(nil)
		}
		time.Sleep(time.Minute)
		probe := begin(b)
		require.ErrorIs(t, end(b, nil), cb.ErrTooManyProbes)
		s = b.Snapshot()
		assert.Equal(t, cb.HalfOpen, s.State)
		assert.Zero(t, s.OpenUntil)
		assert.Equal(t, 1, s.InFlight)
		assert.Equal(t, uint64(1), s.Rejections[cb.ReasonTooManyProbes])
		require.NoError(t, probe.end(nil))
		s = b.Snapshot()
		assert.NoError(t, s.OpenedBy)
		assert.Equal(t, cb.Counts{Success: 4, Failure: 5, Ignored: 1}, s.Counts)
		assert.Zero(t, s.InFlight)
	})
}

func TestAnOutageGoesOnWhileProbesFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := cb.NewClient("chat.Provider", quiet(), exactly()).Breaker("Complete", cb.Policy{})
		assert.Zero(t, b.Snapshot().DownSince)
		fail(b, 5)
		down := time.Now()
		for range 3 {
			time.Sleep(30 * time.Second)
			probe := begin(b)
			assert.True(t, b.Snapshot().DownSince.Equal(down), "half-open")
			require.Error(t, probe.end(errDown))
			s := b.Snapshot()
			assert.True(t, s.Since.After(down))
			assert.True(t, s.DownSince.Equal(down), "open")
		}
		time.Sleep(30 * time.Second)
		require.NoError(t, end(b, nil))
		assert.Zero(t, b.Snapshot().DownSince, "closed")
		b.Trip()
		assert.True(t, b.Snapshot().DownSince.Equal(time.Now()), "another outage")
		b.ForceOpen()
		assert.Zero(t, b.Snapshot().DownSince, "held by hand")
	})
}

func TestStateNames(t *testing.T) {
	t.Parallel()
	for state, name := range map[cb.State]string{
		cb.Closed: "closed", cb.HalfOpen: "half-open", cb.Open: "open", cb.ForcedOpen: "forced-open",
		cb.ForcedClosed: "forced-closed", cb.Off: "disabled", 99: "unknown",
	} {
		text, err := state.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, name, string(text))
	}
}

func TestEventsTellWhatHappened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &recorder{}
		b := cb.NewClient("c", quiet(), exactly(), cb.WithObserver(seen)).Breaker("M", cb.Policy{Fallbacks: []cb.Fallback{{Name: "F"}}})
		fail(b, 5)
		_ = b.Do(t.Context(), nil, func(context.Context, error) error { return io.EOF })
		assert.Equal(t, []cb.Event{{
			Client: "c", Method: "M", From: cb.Closed, To: cb.Open, At: time.Now(), Cause: errDown, RetryAfter: 30 * time.Second,
			Counts: cb.Counts{Failure: 5}, InRow: 5, Context: context.Background(),
		}}, seen.events)
		require.Len(t, seen.rejected, 1)
		assert.Equal(t, []cb.FallbackEvent{{Client: "c", Method: "M", Name: "F", Cause: seen.rejected[0], Err: io.EOF}}, seen.fallen)
	})
}

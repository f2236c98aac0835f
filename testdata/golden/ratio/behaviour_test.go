package ratio

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

func TestDefaultPolicies(t *testing.T) {
	t.Parallel()
	p := DefaultMeterPolicies()

	assert.Zero(t, p.Share.Threshold)
	assert.InDelta(t, 0.5, p.Share.Ratio, 0)
	assert.Equal(t, 20, p.Share.Min)
	assert.Equal(t, 10*time.Second, p.Share.Window)
	assert.Equal(t, time.Minute, p.Share.Timeout)
	assert.Equal(t, 3, p.Share.MaxRequests)

	assert.InDelta(t, 0.25, p.Decimal.Ratio, 0)
	assert.Equal(t, 4, p.Decimal.Min)
	assert.Equal(t, 10*time.Second, p.Decimal.Window)

	assert.Equal(t, 7, p.Both.Threshold)
	assert.InDelta(t, 0.5, p.Both.Ratio, 0)

	assert.Zero(t, p.Row.Ratio)
	assert.Equal(t, 10*time.Second, p.Row.Window)
}

type windowed struct{ err error }

func (w *windowed) Read(context.Context) error { return w.err }

func TestWindowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &windowed{err: errors.New("down")}
		b := NewWindowedBreaker(w)
		for range 2 {
			require.Error(t, b.Read(t.Context()))
		}
		time.Sleep(2 * time.Minute)
		require.NotErrorIs(t, b.Read(t.Context()), cb.ErrOpen)
		require.NotErrorIs(t, b.Read(t.Context()), cb.ErrOpen, "two failures are too old to count")
		require.NotErrorIs(t, b.Read(t.Context()), cb.ErrOpen)
		require.ErrorIs(t, b.Read(t.Context()), cb.ErrOpen)
	})
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	w := &windowed{err: errors.New("down")}
	b := NewDefaultsBreaker(w)
	for range 5 {
		require.NotErrorIs(t, b.Read(t.Context()), cb.ErrOpen)
	}
	require.ErrorIs(t, b.Read(t.Context()), cb.ErrOpen)
}

package states

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// store fails with err after takes.
type store struct {
	err   error
	takes time.Duration
}

func (s *store) end() error {
	time.Sleep(s.takes)
	return s.err
}

func (s *store) Get(context.Context, string) ([]byte, error) { return nil, s.end() }
func (s *store) List(context.Context) ([]string, error)      { return nil, s.end() }
func (s *store) Put(context.Context, string, []byte) error   { return s.end() }
func (s *store) Delete(context.Context, string) error        { return s.end() }

func wrapped(s *store) *StoreBreaker {
	return NewStoreBreaker(s, cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))), cb.WithJitter(func() float64 { return 0.5 }))
}

func TestGroupSharesABreaker(t *testing.T) {
	t.Parallel()
	b := wrapped(&store{err: errors.New("down")})
	for range 3 {
		_, err := b.Get(t.Context(), "a")
		require.NotErrorIs(t, err, cb.ErrOpen)
	}
	_, err := b.List(t.Context())
	require.ErrorIs(t, err, cb.ErrOpen)
	require.NotErrorIs(t, b.Put(t.Context(), "a", nil), cb.ErrOpen, "a breaker of its own")
}

func TestSlowCallsOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := wrapped(&store{takes: time.Minute})
		for range 5 {
			go func() { _ = b.Put(t.Context(), "a", nil) }()
		}
		time.Sleep(2 * time.Second)
		require.ErrorIs(t, b.Put(t.Context(), "a", nil), cb.ErrOpen, "none of the five has returned")
		time.Sleep(time.Minute) // they do
	})
}

func TestTheOpenPeriodGrows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := wrapped(&store{err: errors.New("down")})
		for range 3 {
			_, _ = b.Get(t.Context(), "a")
		}
		for _, period := range []time.Duration{10, 20, 40, 80, 160, 300, 300} {
			var rejected *cb.RejectedError
			_, err := b.Get(t.Context(), "a")
			require.ErrorAs(t, err, &rejected)
			assert.Equal(t, period*time.Second, rejected.RetryAfter)
			time.Sleep(rejected.RetryAfter)
			_, _ = b.Get(t.Context(), "a") // the probe fails
		}
	})
}

func TestRampLetsMoreAndMoreThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{err: errors.New("down")}
		b := wrapped(s)
		for range 5 {
			_ = b.Put(t.Context(), "a", nil)
		}
		time.Sleep(10 * time.Second)
		s.err = nil
		require.NoError(t, b.Put(t.Context(), "a", nil), "the probe closes it")
		var through [2]int
		for half := range through {
			for range 300 {
				time.Sleep(100 * time.Millisecond)
				if err := b.Put(t.Context(), "a", nil); err == nil {
					through[half]++
				} else {
					require.ErrorIs(t, err, cb.ErrRamping)
				}
			}
		}
		assert.InDelta(t, 300*0.325, through[0], 15, "from a tenth to 55% in the first half minute")
		assert.InDelta(t, 300*0.775, through[1], 15)
	})
}

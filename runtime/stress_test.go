package cb_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// TestStress lets many goroutines call, look and interfere at once; what must hold whatever happens is checked at the end.
func TestStress(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]cb.Policy{
		"threshold": {Threshold: 3, MaxRequests: 2},
		"window":    {Threshold: 3, Window: time.Second},
		"layers": {
			Threshold: 3, Deadline: 20 * time.Millisecond, Retry: cb.Retry{Max: 2, Backoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond},
			Bulkhead: cb.Bulkhead{Max: 4, Wait: 2 * time.Millisecond},
		},
		"ratio": {Ratio: 0.4, Min: 5, Deadline: 20 * time.Millisecond},
		"slow":  {Threshold: 3, Slow: 10 * time.Millisecond, MaxTimeout: 100 * time.Millisecond},
		"ramp":  {Threshold: 3, Ramp: 50 * time.Millisecond},
		"both":  {Ratio: 0.4, Min: 5, Slow: 10 * time.Millisecond, Ramp: 50 * time.Millisecond},
		"surge": {Threshold: 3, Slow: 10 * time.Millisecond, Surge: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { stress(t, p) })
		})
	}
}

func stress(t *testing.T, p cb.Policy) {
	t.Helper()
	p.Timeout = 10 * time.Millisecond
	p.Ignore = cb.Match{Codes: "404"}
	seen := &recorder{}
	b := cb.New(p, quiet(), cb.WithObserver(seen))
	var ran, rejected atomic.Uint64
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(g), 9))
			for range 400 {
				switch random.IntN(60) {
				case 0:
					b.Trip()
				case 1:
					b.Reset()
				case 2:
					b.ForceOpen()
				case 3:
					b.ForceClose()
				case 4:
					b.Disable()
				}
				assert.GreaterOrEqual(t, b.Snapshot().InFlight, 0)
				pause, how := time.Duration(random.IntN(30))*time.Millisecond, random.IntN(10)
				err := b.Do(context.Background(), func(ctx context.Context) (err error) {
					ran.Add(1)
					if how == 0 {
						time.Sleep(pause)
					}
					switch {
					case how < 5:
						return errDown
					case how == 5:
						return statusError(404)
					default:
						return nil
					}
				})
				if errors.Is(err, cb.ErrOpen) || errors.Is(err, cb.ErrTooManyProbes) || errors.Is(err, cb.ErrRamping) {
					rejected.Add(1)
				}
				if how == 9 {
					time.Sleep(pause)
				}
			}
		})
	}
	wg.Wait()
	s := b.Snapshot()
	assert.Zero(t, s.InFlight)
	assert.Equal(t, ran.Load(), s.Counts.Success+s.Counts.Failure+s.Counts.Ignored)
	assert.Equal(t, rejected.Load(), s.Rejections[cb.ReasonOpen]+s.Rejections[cb.ReasonTooManyProbes]+s.Rejections[cb.ReasonRamping])
	require.NotEmpty(t, seen.events)
	last := cb.Closed
	for _, e := range seen.events {
		require.Equal(t, last, e.From, "every change is told, in order")
		last = e.To
	}
	assert.Equal(t, last, s.State)

	b.Reset()
	b.Trip()
	time.Sleep(time.Second)
	for range 2 {
		require.NoError(t, end(b, nil))
	}
	assert.Equal(t, cb.Closed, b.State(), "it recovers")
}

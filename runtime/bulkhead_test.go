package cb_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// waiting starts a call with ctx that has to wait for its place, and returns when it does.
func waiting(ctx context.Context, b *cb.Breaker, fn func()) <-chan error {
	done := make(chan error, 1)
	go func() {
		done <- b.Do(ctx, func(context.Context) error { fn(); return nil })
	}()
	synctest.Wait()
	return done
}

func use(b *cb.Breaker) cb.BulkheadUse { return b.Snapshot().Bulkhead }

func TestBulkheadRejectsWhenItIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &recorder{}
		b := cb.NewClient("chat", quiet(), exactly(), cb.WithObserver(seen)).
			Breaker("Complete", cb.Policy{Threshold: 1, Bulkhead: cb.Bulkhead{Max: 2}})
		running := []*call{begin(b), begin(b)}
		assert.Equal(t, cb.BulkheadUse{Max: 2, Running: 2}, use(b))

		err := end(b, nil)
		require.ErrorIs(t, err, cb.ErrBulkheadFull)
		assert.Equal(t, &cb.RejectedError{Client: "chat", Method: "Complete", Reason: cb.ReasonBulkheadFull}, err)
		assert.EqualError(t, err, "chat.Complete: bulkhead is full")
		assert.Len(t, seen.rejected, 1)

		s := b.Snapshot()
		assert.Equal(t, cb.Closed, s.State, "it says nothing about the upstream")
		assert.Zero(t, s.Counts)
		assert.Equal(t, uint64(1), s.Rejections[cb.ReasonBulkheadFull])
		assert.Equal(t, 2, s.InFlight)

		assert.NoError(t, running[0].end(nil))
		assert.NoError(t, end(b, nil))
		assert.NoError(t, running[1].end(nil))
		assert.Equal(t, cb.BulkheadUse{Max: 2}, use(b))
	})
}

func TestBulkheadLetsWaitInOrderOfArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Second}})
		first := begin(b)
		var order []int
		var done []<-chan error
		for i := range 5 {
			done = append(done, waiting(t.Context(), b, func() { order = append(order, i); time.Sleep(time.Millisecond) }))
		}
		assert.Equal(t, cb.BulkheadUse{Max: 1, Running: 1, Waiting: 5}, use(b))
		assert.Equal(t, 1, b.Snapshot().InFlight)
		require.NoError(t, first.end(nil))
		for _, d := range done {
			require.NoError(t, <-d)
		}
		assert.Equal(t, []int{0, 1, 2, 3, 4}, order)
		assert.Equal(t, cb.BulkheadUse{Max: 1}, use(b))
	})
}

func TestBulkheadWaitEnds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy    cb.Policy
		ctx       func(context.Context) (context.Context, context.CancelFunc)
		after     time.Duration
		want      error
		ignored   uint64
		rejection uint64
	}{
		"after the wait": {after: time.Second, want: cb.ErrBulkheadFull, rejection: 1},
		"by the deadline of the attempt": {
			policy: cb.Policy{Deadline: 300 * time.Millisecond}, after: 300 * time.Millisecond, want: cb.ErrBulkheadFull, rejection: 1,
		},
		"by the caller's deadline": {
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 200*time.Millisecond)
			},
			after: 200 * time.Millisecond, want: cb.ErrBulkheadFull, rejection: 1,
		},
		"by the caller's cancellation": {
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(100*time.Millisecond, cancel)
				return ctx, cancel
			},
			after: 100 * time.Millisecond, want: context.Canceled, ignored: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tt.policy.Threshold, tt.policy.Bulkhead = 1, cb.Bulkhead{Max: 1, Wait: time.Second}
				b := newBreaker(tt.policy)
				hung := begin(b) // past any deadline
				ctx := t.Context()
				if tt.ctx != nil {
					var cancel context.CancelFunc
					ctx, cancel = tt.ctx(ctx)
					defer cancel()
				}
				start := time.Now()
				err := b.Do(ctx, func(context.Context) error { t.Error("it got in"); return nil })
				require.ErrorIs(t, err, tt.want)
				assert.Equal(t, tt.after, time.Since(start))
				s := b.Snapshot()
				assert.Equal(t, cb.Closed, s.State)
				assert.Equal(t, cb.Counts{Ignored: tt.ignored}, s.Counts)
				assert.Equal(t, tt.rejection, s.Rejections[cb.ReasonBulkheadFull])
				assert.Equal(t, 1, s.InFlight)
				assert.Equal(t, cb.BulkheadUse{Max: 1, Running: 1}, s.Bulkhead, "a hung call holds its place, whoever gave up on it")
				require.NoError(t, hung.end(nil))
				assert.Equal(t, cb.BulkheadUse{Max: 1}, use(b))
			})
		})
	}
}

func TestBulkheadGivesUpThePlaceOfWhoLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Second}})
		first := begin(b)
		ctx, cancel := context.WithCancel(t.Context())
		left := waiting(ctx, b, func() { t.Error("it left") })
		ran := false
		stays := waiting(t.Context(), b, func() { ran = true })
		cancel()
		require.ErrorIs(t, <-left, context.Canceled)
		require.NoError(t, first.end(nil))
		require.NoError(t, <-stays)
		assert.True(t, ran)
		assert.Equal(t, cb.BulkheadUse{Max: 1}, use(b))
	})
}

func TestBulkheadPassesOnThePlaceOfWhoIsGone(t *testing.T) {
	t.Parallel()
	for range 50 { // whether it hears of its place or of its end first is chance
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Second}})
			first := begin(b)
			ctx, cancel := context.WithCancel(t.Context())
			gone := waiting(ctx, b, func() { t.Error("it has gone") })
			stays := waiting(t.Context(), b, func() {})
			first.endBy(cancel)
			require.ErrorIs(t, <-gone, context.Canceled)
			require.NoError(t, <-stays)
			assert.Equal(t, cb.BulkheadUse{Max: 1}, use(b))
		})
	}
}

func TestBulkheadPlacesComeBack(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]func(){
		"panic":  func() { panic("x") },
		"Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1}})
				begin(b).endBy(how)
				assert.Equal(t, cb.BulkheadUse{Max: 1}, use(b))
				assert.NoError(t, end(b, nil))
			})
		})
	}
}

func TestBulkheadFreesTheProbesPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Bulkhead: cb.Bulkhead{Max: 1}})
		hung := begin(b)
		b.Trip()
		afterTimeout()
		for range 3 { // none of them keeps the one probe's place
			err := end(b, nil)
			require.ErrorIs(t, err, cb.ErrBulkheadFull)
			assert.Equal(t, cb.HalfOpen, err.(*cb.RejectedError).State) //nolint:errorlint,forcetypeassert // it is the error itself
			assert.Equal(t, cb.HalfOpen, b.State())
		}
		require.NoError(t, hung.end(nil))
		assert.Equal(t, cb.HalfOpen, b.State(), "of an earlier time")
		require.NoError(t, end(b, nil))
		assert.Equal(t, cb.Closed, b.State())
	})
}

func TestBulkheadProbeThatWaitsDoesNotHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Hour}})
		first := begin(b)
		b.Trip()
		afterTimeout()
		var release func()
		hold := make(chan struct{})
		release = func() { <-hold }
		probe := waiting(t.Context(), b, release)
		time.Sleep(time.Minute) // longer than a probe may take
		require.ErrorIs(t, end(b, nil), cb.ErrTooManyProbes)
		assert.Equal(t, cb.HalfOpen, b.State())
		require.NoError(t, first.end(nil))
		synctest.Wait() // the probe calls now
		afterTimeout()
		require.ErrorIs(t, end(b, nil), cb.ErrOpen, "and from now on it may hang")
		close(hold)
		require.NoError(t, <-probe)
	})
}

func TestBulkheadFallsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1}, Fallbacks: []cb.Fallback{{Name: "Cached", On: cb.OnOpen}}})
		hung := begin(b)
		cached := &answering{text: "cached"}
		got, err := cb.Call(t.Context(), b, returning("", nil), cached.answer)
		require.NoError(t, err)
		assert.Equal(t, "cached", got)
		require.Len(t, cached.causes, 1)
		require.ErrorIs(t, cached.causes[0], cb.ErrBulkheadFull)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = cb.Call(ctx, b, returning("", nil), cached.answer)
		require.ErrorIs(t, err, context.Canceled)
		assert.Len(t, cached.causes, 1, "whoever has gone needs no answer")
		require.NoError(t, hung.end(nil))
	})
}

func TestBulkheadAndStatesHeldByHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1}})
		hung := begin(b)
		b.ForceClose()
		require.ErrorIs(t, end(b, nil), cb.ErrBulkheadFull)
		b.Disable()
		require.NoError(t, end(b, nil), "untouched")
		assert.Equal(t, cb.BulkheadUse{Max: 1, Running: 1}, use(b))
		b.Reset()
		require.NoError(t, hung.end(nil))
		assert.Equal(t, cb.BulkheadUse{Max: 1}, use(b))
	})
}

func TestBulkheadStress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit = 3
		b := newBreaker(cb.Policy{Threshold: 1_000_000, Bulkhead: cb.Bulkhead{Max: limit, Wait: 2 * time.Millisecond}})
		var running, most, ran, full, gone atomic.Int64
		var wg sync.WaitGroup
		for g := range 16 {
			wg.Go(func() {
				for i := range 200 {
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+(g+i)%5)*time.Millisecond)
					if (g+i)%7 == 0 {
						time.AfterFunc(time.Millisecond, cancel)
					}
					err := b.Do(ctx, func(context.Context) error {
						now := running.Add(1)
						for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
						}
						ran.Add(1)
						if i%2 == 0 {
							time.Sleep(time.Millisecond)
						}
						running.Add(-1)
						return nil
					})
					switch {
					case errors.Is(err, cb.ErrBulkheadFull):
						full.Add(1)
					case err != nil:
						gone.Add(1)
					}
					cancel()
				}
			})
		}
		wg.Wait()
		assert.Equal(t, int64(limit), most.Load())
		assert.Equal(t, int64(16*200), ran.Load()+full.Load()+gone.Load())
		assert.NotZero(t, full.Load())
		s := b.Snapshot()
		assert.Equal(t, cb.BulkheadUse{Max: limit}, s.Bulkhead)
		assert.Zero(t, s.InFlight)
		assert.Equal(t, uint64(full.Load()), s.Rejections[cb.ReasonBulkheadFull]) //nolint:gosec // a count
	})
}

func TestBulkheadAllocatesNothing(t *testing.T) {
	b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Second}})
	ctx := t.Context()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = cb.Call(ctx, b, func(context.Context) (int, error) { return 1, nil })
	}))
}

func TestSuccessRate(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 10, Ignore: cb.Match{Codes: "404"}})
	assert.InDelta(t, 1, b.Snapshot().SuccessRate(), 0)
	_ = end(b, statusError(404))
	assert.InDelta(t, 1, b.Snapshot().SuccessRate(), 0)
	_ = end(b, nil)
	fail(b, 3)
	assert.InDelta(t, 0.25, b.Snapshot().SuccessRate(), 0)
}

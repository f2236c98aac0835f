package cb_test

import (
	"context"
	"io"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// openSeq opens a sequence; the test fails where that fails.
func openSeq(t *testing.T, ctx context.Context, b *cb.Breaker, open opening) words { //nolint:revive // t comes first
	t.Helper()
	seq, err := cb.CallStream(ctx, b, cb.StreamSeq2[string], open)
	require.NoError(t, err)
	return seq
}

func halfOpen(b *cb.Breaker) { b.Trip(); afterTimeout() }

// TestR4_AStreamCannotWedge a half-open breaker: one that is not read, or hangs, is given up after the limit of a probe.
func TestR4_AStreamCannotWedge(t *testing.T) {
	t.Parallel()
	for name, reader := range map[string]func(words){
		"not read": func(words) {},
		"hangs":    func(seq words) { go func() { _, _ = read(seq) }() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{})
				halfOpen(b)
				ctx, cancel := context.WithCancel(t.Context())
				seq := openSeq(t, ctx, b, source(wordIn(time.Hour, "a")))
				reader(seq)
				require.ErrorIs(t, end(b, nil), cb.ErrTooManyProbes)
				time.Sleep(30 * time.Second)
				require.ErrorIs(t, end(b, nil), cb.ErrOpen)
				assert.Equal(t, "probe has not ended within 30s", b.Snapshot().OpenedBy.Error())
				afterTimeout()
				require.NoError(t, end(b, nil))
				assert.Equal(t, cb.Closed, b.State())
				cancel()
				synctest.Wait()
				assert.Zero(t, b.Snapshot().InFlight)
				runtime.KeepAlive(seq) // the garbage collector is outside the bubble
			})
		})
	}
}

// TestR4_ALongStreamClosesTheBreaker where it has brought an item by the time that a probe has.
func TestR4_ALongStreamClosesTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{MaxRequests: 2})
		halfOpen(b)
		for range 2 {
			seq := openSeq(t, t.Context(), b, source(word("a"), wordIn(time.Hour, "b"), fails(errDown)))
			go func() { _, _ = read(seq) }()
		}
		synctest.Wait()
		require.ErrorIs(t, end(b, nil), cb.ErrTooManyProbes)
		time.Sleep(30 * time.Second)
		require.NoError(t, end(b, nil))
		assert.Equal(t, cb.Closed, b.State())
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, cb.Closed, b.State())
		assert.Equal(t, cb.Counts{Success: 1, Failure: 2}, b.Snapshot().Counts)
	})
}

// TestR4_AForgottenStream gives its place back when the garbage collector finds it.
func TestR4_AForgottenStream(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 3}, Deadline: time.Hour})
	ended := make(chan struct{}, 3)
	watch := func(ctx context.Context) {
		context.AfterFunc(ctx, func() { ended <- struct{}{} })
	}
	func() {
		seq := openSeq(t, t.Context(), b, func(ctx context.Context) (words, error) {
			watch(ctx)
			return source(word("a"))(ctx)
		})
		assert.NotNil(t, seq)
		r, err := cb.CallStream(t.Context(), b, cb.StreamReader, func(ctx context.Context) (io.ReadCloser, error) {
			watch(ctx)
			return io.NopCloser(strings.NewReader("ab")), nil
		})
		require.NoError(t, err)
		_, err = r.Read(make([]byte, 1))
		require.NoError(t, err)
		n, err := cb.CallStream(t.Context(), b, newNext, func(ctx context.Context) (next, error) {
			watch(ctx)
			return &numbers{}, nil
		})
		require.NoError(t, err)
		assert.NotNil(t, n)
	}()
	assert.Equal(t, 3, b.Snapshot().Bulkhead.Running)
	for range 3 {
		for found := false; !found; {
			runtime.GC()
			select {
			case <-ended:
				found = true
			case <-time.After(time.Millisecond):
			}
		}
	}
	for b.Snapshot().Bulkhead.Running > 0 { // the context has ended just before
		runtime.Gosched()
	}
	assert.Equal(t, cb.Counts{Success: 1, Ignored: 2}, b.Snapshot().Counts)
}

// next is a stream as many clients write it, guarded as cbgen does it.
type next interface {
	Next() bool
	Value() int
	Err() error
	Close() error
}

type numbers struct {
	n, max int
	err    error
}

func (n *numbers) Next() bool   { n.n++; return n.n <= n.max }
func (n *numbers) Value() int   { return n.n }
func (n *numbers) Err() error   { return n.err }
func (n *numbers) Close() error { return nil }

type guardedNext struct {
	g   *cb.StreamGuard[next]
	err error
}

func newNext(g *cb.StreamGuard[next]) next { return &guardedNext{g: g} }

func (s *guardedNext) Next() bool {
	defer s.g.Abandon()
	for {
		s.g.Wait()
		if s.g.Source().Next() {
			s.g.Item()
			return true
		}
		again, err := s.g.Ended(s.g.Source().Err())
		if !again {
			s.err = err
			return false
		}
	}
}

func (s *guardedNext) Value() int   { return s.g.Source().Value() }
func (s *guardedNext) Err() error   { return s.err }
func (s *guardedNext) Close() error { return s.g.Close(next.Close) }

func TestStreamOfAnInterface(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Retry: cb.Retry{Max: 2}})
		sources := []next{&numbers{err: errDown}, &numbers{max: 3}}
		s, err := cb.CallStream(t.Context(), b, newNext, func(context.Context) (next, error) {
			first := sources[0]
			sources = sources[1:]
			return first, nil
		})
		require.NoError(t, err)
		sum := 0
		for s.Next() {
			sum += s.Value()
		}
		require.NoError(t, s.Err())
		assert.Equal(t, 6, sum)
		require.NoError(t, s.Close())
		assert.Equal(t, cb.Counts{Success: 1, Failure: 1}, b.Snapshot().Counts)

		none, err := cb.CallStream(t.Context(), b, newNext, func(context.Context) (next, error) { return nil, nil })
		require.NoError(t, err)
		assert.Nil(t, none)
		assert.Equal(t, cb.Counts{Success: 2, Failure: 1}, b.Snapshot().Counts)
	})
}

// TestStreamHoldsItsPlace in the bulkhead until it ends, and not while it waits for a retry.
func TestStreamHoldsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1}})
		seq := openSeq(t, t.Context(), b, source(word("a"), word("b")))
		for w := range seq {
			require.ErrorIs(t, end(b, nil), cb.ErrBulkheadFull, w)
		}
		require.NoError(t, end(b, nil))
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1}, Retry: cb.Retry{Max: 1, Backoff: time.Second}})
		seq := openSeq(t, t.Context(), b, source(fails(errDown)))
		time.AfterFunc(time.Millisecond, func() { assert.NoError(t, end(b, nil)) })
		_, err := read(seq)
		require.ErrorIs(t, err, errDown)
	})
}

// TestStreamThatIsDeafHoldsItsPlace: a limit counts when it passes, but what still runs has not ended.
func TestStreamThatIsDeafHoldsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Bulkhead: cb.Bulkhead{Max: 1}, Stream: cb.Stream{First: time.Second}})
		seq := openSeq(t, t.Context(), b, deafSource(time.Minute, "a"))
		go func() { _, _ = read(seq) }()
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, cb.Open, b.State())
		assert.Equal(t, 1, b.Snapshot().Bulkhead.Running)
		assert.Zero(t, b.Snapshot().InFlight)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Zero(t, b.Snapshot().Bulkhead.Running)
	})
}

// TestStreamIsSlowBeforeItEnds: the first item is late as soon as somebody looks.
func TestStreamIsSlowBeforeItEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2, Slow: time.Second})
		for range 2 {
			seq := openSeq(t, t.Context(), b, opensIn(500*time.Millisecond, source(wordIn(time.Hour, "a"))))
			go func() { _, _ = read(seq) }()
		}
		time.Sleep(time.Second)
		require.ErrorIs(t, end(b, nil), cb.ErrOpen)
		assert.Equal(t, "call has not ended within 1s", b.Snapshot().OpenedBy.Error())
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, cb.Counts{Failure: 2}, b.Snapshot().Counts)
	})
}

// TestStreamThatWasSlowCountsOnce, however it ends.
func TestStreamThatWasSlowCountsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2, Slow: time.Second})
		for _, open := range []opening{source(wordIn(2*time.Second, "a")), source(wordIn(2*time.Second, "a"), fails(errDown))} {
			_, _ = read(openSeq(t, t.Context(), b, open))
			if b.State() != cb.Closed {
				break
			}
			assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
		}
		assert.Equal(t, cb.Open, b.State())
		assert.Equal(t, cb.Counts{Failure: 2}, b.Snapshot().Counts)
	})
}

func TestStreamSeq2_RangedOverAgain(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	seq := openSeq(t, t.Context(), b, source(word("a"), word("b")))
	for range 2 {
		got, err := read(seq)
		require.NoError(t, err)
		assert.Equal(t, []string{"a", "b"}, got)
	}
	assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
}

// TestStreamSeq2_OfASourceThatGoesOn after its consumer has left gets the panic that Go has for it.
func TestStreamSeq2_OfASourceThatGoesOn(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	seq := openSeq(t, t.Context(), b, func(context.Context) (words, error) {
		return func(yield func(string, error) bool) { yield("a", nil); yield("b", nil) }, nil
	})
	assert.Panics(t, func() {
		for range seq {
			break
		}
	})
	assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
	assert.Zero(t, b.Snapshot().InFlight)
}

func TestCallSeq2(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 2})
	made := 0
	fn := func(ctx context.Context) words {
		made++
		seq, _ := source(word("a"), fails(errDown))(ctx)
		return seq
	}
	seq := cb.CallSeq2(t.Context(), b, fn)
	assert.Zero(t, made, "the call is made when it is ranged over")
	for range 2 {
		got, err := read(seq)
		assert.Equal(t, []string{"a"}, got)
		require.ErrorIs(t, err, errDown)
	}
	assert.Equal(t, 2, made)
	got, err := read(seq)
	assert.Empty(t, got)
	require.ErrorIs(t, err, cb.ErrOpen)
	assert.Equal(t, 2, made)

	withFallback := cb.CallSeq2(t.Context(), b, fn, nil, func(_ context.Context, cause error) words {
		require.ErrorIs(t, cause, cb.ErrOpen)
		return func(yield func(string, error) bool) { yield("f", nil) }
	})
	got, err = read(withFallback)
	require.NoError(t, err)
	assert.Equal(t, []string{"f"}, got)
	for range seq { // leaves at the rejection
		break
	}
	var lazy iter.Seq2[string, error] = cb.CallSeq2(t.Context(), newBreaker(cb.Policy{}), fn)
	for range lazy {
		break
	}
	assert.Equal(t, 3, made)
}

// TestStreamTellsItsProvenance also where the fallback answers while the stream is read.
func TestStreamTellsItsProvenance(t *testing.T) {
	t.Parallel()
	seen := &recorder{}
	b := newBreaker(cb.Policy{Fallbacks: []cb.Fallback{{Name: "Cached"}}}, cb.WithObserver(seen))
	ctx, provenance := cb.WithProvenance(t.Context())
	seq, err := cb.CallStream(ctx, b, cb.StreamSeq2[string], source(fails(errDown)),
		func(ctx context.Context, _ error) (words, error) { return source(word("f"))(ctx) })
	require.NoError(t, err)
	assert.Empty(t, provenance.Served().By)
	_, err = read(seq)
	require.NoError(t, err)
	assert.Equal(t, "Cached", provenance.Served().By)
	require.Len(t, seen.fallen, 1)
	assert.Equal(t, errDown, seen.fallen[0].Cause)
	assert.Equal(t, uint64(1), b.Snapshot().Fallbacks[0].Answered)
}

// TestStreamsAtOnce ends many streams in every way there is, several at the same moment; nothing is left behind or counted twice.
func TestStreamsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const streams = 600
		b := newBreaker(cb.Policy{
			Ratio: 1, Min: 1_000_000, Slow: 11 * time.Millisecond, Bulkhead: cb.Bulkhead{Max: streams},
			Stream: cb.Stream{First: 12 * time.Millisecond, Idle: 10 * time.Millisecond},
		})
		var wg sync.WaitGroup
		for i := range streams {
			wait := time.Duration(i%3+9) * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%5+8)*2*time.Millisecond)
			r, err := cb.CallStream(ctx, b, cb.StreamReader, func(ctx context.Context) (io.ReadCloser, error) {
				in, out := io.Pipe()
				context.AfterFunc(ctx, func() { _ = out.CloseWithError(context.Cause(ctx)) })
				go func() {
					for range 2 {
						time.Sleep(wait)
						_, _ = io.WriteString(out, "ab")
					}
					_ = out.Close()
				}()
				return in, nil
			})
			require.NoError(t, err)
			wg.Go(func() { _, _ = io.Copy(io.Discard, r) })
			if i%2 == 0 {
				wg.Go(func() { time.Sleep(20 * time.Millisecond); assert.NoError(t, r.Close()) })
			}
			if i%7 == 0 {
				wg.Go(func() { time.Sleep(10 * time.Millisecond); cancel() })
			}
			defer cancel()
		}
		wg.Wait()
		time.Sleep(time.Second) // for the sources
		s := b.Snapshot()
		assert.Equal(t, uint64(streams), s.Counts.Success+s.Counts.Failure+s.Counts.Ignored)
		assert.Zero(t, s.InFlight)
		assert.Zero(t, s.Bulkhead.Running)
		for outcome, n := range map[string]uint64{"success": s.Counts.Success, "failure": s.Counts.Failure, "ignored": s.Counts.Ignored} {
			assert.NotZero(t, n, outcome)
		}
	})
}

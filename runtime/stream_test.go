package cb_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

type (
	words   = iter.Seq2[string, error]
	opening = func(context.Context) (words, error)
)

// step is what a source does next: wait, and yield a word or an error.
type step struct {
	after time.Duration
	word  string
	err   error
	do    func() // instead
}

// source is a stream of these steps. It waits no longer than its context, whose error is then its last.
func source(steps ...step) opening {
	return func(ctx context.Context) (words, error) {
		return func(yield func(string, error) bool) {
			for _, s := range steps {
				if s.after > 0 {
					select {
					case <-time.After(s.after):
					case <-ctx.Done():
						yield("", ctx.Err())
						return
					}
				}
				if s.do != nil {
					s.do()
					continue
				}
				if !yield(s.word, s.err) {
					return
				}
			}
		}, nil
	}
}

func word(w string) step                    { return step{word: w} }
func wordIn(d time.Duration, w string) step { return step{after: d, word: w} }
func fails(err error) step                  { return step{err: err} }

// read ranges to the end and tells what came.
func read(seq words) (got []string, err error) {
	for w, e := range seq {
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		got = append(got, w)
	}
	return got, err
}

func TestStreamCountsHowItEnds(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	seq, err := cb.CallStream(t.Context(), b, cb.StreamSeq2[string], source(word("a"), word("b"), fails(errDown)))
	require.NoError(t, err)
	assert.Zero(t, b.Snapshot().Counts)
	assert.Equal(t, 1, b.Snapshot().InFlight)
	got, err := read(seq)
	assert.Equal(t, []string{"a", "b"}, got)
	assert.Equal(t, errDown.Error(), err.Error())
	assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	assert.Zero(t, b.Snapshot().InFlight)
}

func TestStreamReaderCountsHowItEnds(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	r, err := cb.CallStream(t.Context(), b, cb.StreamReader, func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("hello")), nil
	})
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(text))
	assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
	require.NoError(t, r.Close())
	assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
}

func TestStreamLimitEndsAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Stream: cb.Stream{First: time.Second}})
		seq, err := cb.CallStream(t.Context(), b, cb.StreamSeq2[string], source(wordIn(time.Minute, "a")))
		require.NoError(t, err)
		start := time.Now()
		_, err = read(seq)
		limit, ok := errors.AsType[*cb.StreamLimitError](err)
		require.True(t, ok)
		assert.Equal(t, cb.StreamLimitError{Limit: "first", After: time.Second}, *limit)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	})
}

// TestCallObserverOfAStream is told when the stream has ended, or is judged by a limit, and how long it went on.
func TestCallObserverOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		watch := &stopwatch{}
		b := newBreaker(cb.Policy{Stream: cb.Stream{Idle: 10 * time.Second}}, cb.WithObserver(watch))
		seq, err := cb.CallStream(t.Context(), b, cb.StreamSeq2[string], source(wordIn(time.Second, "a"), wordIn(2*time.Second, "b")))
		require.NoError(t, err)
		assert.Empty(t, watch.take())
		_, err = read(seq)
		require.NoError(t, err)
		assert.Equal(t, []cb.CallEvent{{Outcome: cb.OutcomeSuccess, Took: 3 * time.Second}}, watch.take())
		seq, err = cb.CallStream(t.Context(), b, cb.StreamSeq2[string], source(wordIn(time.Second, "a"), wordIn(time.Minute, "b")))
		require.NoError(t, err)
		_, err = read(seq)
		require.Error(t, err)
		assert.Equal(t, []cb.CallEvent{{Outcome: cb.OutcomeFailure, Took: 11 * time.Second}}, watch.take())
	})
}

// TestStreamThatOverranIsRetried counts a limit that passed before the first item as a deadline, and an error of the source as none.
func TestStreamThatOverranIsRetried(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first func(context.Context) (iter.Seq2[string, error], error)
		want  int
	}{
		"it waited for its first item": {source(wordIn(time.Minute, "late")), 2},
		"it could not be opened": {func(ctx context.Context) (iter.Seq2[string, error], error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, 2},
		"it was refused": {func(context.Context) (iter.Seq2[string, error], error) { return nil, errDown }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Retry: cb.Retry{Max: 1, On: cb.OnDeadline}, Stream: cb.Stream{First: time.Second}})
				calls := 0
				seq, err := cb.CallStream(t.Context(), b, cb.StreamSeq2[string], func(ctx context.Context) (iter.Seq2[string, error], error) {
					if calls++; calls == 1 {
						return tt.first(ctx)
					}
					return source(wordIn(0, "soon"))(ctx)
				})
				if tt.want == 1 {
					require.ErrorIs(t, err, errDown)
				} else {
					require.NoError(t, err)
					words, err := read(seq)
					require.NoError(t, err)
					assert.Equal(t, []string{"soon"}, words)
				}
				assert.Equal(t, tt.want, calls)
			})
		})
	}
}

// TestCallSeq2OfNilIsEmpty, for whoever ranges over it holds a sequence that is not nil.
func TestCallSeq2OfNilIsEmpty(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	for range cb.CallSeq2(t.Context(), b, func(context.Context) iter.Seq2[int, error] { return nil }) {
		assert.Fail(t, "there are no items")
	}
	assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
}

// TestStreamWhoseContextEndsAsItOpens gives its place back, also where nobody reads it.
func TestStreamWhoseContextEndsAsItOpens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const streams = 5000
		b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: streams}})
		unread := make([]words, streams) // the garbage collector is not to find them
		for i := range unread {
			ctx, cancel := context.WithCancel(t.Context())
			unread[i] = openSeq(t, ctx, b, func(context.Context) (words, error) {
				cancel()
				return source(word("a"))(t.Context())
			})
		}
		synctest.Wait()
		assert.Equal(t, cb.Counts{Ignored: streams}, b.Snapshot().Counts)
		assert.Zero(t, b.Snapshot().Bulkhead.Running)
		runtime.KeepAlive(unread)
	})
}

// lateNext is a stream whose items come when its context has ended.
type lateNext struct {
	numbers
	ended <-chan struct{}
}

func (n *lateNext) Next() bool {
	<-n.ended
	synctest.Wait() // whoever watches the context knows
	return n.numbers.Next()
}

// TestStreamWhoseContextEndsWithAnItem gives its place back when its caller leaves by the context, and so reads no more.
func TestStreamWhoseContextEndsWithAnItem(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy cb.Policy
		want   cb.Counts
	}{
		"the caller's":    {cb.Policy{}, cb.Counts{Ignored: 1}},
		"by a deadline":   {cb.Policy{Deadline: time.Second}, cb.Counts{Ignored: 1}},
		"by a limit":      {cb.Policy{Stream: cb.Stream{First: time.Second}}, cb.Counts{Failure: 1}},
		"by both of ours": {cb.Policy{Deadline: time.Second, Stream: cb.Stream{First: time.Millisecond}}, cb.Counts{Failure: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tt.policy.Bulkhead.Max = 1
				b := newBreaker(tt.policy)
				ctx, cancel := context.WithCancel(t.Context())
				s, err := cb.CallStream(ctx, b, newNext, func(ctx context.Context) (next, error) {
					return &lateNext{numbers{max: 2}, ctx.Done()}, nil
				})
				require.NoError(t, err)
				time.AfterFunc(time.Minute, cancel)
				require.True(t, s.Next())
				cancel()
				synctest.Wait()
				assert.Equal(t, tt.want, b.Snapshot().Counts)
				assert.Zero(t, b.Snapshot().Bulkhead.Running)
				runtime.KeepAlive(s) // the garbage collector is outside the bubble
			})
		})
	}
}

// TestStreamThatIsAwaited ends as during a read where its context ends: by our deadline, not by a reader who has left.
func TestStreamThatIsAwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Deadline: time.Second, Stream: cb.Stream{First: time.Millisecond}, Bulkhead: cb.Bulkhead{Max: 1}})
		var guard *cb.StreamGuard[next]
		s, err := cb.CallStream(t.Context(), b, func(g *cb.StreamGuard[next]) next { guard = g; return newNext(g) },
			func(context.Context) (next, error) { return &numbers{}, nil })
		require.NoError(t, err)
		guard.Await(func() { time.Sleep(time.Second / 2) })
		assert.Zero(t, b.Snapshot().Counts)
		guard.Await(func() { time.Sleep(time.Second) })
		assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
		assert.Zero(t, b.Snapshot().Bulkhead.Running)
		require.NoError(t, s.Close())
	})
}

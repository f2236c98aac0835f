package cb_test

import (
	"context"
	"io"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// injector does what its functions do, and notes for whom it was asked.
type injector struct {
	call func(ctx context.Context) error
	item func(ctx context.Context, n int) error

	mu    sync.Mutex
	asked []string
}

func (i *injector) Inject(ctx context.Context, client, method, key string) error {
	i.mu.Lock()
	i.asked = append(i.asked, client+"."+method+"."+key)
	i.mu.Unlock()
	if i.call == nil {
		return nil
	}
	return i.call(ctx)
}

func (i *injector) InjectItem(ctx context.Context, _, _, _ string, n int) error {
	if i.item == nil {
		return nil
	}
	return i.item(ctx, n)
}

func TestInjectorEndsAttemptsInThePlaceOfTheUpstream(t *testing.T) {
	t.Parallel()
	in := &injector{call: func(context.Context) error { return errDown }}
	client := cb.NewClient("openai", quiet(), exactly(), cb.WithInjector(in))
	b := client.Breaker("Complete", cb.Policy{Threshold: 2})
	for range 3 {
		value, err := cb.Call(t.Context(), b, func(context.Context) (string, error) {
			assert.Fail(t, "the upstream was called")
			return "", nil
		}, func(_ context.Context, cause error) (string, error) { return "instead of " + cause.Error(), nil })
		require.NoError(t, err)
		assert.Contains(t, value, "instead of ", "fallbacks answer")
	}
	assert.Equal(t, cb.Open, b.State())
	assert.Equal(t, uint64(1), b.Snapshot().Rejections[cb.ReasonOpen])
	assert.Equal(t, []string{"openai.Complete.", "openai.Complete."}, in.asked, "an open breaker asks nobody")

	in.call = nil
	keyed := cb.KeyedBreaker[int](client, "Embed", cb.Policy{}, 0)
	require.NoError(t, end(keyed.For(7), nil))
	assert.Equal(t, "openai.Embed.7", in.asked[2])
}

func TestInjectorIsAskedOfADisabledBreaker(t *testing.T) {
	t.Parallel()
	b := cb.New(cb.Policy{}, cb.Disabled(), cb.WithInjector(&injector{call: func(context.Context) error { return errDown }}))
	assert.ErrorIs(t, end(b, nil), errDown)
}

func TestInjectorOfARegistryAndItsOverride(t *testing.T) {
	t.Parallel()
	down := &injector{call: func(context.Context) error { return errDown }}
	r := cb.NewRegistry(cb.WithInjector(down), quiet())
	assert.ErrorIs(t, end(cb.NewClient("a", cb.WithRegistry(r)).Breaker("M", cb.Policy{}), nil), errDown)
	assert.NoError(t, end(cb.NewClient("b", cb.WithRegistry(r), cb.WithInjector(nil)).Breaker("M", cb.Policy{}), nil))
}

// TestInjectorIsInsideDeadlineAndBulkhead lets it hang: the deadline ends it, and its place is taken meanwhile.
func TestInjectorIsInsideDeadlineAndBulkhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Deadline: time.Second, Bulkhead: cb.Bulkhead{Max: 1}}, cb.WithInjector(&injector{
			call: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		}))
		start, done := time.Now(), make(chan error)
		go func() { done <- end(b, nil) }()
		synctest.Wait()
		require.ErrorIs(t, end(b, nil), cb.ErrBulkheadFull)
		require.ErrorIs(t, <-done, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		assert.Equal(t, uint64(1), b.Snapshot().Counts.Failure)
	})
}

func TestInjectorMayPanic(t *testing.T) {
	t.Parallel()
	in := &injector{call: func(context.Context) error { panic("down") }}
	b := newBreaker(cb.Policy{}, cb.WithInjector(in))
	assert.PanicsWithValue(t, "down", func() { _ = end(b, nil) })
	assert.PanicsWithValue(t, "down", func() {
		_, _ = cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(&file{}))
	})
	assert.Equal(t, uint64(2), b.Snapshot().Counts.Failure)
}

func TestInjectorFailsTheOpeningOfAStream(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{}, cb.WithInjector(&injector{call: func(context.Context) error { return errDown }}))
	_, err := cb.CallStream(t.Context(), b, cb.StreamReader, func(context.Context) (io.ReadCloser, error) {
		assert.Fail(t, "the upstream was called")
		return nil, nil
	})
	require.ErrorIs(t, err, errDown)
	assert.Equal(t, uint64(1), b.Snapshot().Counts.Failure)
}

// breakOff ends a stream when n items have come.
func breakOff(n int) *injector {
	return &injector{item: func(_ context.Context, k int) error {
		if k == n {
			return errDown
		}
		return nil
	}}
}

// TestInjectorBreaksStreamsOff reads a stream of three items of each kind. The sources do not look at their contexts.
func TestInjectorBreaksStreamsOff(t *testing.T) {
	t.Parallel()
	sequence := func(b *cb.Breaker, fallbacks ...func(context.Context, error) iter.Seq2[string, error]) (got string, err error) {
		for v, e := range cb.CallSeq2(context.Background(), b, func(context.Context) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				_ = yield("a", nil) && yield("b", nil) && yield("c", nil)
			}
		}, fallbacks...) {
			got, err = got+v, cb.FirstError(err, e)
		}
		return got, err
	}
	kinds := map[string]func(b *cb.Breaker) (string, error){
		"sequence": func(b *cb.Breaker) (string, error) { return sequence(b) },
		"reader": func(b *cb.Breaker) (string, error) {
			r, err := cb.CallStream(t.Context(), b, cb.StreamReader,
				openFiles(&file{Reader: &results{{"a", nil}, {"b", nil}, {"c", nil}, {"", io.EOF}}}))
			if err != nil {
				return "", err
			}
			got, err := io.ReadAll(r)
			return string(got), err
		},
		"channel": func(b *cb.Breaker) (got string, _ error) {
			c, err := cb.CallStream(t.Context(), b, cb.StreamChan[string], func(context.Context) (<-chan string, error) {
				source := make(chan string, 3)
				source <- "a"
				source <- "b"
				source <- "c"
				close(source)
				return source, nil
			})
			for item := range c {
				got += item
			}
			return got, cb.FirstError(err, b.Snapshot().LastFailure)
		},
	}
	for name, read := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n, want := range []string{"", "a", "ab"} {
				b := newBreaker(cb.Policy{}, cb.WithInjector(breakOff(n)))
				got, err := read(b)
				require.ErrorIs(t, err, errDown)
				assert.Equal(t, want, got)
				assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
				assert.Zero(t, b.Snapshot().InFlight)
			}
			b := newBreaker(cb.Policy{}, cb.WithInjector(breakOff(3)))
			got, err := read(b)
			require.NoError(t, err)
			assert.Equal(t, "abc", got)
			assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
		})
	}
	t.Run("fallbacks before the first item only", func(t *testing.T) {
		t.Parallel()
		other := func(context.Context, error) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) { yield("other", nil) }
		}
		got, err := sequence(newBreaker(cb.Policy{}, cb.WithInjector(breakOff(0))), other)
		require.NoError(t, err)
		assert.Equal(t, "other", got)
		got, err = sequence(newBreaker(cb.Policy{}, cb.WithInjector(breakOff(1))), other)
		require.ErrorIs(t, err, errDown)
		assert.Equal(t, "a", got)
	})
}

// TestInjectorMayHoldAnItemBack until the limit between items ends the stream.
func TestInjectorMayHoldAnItemBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Stream: cb.Stream{Idle: time.Second}}, cb.WithInjector(&injector{
			item: func(ctx context.Context, n int) error {
				if n == 0 {
					return nil
				}
				<-ctx.Done()
				return ctx.Err()
			},
		}))
		r, err := cb.CallStream(t.Context(), b, cb.StreamReader, openFiles(&file{Reader: &results{{"a", nil}}}))
		require.NoError(t, err)
		start := time.Now()
		got, err := io.ReadAll(r)
		var limit *cb.StreamLimitError
		require.ErrorAs(t, err, &limit)
		assert.Equal(t, "a", string(got))
		assert.Equal(t, time.Second, time.Since(start))
		assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	})
}

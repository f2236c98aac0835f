package cb_test

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

// chunk is an item that may carry an error.
type chunk struct {
	text string
	err  error
}

func (c chunk) Err() error { return c.err }

// sends is an opening whose channel brings these chunks and is closed then, or when its context ends.
func sends(wait time.Duration, chunks ...chunk) func(context.Context) (<-chan chunk, error) {
	return func(ctx context.Context) (<-chan chunk, error) {
		c := make(chan chunk)
		go func() {
			defer close(c)
			for _, chunk := range chunks {
				if wait > 0 { // due timers of one bubble crash Go 1.26's race detector
					select {
					case <-time.After(wait):
					case <-ctx.Done():
						return
					}
				}
				select {
				case c <- chunk:
				case <-ctx.Done():
					return
				}
			}
		}()
		return c, nil
	}
}

func texts(c <-chan chunk) (got []string) {
	for chunk := range c {
		got = append(got, chunk.text)
	}
	return got
}

func TestStreamChan(t *testing.T) {
	t.Parallel()
	type openChan = func(context.Context) (<-chan chunk, error)
	a, b, down := chunk{"a", nil}, chunk{"b", nil}, chunk{"x", errDown}
	for _, tt := range []struct {
		name      string
		policy    cb.Policy
		limit     time.Duration
		open      []openChan
		fallbacks []openChan
		want      []string
		counts    cb.Counts
	}{
		{"closed", cb.Policy{}, 0, []openChan{sends(0, a, b)}, nil, []string{"a", "b"}, cb.Counts{Success: 1}},
		{"closed at once", cb.Policy{}, 0, []openChan{sends(0)}, nil, nil, cb.Counts{Success: 1}},
		{"the last item is an error", cb.Policy{}, 0, []openChan{sends(0, a, down)}, nil, []string{"a", "x"}, cb.Counts{Failure: 1}},
		{"another item is an error", cb.Policy{}, 0, []openChan{sends(0, a, down, b)}, nil, []string{"a", "x", "b"}, cb.Counts{Success: 1}},
		{"the first item is an error", cb.Policy{}, 0, []openChan{sends(0, down, b)}, nil, []string{"x", "b"}, cb.Counts{Success: 1}},
		{
			"the first item is an error, a fallback", cb.Policy{}, 0, []openChan{sends(0, down, b)}, []openChan{sends(0, chunk{"f", errDown}, b)},
			[]string{"f", "b"}, cb.Counts{Failure: 1},
		},
		{
			"the first item is an error, a retry", cb.Policy{Retry: cb.Retry{Max: 2}}, 0, []openChan{sends(0, down), sends(0, a)}, nil,
			[]string{"a"}, cb.Counts{Success: 1, Failure: 1},
		},
		{
			"the first item is an error, a retry in vain", cb.Policy{Retry: cb.Retry{Max: 1}}, 0, []openChan{sends(0, down), sends(0, down, b)}, nil,
			[]string{"x"}, cb.Counts{Failure: 2},
		},
		{
			"first passes", cb.Policy{Stream: cb.Stream{First: time.Second}}, 0, []openChan{sends(time.Minute, a)}, []openChan{sends(0, b)},
			[]string{"b"}, cb.Counts{Failure: 1},
		},
		{"idle passes", cb.Policy{Stream: cb.Stream{Idle: time.Second}}, 0, []openChan{sends(time.Minute, a, b)}, nil, []string{"a"}, cb.Counts{Failure: 1}},
		{"the deadline passes", cb.Policy{Deadline: time.Second}, 0, []openChan{sends(600*time.Millisecond, a, b)}, nil, []string{"a"}, cb.Counts{Failure: 1}},
		{"the caller's time is up", cb.Policy{}, time.Second, []openChan{sends(600*time.Millisecond, a, b)}, nil, []string{"a"}, cb.Counts{Failure: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(tt.policy)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.limit > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.limit)
					defer cancel()
				}
				attempts := 0
				var fallbacks []func(context.Context, error) (<-chan chunk, error)
				for _, open := range tt.fallbacks {
					fallbacks = append(fallbacks, func(ctx context.Context, _ error) (<-chan chunk, error) { return open(ctx) })
				}
				c, err := cb.CallStream(ctx, b, cb.StreamChan[chunk], func(ctx context.Context) (<-chan chunk, error) {
					attempts++
					return tt.open[attempts-1](ctx)
				}, fallbacks...)
				require.NoError(t, err)
				assert.Equal(t, tt.want, texts(c))
				synctest.Wait()
				assert.Equal(t, tt.counts, b.Snapshot().Counts)
				assert.Zero(t, b.Snapshot().InFlight)
			})
		})
	}
}

// TestStreamChan_NotRead lets the goroutine between them go when its context ends, whatever it is doing.
func TestStreamChan_NotRead(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"waiting for an item": time.Hour, "with an item": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1}})
				ctx, cancel := context.WithCancel(t.Context())
				_, err := cb.CallStream(ctx, b, cb.StreamChan[chunk], sends(wait, chunk{text: "a"}))
				require.NoError(t, err)
				synctest.Wait()
				assert.Equal(t, 1, b.Snapshot().Bulkhead.Running)
				cancel()
				synctest.Wait() // the bubble must be empty in the end
				assert.Zero(t, b.Snapshot().Bulkhead.Running)
				assert.Equal(t, cb.Counts{Ignored: 1}, b.Snapshot().Counts)
			})
		})
	}
}

// badItem has a method that cannot be called on its zero.
type badItem struct{ err *error }

func (i badItem) Err() error { return *i.err }

func TestStreamChan_OfItemsThatPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{})
		c, err := cb.CallStream(t.Context(), b, cb.StreamChan[badItem], func(context.Context) (<-chan badItem, error) {
			c := make(chan badItem, 1)
			c <- badItem{}
			close(c)
			return c, nil
		})
		require.NoError(t, err)
		_, open := <-c
		assert.True(t, open)
		_, open = <-c
		assert.False(t, open)
		synctest.Wait()
		assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
	})
}

func TestStreamChan_OpeningFails(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	c, err := cb.CallStream(t.Context(), b, cb.StreamChan[int], func(context.Context) (<-chan int, error) { return nil, errDown })
	require.ErrorIs(t, err, errDown)
	assert.Nil(t, c)
	assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	c, err = cb.CallStream(t.Context(), b, cb.StreamChan[int], func(context.Context) (<-chan int, error) { return nil, nil })
	require.NoError(t, err)
	assert.Nil(t, c, "what is not there is handed out as it is")
	assert.Equal(t, cb.Counts{Failure: 1, Success: 1}, b.Snapshot().Counts)
	require.False(t, errors.Is(err, errDown))
}

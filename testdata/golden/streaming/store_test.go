package streaming

import (
	"context"
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

// watched tells of the context that its streams are read under.
type watched struct {
	store
	ended chan struct{}
}

func (w watched) Receive(ctx context.Context) (Receiver[map[string]int], error) {
	context.AfterFunc(ctx, func() { close(w.ended) })
	return &maps{}, nil
}

// TestNeverRead drops a stream of a generated type: the garbage collector gives back what it holds.
func TestNeverRead(t *testing.T) {
	t.Parallel()
	w := watched{ended: make(chan struct{})}
	b := NewStoreBreaker[string, int](w)
	_, err := b.Receive(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, b.receive.Snapshot().InFlight)
	for found := false; !found; {
		runtime.GC()
		select {
		case <-w.ended:
			found = true
		case <-time.After(time.Millisecond):
		}
	}
	assert.Equal(t, cb.Counts{Ignored: 1}, b.receive.Snapshot().Counts)
	assert.Zero(t, b.receive.Snapshot().InFlight)
}

// store gives 1 and 2 by every shape.
type store struct{}

func (store) All(context.Context, string) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) { _ = yield(1, nil) && yield(2, nil) }
}

func (s store) Scan(ctx context.Context, prefix string) (iter.Seq2[int, error], error) {
	return s.All(ctx, prefix), nil
}

func (s store) Plain(ctx context.Context) (func(func(int, error) bool), error) {
	return s.All(ctx, ""), nil
}

func (store) Watch(context.Context) (<-chan int, error) {
	values := make(chan int, 2)
	values <- 1
	values <- 2
	close(values)
	return values, nil
}

func (s store) Named(ctx context.Context) (Values[int], error) { return s.Watch(ctx) }

func (store) Iterate(context.Context) (Items[string, int], error) { return &items{}, nil }

func (store) Receive(context.Context) (Receiver[map[string]int], error) { return &maps{}, nil }

func (store) Body(context.Context) (Body, error) { return io.NopCloser(strings.NewReader("12")), nil }

type items struct{ at int }

func (i *items) Next() bool          { i.at++; return i.at <= 2 }
func (i *items) Item() (string, int) { return "value", i.at }
func (i *items) Err() error          { return nil }

type maps struct{ at int }

func (m *maps) Recv() (map[string]int, error) {
	if m.at++; m.at <= 2 {
		return map[string]int{"value": m.at}, nil
	}
	return nil, io.EOF
}
func (m *maps) CloseSend() error { return nil }
func (m *maps) Close()           {}

// TestGenericStreams reads every shape over type parameters, each to its end.
func TestGenericStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := NewStoreBreaker[string, int](store{})
		want := []int{1, 2}

		assert.Equal(t, want, values(t, b.All(ctx, "")))
		scanned, err := b.Scan(ctx, "")
		require.NoError(t, err)
		assert.Equal(t, want, values(t, scanned))
		plain, err := b.Plain(ctx)
		require.NoError(t, err)
		assert.Equal(t, want, values(t, plain))

		watched, err := b.Watch(ctx)
		require.NoError(t, err)
		assert.Equal(t, want, []int{<-watched, <-watched})
		assert.Zero(t, <-watched)
		named, err := b.Named(ctx)
		require.NoError(t, err)
		assert.Equal(t, want, []int{<-named, <-named})
		assert.Zero(t, <-named)

		iterated, err := b.Iterate(ctx)
		require.NoError(t, err)
		for n := 1; iterated.Next(); n++ {
			_, value := iterated.Item()
			assert.Equal(t, n, value)
		}
		require.NoError(t, iterated.Err())

		received, err := b.Receive(ctx)
		require.NoError(t, err)
		first, err := received.Recv()
		require.NoError(t, err)
		assert.Equal(t, map[string]int{"value": 1}, first)
		_, err = received.Recv()
		require.NoError(t, err)
		_, err = received.Recv()
		require.Equal(t, io.EOF, err)

		body, err := b.Body(ctx)
		require.NoError(t, err)
		content, err := io.ReadAll(body)
		require.NoError(t, err)
		assert.Equal(t, "12", string(content))
		require.NoError(t, body.Close())

		synctest.Wait()
		for _, breaker := range []*cb.Breaker{b.all, b.scan, b.plain, b.watch, b.named, b.iterate, b.receive, b.body} {
			assert.Equal(t, cb.Counts{Success: 1}, breaker.Snapshot().Counts, breaker.Method())
			assert.Zero(t, breaker.Snapshot().InFlight, breaker.Method())
		}
	})
}

func values(t *testing.T, seq iter.Seq2[int, error]) (list []int) {
	t.Helper()
	for value, err := range seq {
		require.NoError(t, err)
		list = append(list, value)
	}
	return list
}

package cb_test

import (
	"context"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// BenchmarkStream is a whole stream: its opening, so many items, its end. What an item costs is the difference.
func BenchmarkStream(b *testing.B) {
	for name, items := range map[string]int{"empty": 0, "1000-items": 1000} {
		open := func(context.Context) (iter.Seq2[int, error], error) {
			return func(yield func(int, error) bool) {
				for i := range items {
					if !yield(i, nil) {
						return
					}
				}
			}, nil
		}
		direct := func(ctx context.Context) (iter.Seq2[int, error], error) { return open(ctx) }
		b.Run("direct/"+name, func(b *testing.B) { benchStream(b, direct) })
		for layer, p := range map[string]cb.Policy{
			"closed": {}, "limits": {Stream: cb.Stream{First: time.Minute, Idle: time.Minute}}, "all": {
				Stream: cb.Stream{First: time.Minute, Idle: time.Minute}, Deadline: time.Hour, Slow: time.Second,
				Bulkhead: cb.Bulkhead{Max: 100}, Retry: cb.Retry{Max: 2},
			},
		} {
			breaker := newBreaker(p)
			guarded := func(ctx context.Context) (iter.Seq2[int, error], error) {
				return cb.CallStream(ctx, breaker, cb.StreamSeq2[int], open)
			}
			b.Run(layer+"/"+name, func(b *testing.B) { benchStream(b, guarded) })
		}
	}
}

func benchStream(b *testing.B, open func(context.Context) (iter.Seq2[int, error], error)) {
	b.Helper()
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		seq, _ := open(ctx)
		for _, err := range seq {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// zeros is a reader without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
func (zeros) Close() error               { return nil }

func TestR10_AnItemAllocatesNothing(t *testing.T) { //nolint:paralleltest // it counts allocations
	b := newBreaker(cb.Policy{Stream: cb.Stream{First: time.Minute, Idle: time.Minute}})
	r, err := cb.CallStream(t.Context(), b, cb.StreamReader, func(context.Context) (io.ReadCloser, error) { return zeros{}, nil })
	require.NoError(t, err)
	defer r.Close()
	buffer := make([]byte, 16)
	_, err = r.Read(buffer) // makes the timer
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = r.Read(buffer) }))
}

// BenchmarkStreamRead is one read.
func BenchmarkStreamRead(b *testing.B) {
	for name, p := range map[string]cb.Policy{"closed": {}, "limits": {Stream: cb.Stream{First: time.Minute, Idle: time.Minute}}} {
		b.Run(name, func(b *testing.B) {
			r, _ := cb.CallStream(b.Context(), newBreaker(p), cb.StreamReader, func(context.Context) (io.ReadCloser, error) { return zeros{}, nil })
			defer r.Close()
			buffer := make([]byte, 16)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Read(buffer)
			}
		})
	}
}

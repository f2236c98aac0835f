// Package streams returns what outlives the call: guarded, and without a deadline.
package streams

import (
	"context"
	"io"
	"iter"
	"net/http"
)

// Source opens streams.
//
//cb:breaker
type Source interface {
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	Rows(ctx context.Context) (iter.Seq2[int, error], error)
	Events(ctx context.Context) (<-chan string, error)
	Fetch(ctx context.Context) (*http.Response, error)
	// Iterate has no error result: nothing to break.
	Iterate(ctx context.Context) iter.Seq[int]
}

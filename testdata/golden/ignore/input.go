// Package ignore has errors that count as nothing.
package ignore

import (
	"context"
	"errors"
)

// ErrNotMine is about the caller, not about the store.
var ErrNotMine = errors.New("not mine")

// Store keeps values.
//
//cb:breaker threshold=2
//cb:ignore errors=ErrNotMine codes=404,409
type Store interface {
	Get(ctx context.Context, key string) (string, error)

	// Put ignores the end of the caller's own deadline as well.
	//
	//cb:ignore errors=context.DeadlineExceeded,ErrNotMine
	Put(ctx context.Context, key, value string) error

	// Drop ignores nothing.
	//
	//cb:ignore off
	Drop(ctx context.Context, key string) error

	// Swap says both: ignore beats failure.
	//
	//cb:failure codes=404,503
	Swap(ctx context.Context, key string) error
}

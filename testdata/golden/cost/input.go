// Package cost measures what a generated call costs, beside the same call through gobreaker by hand.
package cost

import "context"

// Service has one method for each function of the runtime that generated code goes through.
//
//cb:breaker threshold=5
type Service interface {
	Value(ctx context.Context, n int) (int, error)

	//cb:breaker ratio=50%
	Ratio(ctx context.Context, n int) (int, error)

	Plain(ctx context.Context, n int) error

	Results(ctx context.Context, n int) (square, cube int, err error)

	Carried(ctx context.Context, n int) *Reply

	//cb:fallback Backup
	Fallback(ctx context.Context, n int) (int, error)
}

// Reply carries its error.
type Reply struct{ err error }

// Err is the reply's error.
func (r *Reply) Err() error { return r.err }

// SetErr makes the reply fail.
func (r *Reply) SetErr(err error) { r.err = err }

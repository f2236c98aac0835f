package files

import "context"

// Sixth is in a file of its own.
//
//cb:breaker threshold=6
type Sixth interface {
	Do(ctx context.Context, first First) error
}

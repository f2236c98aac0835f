//go:build !race

package osfile

import "context"

// Windows is built there.
//
//cb:breaker
type Windows interface {
	Do(ctx context.Context, handle uintptr) error
}

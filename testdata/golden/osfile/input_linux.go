package osfile

import "context"

// Linux is built on Linux.
//
//cb:breaker
type Linux interface {
	Do(ctx context.Context, fd int) error
}

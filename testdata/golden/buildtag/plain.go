//go:build !special

package buildtag

import "context"

// Plain is built without it.
//
//cb:breaker
type Plain interface {
	Do(ctx context.Context) error
}

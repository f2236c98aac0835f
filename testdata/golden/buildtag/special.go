//go:build special && (linux || darwin || windows)

package buildtag

import "context"

// Special is built with -tags special.
//
//cb:breaker
type Special interface {
	Do(ctx context.Context) error
}

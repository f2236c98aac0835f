// Package buildtag has inputs under build constraints: each output repeats its source's.
package buildtag

import "context"

// Always is built always.
//
//cb:breaker
type Always interface {
	Do(ctx context.Context) error
}

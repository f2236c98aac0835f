// Package cb has the runtime's own name and imports it, too.
package cb

import (
	"context"

	"github.com/cbgen/cbgen/runtime"
)

// Client uses the runtime's types in its methods.
//
//cb:breaker
type Client interface {
	Do(ctx context.Context, b *cb.Breaker, p cb.Policy) (cb.State, error)
}

// Package layers has what stands around the breaker: retry and bulkhead, their defaults, and how a method clears them.
package layers

import "context"

// Client calls an upstream.
//
//cb:deadline 2s
//cb:retry
//cb:bulkhead
type Client interface {
	// Defaults has those of the registry.
	Defaults(ctx context.Context) error

	// Written overrides them key by key.
	//
	//cb:retry max=1 backoff=50ms..1s on=deadline budget=50%
	//cb:bulkhead max=3 wait=100ms
	Written(ctx context.Context, id string) (string, error)

	// Neither clears both.
	//
	//cb:retry off
	//cb:bulkhead off
	Neither(ctx context.Context) error

	// Partly overrides one key of each.
	//
	//cb:retry max=5
	//cb:bulkhead wait=0s
	Partly(ctx context.Context, id string) (first, second string, err error)

	// All has every layer.
	//
	//cb:fallback Local
	All(ctx context.Context, id string) (string, error)
}

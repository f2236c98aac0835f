// Package wrap has wrappers with names of their own, where those that cbgen would give clash.
package wrap

import "context"

// Channel would have the constructor NewChannelBreaker, and so would the type NewChannelBreaker of NewChannel.
//
//cb:breaker
type Channel interface {
	Send(ctx context.Context, text string) error
}

// NewChannel takes another name for its wrapper: the others stay.
//
//cb:wrap name=GuardedNewChannel
type NewChannel interface {
	//cb:fallback Spare
	Open(ctx context.Context) (Channel, error)
	Name() string
}

// Store clashes in everything.
//
//cb:wrap name=guardedStore
type Store[K comparable] interface {
	//cb:fallback Spare
	Get(ctx context.Context, key K) (string, error)
}

// What stood here before.
type (
	StoreBreaker  struct{}
	StoreFallback struct{}
	StorePolicies struct{}
)

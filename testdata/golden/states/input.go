// Package states has breakers whose states differ from the plain ones: growing open periods, slow calls, ramps and groups.
package states

import "context"

// Store is an upstream whose reads share a breaker.
//
//cb:breaker timeout=10s max-timeout=5m
type Store interface {
	//cb:breaker group=reads threshold=3
	Get(ctx context.Context, key string) ([]byte, error)

	// List is spelt otherwise and means the same.
	//
	//cb:breaker group=reads threshold=3 timeout=10000ms
	List(ctx context.Context) ([]string, error)

	//cb:breaker slow=2s ramp=1m
	Put(ctx context.Context, key string, value []byte) error

	//cb:breaker max-timeout=off max-requests=3 ramp=30s surge=120%
	Delete(ctx context.Context, key string) error
}

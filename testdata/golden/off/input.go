// Package off has methods that pass through.
package off

import "context"

// Store keeps values.
//
//cb:breaker threshold=1
type Store interface {
	Get(ctx context.Context, key string) (string, error)

	// Ping must always reach the server.
	//
	//cb:off "health checks must see the real state"
	Ping(ctx context.Context) error

	// Close is the end.
	//
	//cb:off "closing an open breaker's client must work"
	Close() error

	// Watch takes a function, and Stats nothing.
	//
	//cb:off "runs for ever"
	Watch(ctx context.Context, keys ...string) (<-chan string, error)
	Stats() (hits, misses int)
}

// Quiet passes everything through: its only method has no error.
//
//cb:breaker
type Quiet interface {
	Name() string
}

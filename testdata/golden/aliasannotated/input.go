// Package aliasannotated annotates aliases of interfaces.
package aliasannotated

import (
	"context"
	"io"
)

// Literal is an alias of an interface literal.
//
//cb:breaker
type Literal = interface {
	//cb:deadline 1s
	Do(ctx context.Context) error
}

// Other is an alias of another package's interface.
//
//cb:breaker
type Other = io.ReadCloser

// Base is generic.
type Base[K comparable, V any] interface {
	Get(ctx context.Context, key K) (V, error)
}

// ByString is a generic alias of a generic interface.
//
//cb:breaker
type ByString[V any] = Base[string, V]

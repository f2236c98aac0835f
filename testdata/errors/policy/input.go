// Package policy has policies that cannot work, and conflicts.
package policy

import "context"

//cb:breaker
type Client interface {
	// A minimum without a ratio means nothing.
	//
	//cb:breaker min=20
	A(ctx context.Context) error // want-1:15 "min.*ratio"

	//cb:breaker ratio=off threshold=off
	B(ctx context.Context) error

	//cb:off "why not"
	//cb:deadline 5s
	C(ctx context.Context) error // want-1:2 "off"

	//cb:breaker ratio=off min=5
	D(ctx context.Context) error // want-1:25 "min"
}

// Inherited sets a ratio that a method clears; the inherited minimum is dropped with it.
//
//cb:breaker ratio=50% min=20
type Inherited interface {
	//cb:breaker ratio=off
	A(ctx context.Context) error
}

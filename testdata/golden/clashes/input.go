// Package clashes has interfaces whose wrappers share a package with similar names.
package clashes

import "context"

// Client is one.
//
//cb:breaker
type Client interface {
	//cb:fallback DoCached
	Do(ctx context.Context) error
}

// ClientBreakerLike is a name near the wrapper's.
type ClientBreakerLike struct{}

// Fallback is an interface that ends like a fallback interface.
//
//cb:breaker
type Fallback interface {
	Fallback(ctx context.Context) error
}

// Breaker is called like the runtime's type.
//
//cb:breaker
type Breaker interface {
	Do(ctx context.Context) error
	State() string
}

// Policy and Option are, too, and types of this package are used beside them.
//
//cb:breaker
type Policy interface {
	Option(ctx context.Context, o Option) error
}

// Option is a type of this package.
type Option struct{}

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

// Feed has a stream, whose type is named by the output.
//
//cb:breaker
type Feed interface {
	//cb:stream
	Tail(ctx context.Context, guard feedBreakerTailStream) (guard, error)
}

// feedBreakerTailStream is the name that it would have.
type feedBreakerTailStream struct{}

// guard is called like a field of it, and its methods and their parameters like others.
type guard interface {
	Next() bool
	Err() error
	ended(s, stream *feedBreakerTailStream, cb ...Option) (again bool)
	err(guard guard)
}

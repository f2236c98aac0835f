// Package methods has methods whose names clash with what a wrapper is made of.
package methods

import "context"

// Clash has keywords when lowered, the wrapper's fields, and names that differ in case alone.
//
//cb:breaker
type Clash interface {
	Range(ctx context.Context) error
	Type(ctx context.Context) error
	Func(ctx context.Context) error
	Select(ctx context.Context) error
	Default(ctx context.Context) error
	Go(ctx context.Context) error
	Next(ctx context.Context) error
	//cb:fallback NextOf
	Fallback(ctx context.Context) error
	Error() string
	String() (string, error)
	Len() (int, error)
	Nil(ctx context.Context) error
	B(ctx context.Context) error
	Cb(ctx context.Context) error
	CB(ctx context.Context) error
	Context(ctx context.Context) error
	HTTPGet(ctx context.Context) error
	Get(ctx context.Context) error
	URL(ctx context.Context) error
	URLs(ctx context.Context) error
	ID2(ctx context.Context) error
	X_Y(ctx context.Context) error
	Ünter(ctx context.Context) error
	Breaker(ctx context.Context) error
	Policies(ctx context.Context) error
	ClashBreaker(ctx context.Context) error
}

// private has unexported methods beside exported ones: a field cannot have a method's name.
//
//cb:breaker
type private interface {
	next(ctx context.Context) error
	//cb:fallback elsewhere
	fallback(ctx context.Context) error
	get(ctx context.Context) error
	Get(ctx context.Context) error
	nextMethod(ctx context.Context) error
	b(ctx context.Context) error
	cb(ctx context.Context) error
	len() int
	range_(ctx context.Context) error
}

// Sealed is exported with an unexported method, which this package may implement.
//
//cb:breaker
type Sealed interface {
	Do(ctx context.Context) error
	sealed()
}

// Package duplicate says things twice.
package duplicate

import "context"

// Client says its breaker twice.
//
//cb:breaker threshold=5
//cb:breaker timeout=5s
type Client interface { // want-1:1 `duplicate|twice|input\.go:8:`
	//cb:breaker threshold=5 threshold=6
	A(ctx context.Context) error // want-1:27 "threshold"

	//cb:deadline 5s
	//cb:deadline 6s
	B(ctx context.Context) error // want-1:2 `input\.go:14:`

	//cb:failure codes=5xx
	//cb:failure errors=ErrX
	C(ctx context.Context) error // want-1:2 `input\.go:18:`

	//cb:off "a"
	//cb:off "b"
	D(ctx context.Context) error // want-1:2 `input\.go:22:`

	//cb:fallback E on=open on=failure
	F(ctx context.Context) error // want-1:26 "on"
}

// ErrX is an error.
var ErrX error

// On says one method's deadline twice, by on, and B's both there and here.
//
//cb:on A deadline 5s
//cb:on A deadline 6s
//cb:on B deadline 5s
type On interface { // want-2:11 `input\.go:35:11`
	A(ctx context.Context) error
	//cb:deadline 3s
	B(ctx context.Context) error // want-4:11 `input\.go:40:2`
}

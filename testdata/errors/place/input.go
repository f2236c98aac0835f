// Package place has directives where they mean nothing.
package place

import "context"

//cb:breaker threshold=5

// want-2:1 `//cb:breaker is attached to nothing: remove the empty line or comment`

// Client is annotated in wrong places.
//
//cb:breaker
//cb:off "not for a whole interface"
type Client interface { // want-1:1 "//cb:off cannot stand at an interface"
	//cb:on Do breaker threshold=1
	Do(ctx context.Context) error // want-1:2 "//cb:on cannot stand at a method"

	Behind(ctx context.Context) error //cb:deadline 3s
	// want-1:36 `//cb:deadline stands behind the method: write it above Behind`

	//cb:deadline 3s

	// want-2:2 `//cb:deadline is attached to nothing: remove the empty line or`

	Loose(ctx context.Context) error

	//cb:breaker threshold=1
	Embedded // want-1:2 "embedded interface.*//cb:on"
}

// Embedded is embedded.
type Embedded interface {
	Other(ctx context.Context) error
}

// Struct is no interface.
//
//cb:breaker
type Struct struct { // want-1:1 "interface"
	//cb:deadline 3s
	Field int // want-1:2 `//cb:deadline stands at a field of a struct: write it above an`

	Inner interface {
		//cb:deadline 3s
		Do(ctx context.Context) error // want-1:3 `//cb:deadline stands in an interface without a name: declare that`
	}
}

// Func is no interface.
//
//cb:breaker
type Func func() error // want-1:1 "interface"

// A group has no directives of its own.
//
//cb:breaker
type ( // want-1:1 `//cb:breaker stands at a group of types: write it inside, above the`
	InGroup interface {
		Do(ctx context.Context) error
	}
)

// Variables have none.
//
//cb:breaker
var x = 1 // want-1:1 `//cb:breaker stands above var: write it above an interface or a method`

// Functions have none, outside or inside.
//
//cb:deadline 3s
func f() { // want-1:1 `//cb:deadline stands at a function: write it above an interface or a`
	//cb:breaker
	type local interface { // want-1:2 `//cb:breaker stands inside a function: only interfaces declared`
		Do(ctx context.Context) error
	}
	_ = x
}

var _ = f

//cb:breaker

// want-2:1 `//cb:breaker is attached to nothing: write it directly above an`

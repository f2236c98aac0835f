// Package nearmissfmt is nearmiss as gofmt leaves it: this is what users have.
package nearmissfmt

import "context"

// cb:breaker threshold=5
type A interface { // want-1:1 "//cb:breaker"
	Do(ctx context.Context) error
}

// CB:breaker threshold=5
type B interface { // want-1:1 "//cb:breaker"
	Do(ctx context.Context) error
}

// cb: breaker threshold=5
type C interface { // want-1:1 "//cb:breaker"
	Do(ctx context.Context) error
}

// cb :breaker threshold=5
type D interface { // want-1:1 "//cb:breaker"
	Do(ctx context.Context) error
}

/*cb:breaker threshold=5*/
type E interface { // want-1:1 "//cb:breaker"
	Do(ctx context.Context) error
}

// Cb:Breaker threshold=5
type F interface { // want-1:1 "//cb:breaker"
	Do(ctx context.Context) error
}

// cb:Breaker threshold=5
type G interface { // want-1:1 "//cb:breaker"
	Do(ctx context.Context) error
}

// H has prose before it.
// cb:deadline 5s
type H interface { // want-1:1 "//cb:deadline"
	// cb:deadline 5s
	Do(ctx context.Context) error // want-1:2 "//cb:deadline"
	//  cb:fallback Other
	Go(ctx context.Context) error     // want-1:2 "//cb:fallback"
	Behind(ctx context.Context) error // cb:deadline 5s
	// want-1:36 `"// cb:deadline" is a plain comment: a directive begins with exactly`
}

// cb: the prose of some other package may say this, and CB: may, too.
type I interface {
	Do(ctx context.Context) error // cb is not a directive
}

/*
cb:breaker threshold=5
*/
type J interface { // want-3:1 "//cb:breaker"
	Do(ctx context.Context) error
}

func f() {
	// cb:breaker
	_ = 1 // want-1:2 `"// cb:breaker" is a plain comment: a directive begins with exactly`
}

var _ = f

// Package predeclaredparam hides nil and error by type parameters.
package predeclaredparam

import "context"

// Hidden has neither in sight.
//
//cb:breaker
type Hidden[nil comparable, error any] interface { // want "nil.*Hidden" "error.*Hidden"
	Do(ctx context.Context, key nil) (error, Failure)
}

// Failure is error by another name.
type Failure = interface{ Error() string }

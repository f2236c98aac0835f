// Package predeclared hides nil and panic, which the output needs and cannot import from anywhere.
package predeclared

import (
	"context"
	stderrors "errors"
)

// Error is error by another name.
type Error = interface{ Error() string }

func panic(v any) { stop(v) } // want:6 "panic.*Hidden"

func stop(v any) { _ = v }

var nil = stderrors.New("nothing") // want:5 "nil.*Hidden"

// Hidden has no error by that name in sight.
//
//cb:breaker
type Hidden interface {
	Do(ctx context.Context, n int) (int, Error)
}

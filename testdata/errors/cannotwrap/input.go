// Package cannotwrap has interfaces that no other package, or nobody, can implement.
package cannotwrap

import (
	"context"
	"reflect"
	"testing"

	"github.com/cbgen/cbgen/testdata/errors/cannotwrap/foreign"
)

//cb:breaker
type TB interface { // want:6 "unexported method testing.private"
	testing.TB
}

//cb:breaker
type Type interface { // want:6 "unexported method reflect.common, reflect.uncommon, which"
	reflect.Type
}

//cb:breaker
type Number interface { // want:6 "constraint"
	~int | ~float64
}

//cb:breaker
type Comparable interface { // want:6 "constraint"
	comparable
	Do(ctx context.Context) error
}

//cb:breaker
type Empty interface{} // want:6 "no methods"

//cb:breaker
type Internal interface { // want:6 "Keep.*internal/secret.Secret.*import"
	foreign.Internal
}

//cb:breaker
type Unexported interface { // want:6 "unexported type.*foreign.hidden"
	foreign.Unexported
}

//cb:breaker
type Anonymous interface { // want:6 "unexported field inner"
	foreign.Anonymous
}

// Invalid has a type that is nowhere.
//
//cb:breaker
type Invalid interface {
	Do(ctx context.Context, m Missing) error // want:28 "Missing"
}

//cb:breaker
type Lost interface {
	foreign.Nothing // want:10 "Lost does not compile: undefined: foreign.Nothing"
	Do(ctx context.Context) error
}

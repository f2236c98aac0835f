// Package wrap has names that no wrapper can have.
package wrap

import (
	"context"
	str "strings"
)

//cb:wrap name=Declared
type Taken interface { // want:6 "the wrapper of Taken needs the name Declared, which is declared at .*: write another //cb:wrap name="
	Do(ctx context.Context) error
}

type Declared struct{ str.Builder }

//cb:wrap name=error
type Predeclared interface { // want-1:11 "cannot be called error: it is predeclared"
	Do(ctx context.Context) error
}

//cb:wrap name=str
type Imported interface { // want-1:11 "cannot be called str: a file of the package imports strings by that name"
	Do(ctx context.Context) error
}

//cb:wrap name=context
type Package interface { // want-1:11 "imports context by that name"
	Do(ctx context.Context) error
}

//cb:wrap name=T
type Param[T any] interface { // want-1:11 "a type parameter has that name"
	Do(ctx context.Context) (T, error)
}

//cb:wrap name=init
type Init interface { // want-1:11 "Go keeps it for a function"
	Do(ctx context.Context) error
}

//cb:wrap name=cb
type Runtime interface { // want-1:11 "the output imports the runtime by that name"
	Do(ctx context.Context) error
}

//cb:wrap name=Same
type First interface {
	Do(ctx context.Context) error
}

//cb:wrap name=Same
type Second interface { // want:6 "needs the name Same, which the wrapper of the interface at" "needs the name NewSame"
	Do(ctx context.Context) error
}

//cb:wrap
type Nameless interface { // want-1:1 "wrap"
	Do(ctx context.Context) error
}

//cb:breaker
type Method interface {
	//cb:wrap name=X
	Do(ctx context.Context) error // want-1:2 "cannot stand at a method"
}

//cb:wrap name=two-words
type Identifier interface { // want-1:11 "want a Go name"
	Do(ctx context.Context) error
}

// Package results has every shape of results.
package results

import (
	"context"
	"errors"
)

// Shapes has one method per shape.
//
//cb:breaker threshold=2
type Shapes interface {
	None(ctx context.Context)
	NoError(ctx context.Context) int
	NoErrors(ctx context.Context) (int, string)
	OnlyError(ctx context.Context) error
	Named(ctx context.Context) (n int, err error)
	Three(ctx context.Context) (int, string, error)
	ThreeNamed(ctx context.Context) (a, b int, err error)
	ErrorFirst(ctx context.Context) (error, int)
	ErrorMiddle(ctx context.Context) (int, error, string)
	TwoErrors(ctx context.Context) (error, error)
	ErrorsAround(ctx context.Context) (warning error, n int, err error)
	Custom(ctx context.Context) (int, ErrorLike)
	CustomWide(ctx context.Context) (int, Wide)
	CustomAndError(ctx context.Context) (ErrorLike, error)
	Literal(ctx context.Context) (int, interface{ Error() string })
	Concrete(ctx context.Context) *Concrete
	Slice(ctx context.Context) []error
	Channel(ctx context.Context) <-chan error
	Func(ctx context.Context) func() error
	Many(ctx context.Context) (a int8, b int16, c []int, d map[string]bool, e *int, f [2]bool, g chan int, err error)
}

// ErrorLike is an interface that any error implements, a rejection as well.
type ErrorLike interface{ Error() string }

// Wide is one that a rejection does not: it is not an error result.
type Wide interface {
	error
	Code() int
}

// Concrete implements error; a nil pointer of it would not be a nil error.
type Concrete struct{}

func (*Concrete) Error() string { return "concrete" }

// Cmd has its error inside, and takes one.
type Cmd struct {
	n   int
	err error
}

// Err is the command's error.
func (c *Cmd) Err() error { return c.err }

// SetErr sets it.
func (c *Cmd) SetErr(err error) { c.err = err }

// Rows has its error inside, and takes none.
type Rows struct{ err error }

// Err is the first error met.
func (r *Rows) Err() error { return r.err }

// Value has its error inside, as a value.
type Value struct{ err error }

// Err is why.
func (v Value) Err() error { return v.err }

// Inside has results with an error inside.
//
//cb:breaker threshold=2
type Inside interface {
	Do(ctx context.Context, key string) *Cmd
	// Query can only be answered by a fallback.
	//
	//cb:fallback NoRows
	Query(ctx context.Context, q string) *Rows
	// Plain passes through: a rejection could not be told.
	Plain(ctx context.Context, q string) *Rows
	Value(ctx context.Context) Value
	// Both has an error beside it, which is the one that counts.
	Both(ctx context.Context) (*Cmd, error)
	// Falls falls back.
	//
	//cb:fallback DoCached
	Falls(ctx context.Context, key string) *Cmd
}

// NoRows is an empty answer.
func NoRows(context.Context, string) *Rows { return &Rows{} }

var errDown = errors.New("down")

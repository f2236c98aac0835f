// Package errorsarg has names in errors= that mean no error.
package errorsarg

import (
	"context"
	"errors"
	"io"
)

// ErrBusy is an error.
var ErrBusy = errors.New("busy")

// PointerError is one by pointer only.
type PointerError struct{}

func (*PointerError) Error() string { return "" }

// Request is none.
type Request struct{ hidden error }

// GenericError has a type parameter.
type GenericError[T any] struct{}

func (GenericError[T]) Error() string { return "" }

// MakeError makes one.
func MakeError() error { return io.EOF }

// Limit is a number.
const Limit = 5

type Client interface {
	//cb:failure errors=ErrBussy
	A(ctx context.Context) error // want-1:22 "ErrBussy.*ErrBusy"
	//cb:failure errors=io.ErrUnexpectedEof
	B(ctx context.Context) error // want-1:22 "ErrUnexpectedEof.*ErrUnexpectedEOF"
	//cb:failure errors=nosuch.ErrX
	C(ctx context.Context) error // want-1:22 "nosuch"
	//cb:failure errors=PointerError
	D(ctx context.Context) error // want-1:22 `PointerError.*\*PointerError`
	//cb:failure errors=*Request
	E(ctx context.Context) error // want-1:22 "Request is no error"
	//cb:failure errors=GenericError
	F(ctx context.Context) error // want-1:22 "generic"
	//cb:failure errors=MakeError
	G(ctx context.Context) error // want-1:22 "MakeError"
	//cb:failure errors=Limit
	H(ctx context.Context) error // want-1:22 "Limit"
	//cb:failure errors=*ErrBusy
	I(ctx context.Context) error // want-1:22 `without the \*`
	//cb:ignore errors=io.eof
	J(ctx context.Context) error // want-1:21 "eof"
	//cb:failure errors=
	K(ctx context.Context) error // want-1:15 "errors"
	//cb:failure errors=ErrBusy,,io.EOF
	L(ctx context.Context) error // want-1:30 `errors=ErrBusy,,io\.EOF in //cb:failure: "" names no error: want ErrX`
	//cb:failure errors=errors.As()
	M(ctx context.Context) error // want-1:22 "errors.As"
	//cb:failure errors=&PointerError
	N(ctx context.Context) error // want-1:22 "PointerError"
	//cb:failure errors=ErrBusy,ErrBussy,io.Nothing
	O(ctx context.Context) error // want-1 "ErrBussy" "Nothing"
	//cb:failure errors=**PointerError
	P(ctx context.Context) error // want-1:22 "PointerError"
	//cb:failure codes=Unavailable
	Q(ctx context.Context) error // want-1:15 "gRPC"
}

var _ = Request{}.hidden

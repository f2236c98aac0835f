// Package codes has every way to say what a failure is, and where its code is read.
package codes

import (
	"context"
	"errors"
	"io"
	"net/url"
	"os"
)

// API names the type that carries the code, as a field.
//
//cb:breaker
//cb:failure codes=429,5xx,600-604,!501 errors=*FieldError
type API interface {
	Get(ctx context.Context, id string) (string, error)

	// Put has codes and a type of its own, which reads the code by a method.
	//
	//cb:failure codes=1000-1004 errors=MethodError
	Put(ctx context.Context, id string) error

	// Patch has codes alone: found at run time.
	//
	//cb:failure codes=503 errors=off
	Patch(ctx context.Context, id string) error

	// Delete names values and types without a code, of this and other packages.
	//
	//cb:failure codes=off errors=ErrBusy,io.ErrUnexpectedEOF,*url.Error,*os.PathError
	Delete(ctx context.Context, id string) error

	// List has none of it: any error fails.
	//
	//cb:failure off
	List(ctx context.Context) ([]string, error)
}

// Readers has one method per place where a code may stand.
//
//cb:breaker threshold=1
//cb:failure codes=503
type Readers interface {
	//cb:failure errors=*FieldError
	Field(ctx context.Context) error
	//cb:failure errors=*HTTPFieldError
	HTTPField(ctx context.Context) error
	//cb:failure errors=*CodeFieldError
	CodeField(ctx context.Context) error
	//cb:failure errors=*StatusFieldError
	StatusField(ctx context.Context) error
	//cb:failure errors=MethodError
	Method(ctx context.Context) error
	//cb:failure errors=*SecondError
	Second(ctx context.Context) error
	//cb:failure errors=NumberError
	Number(ctx context.Context) error
	//cb:failure errors=Coded
	Interface(ctx context.Context) error
	//cb:failure errors=*FieldError,MethodError,ErrBusy
	Several(ctx context.Context) error
}

// ErrBusy is what a full server says.
var ErrBusy = errors.New("busy")

// FieldError has its code in a field.
type FieldError struct{ StatusCode int }

func (e *FieldError) Error() string { return "field" }

// HTTPFieldError has an unsigned one under another name.
type HTTPFieldError struct{ HTTPStatusCode uint16 }

func (e *HTTPFieldError) Error() string { return "http field" }

// Status is a named integer.
type Status int32

// CodeFieldError has a code of a named type.
type CodeFieldError struct{ Code Status }

func (e *CodeFieldError) Error() string { return "code field" }

// StatusFieldError embeds the struct that has the field.
type StatusFieldError struct{ embedded }

type embedded struct{ Status int }

func (e *StatusFieldError) Error() string { return "status field" }

// MethodError has a method.
type MethodError struct{ N int }

func (e MethodError) Error() string   { return "method" }
func (e MethodError) StatusCode() int { return e.N }

// SecondError has a StatusCode that is no number: the next name is read.
type SecondError struct {
	StatusCode string
	Code       int64
}

func (e *SecondError) Error() string { return "second" }

// NumberError is a number itself, read by its method.
type NumberError int

func (e NumberError) Error() string { return "number" }

// Code is the number.
func (e NumberError) Code() int { return int(e) }

// Coded is an interface that errors implement.
type Coded interface {
	error
	Code() int
}

var (
	_ = io.ErrUnexpectedEOF
	_ = url.Error{}
	_ = os.PathError{}
)

// Package key has keys that cannot tell breakers apart, or that do what a key must not do.
package key

import (
	"context"
	"io"
	"strings"
)

// Request has fields of all kinds.
type Request struct {
	Model string
	Tags  []string
	Any   any
	Next  *Request
}

// Wrapped is comparable, but not always.
type Wrapped struct{ Errs [2]struct{ Err error } }

// Pair returns two values.
func (r Request) Pair() (a, b string) { return r.Model, strings.ToLower(r.Model) }

// Nothing returns nothing.
func (r Request) Nothing() {}

func hash(string) int { return 0 }

type Client interface {
	//cb:key reqest.Model
	Parameter(ctx context.Context, request Request) error // want-1:11 "reqest is no parameter; did you mean request"
	//cb:key model
	Unnamed(context.Context, string) error // want-1:11 "model is no parameter; none of Unnamed has a name"
	//cb:key other
	Others(ctx context.Context, request Request) error // want-1:11 "other is no parameter; those of Others are ctx, request"
	//cb:key req.Modle
	Field(ctx context.Context, req Request) error // want-1:15 "req.Modle undefined"
	//cb:key "req.Model + \"\\t\" + req.Modle"
	Escaped(ctx context.Context, req Request) error // want-1:38 "req.Modle undefined"
	//cb:key req.model
	Unexported(ctx context.Context, req Request) error // want-1:15 "req.model undefined"
	//cb:key req.Tags
	Slice(ctx context.Context, req Request) error // want-1:11 "req.Tags is a \\[\\]string, which is not comparable"
	//cb:key req
	Struct(ctx context.Context, req Request) error // want-1:11 "req is a Request, which is not comparable"
	//cb:key req.Next
	Pointer(ctx context.Context, req Request) error // want-1:11 "is a \\*Request, and a new one is another key"
	//cb:key req.Any
	Interface(ctx context.Context, req Request) error // want-1:11 "req.Any is a any, which panics"
	//cb:key w
	Inside(ctx context.Context, w Wrapped) error // want-1:11 "w is a Wrapped, which holds a error and panics"
	//cb:key req.Pair()
	Several(ctx context.Context, req Request) error // want-1:11 "req.Pair\\(\\) is 2 values, want one"
	//cb:key req.Nothing()
	None(ctx context.Context, req Request) error // want-1:11 "req.Nothing\\(\\) is 0 values, want one"
	//cb:key hash(req.Model)
	Function(ctx context.Context, req Request) error // want-1:11 "calls methods and no functions: write a method that calls hash"
	//cb:key req.Model+strings.ToLower(req.Model)
	Package(ctx context.Context, req Request) error // want-1:21 "calls methods and no functions: write a method that calls strings.ToLower"
	//cb:key append(req.Tags,req.Model)[0]
	Builtin(ctx context.Context, req Request) error // want-1:11 "append is not allowed in a key"
	//cb:key req.Any.(string)
	Assertion(ctx context.Context, req Request) error // want-1:11 "may panic"
	//cb:key <-c
	Receive(ctx context.Context, c chan int) error // want-1:11 "<- is not allowed in a key"
	//cb:key func()string{return(req.Model)}()
	Literal(ctx context.Context, req Request) error // want-1:11 `a key contains no function: write a method, and call that$`
	//cb:key "\"always\""
	Constant(ctx context.Context, req Request) error // want-1:12 "\"always\" names no parameter and is the same for every call; those of Constant are ctx, req"
	//cb:key string
	Type(ctx context.Context, req Request) error // want-1:11 "string is no value"
	//cb:key io.EOF
	Global(ctx context.Context, req Request) error // want-1:11 "io.EOF names no parameter and is the same for every call"
	//cb:key nil
	Nil(ctx context.Context, req Request) error // want-1:11 "nil"
	//cb:key req.Model.
	Syntax(ctx context.Context, req Request) error // want-1:11 "want a Go expression"
	//cb:key id max=0
	Max(ctx context.Context, id string) error // want-1:14 "from 1 to 10000"
	//cb:key id
	Passes(id string) string // want-1:2 "key cannot be kept: Passes passes through"
	//cb:off "why not"
	//cb:key id
	Off(id string) error // want-1:2 "has no effect: Off is off"
}

// Inherited has a key that fits none of its methods.
//
//cb:key req.Modle
type Inherited interface { // want-1:14 "fits no method of Inherited; One: req.Modle undefined"
	One(ctx context.Context, req Request) error
	Two(ctx context.Context, id string) error
}

// Dropped has one that fits one of them, and one handed to a method that it does not fit.
//
//cb:key req.Model
//cb:on Reader key ctx.Model
type Dropped interface { // want-1:24 "ctx.Model undefined"
	One(ctx context.Context, req Request) error
	Two(ctx context.Context, id string) error
	Reader(ctx context.Context) (io.Reader, error)
}

// Generic has a type parameter that need not be comparable.
type Generic[K any] interface {
	//cb:key k
	Get(ctx context.Context, k K) error // want-1:11 "k is a K, whose constraint does not say that it is comparable"
}

// Grouped shares a breaker, and wants one for each value.
//
//cb:breaker group=reads
type Grouped interface {
	//cb:key id
	Get(ctx context.Context, id string) error // want-1:11 "share.*group=reads.*group=off"

	//cb:key id
	//cb:breaker group=off
	List(ctx context.Context, id string) error
}

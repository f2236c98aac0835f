// Package fallback has fallbacks that do not fit.
package fallback

import "context"

type Request struct{ Q string }

//cb:breaker
type Client interface {
	// Near has a function of the right name.
	//
	//cb:fallback nearly
	Near(ctx context.Context, req Request) (string, error) // want-1:16 `(?s)nearly.*Near.*want func\(ctx context.Context, req Request\) \(string, error\).*have func nearly\(ctx context.Context, req \*Request\) \(string, error\) at .*input\.go:\d+:\d+: parameter 2.*func nearly\(ctx context.Context, req Request, cause error\) \(string, error\) \{`

	//cb:fallback Other
	Method(ctx context.Context) (string, error) // want-1:16 `(?s)have method Client.Other.*its last parameter is int`
	Other(ctx context.Context, id int) (string, error)

	//cb:fallback results
	Results(ctx context.Context) (string, error) // want-1:16 "(?s)it returns 1"

	//cb:fallback result
	Result(ctx context.Context) (string, error) // want-1:16 "(?s)result 1 is int, want string"

	//cb:fallback lastIsNoError
	Last(ctx context.Context) (string, error) // want-1:16 "(?s)last parameter is int, want cause error"

	//cb:fallback variadic
	Variadic(ctx context.Context, ids ...int) error // want-1:16 "(?s)variadic"

	//cb:fallback variadicCause
	VariadicCause(ctx context.Context, ids ...int) error // want-1:16 "(?s)variadic"

	//cb:fallback Request
	Type(ctx context.Context) error // want-1:16 "(?s)not a function"

	//cb:fallback value
	Value(ctx context.Context) error // want-1:16 "(?s)not a function"

	//cb:fallback generic
	Generic(ctx context.Context) error // want-1:16 "type parameter T"

	//cb:fallback Self
	Self(ctx context.Context) error // want-1:16 "itself"

	//cb:fallback twice
	//cb:fallback twice
	Twice(ctx context.Context) error // want-1:2 `twice`
}

func nearly(ctx context.Context, req *Request) (string, error) { return req.Q, nil }
func results(context.Context) error                            { return nil }
func result(context.Context) (int, error)                      { return 0, nil }
func lastIsNoError(context.Context, int) (string, error)       { return "", nil }
func variadic(context.Context, []int) error                    { return nil }
func variadicCause(context.Context, error, ...int) error       { return nil }
func generic[T any](context.Context) error                     { return nil }
func twice(context.Context) error                              { return nil }

var value = func(context.Context) error { return nil }

// Cycle goes round.
//
//cb:breaker
type Cycle interface {
	//cb:fallback B
	A(ctx context.Context) error // want-1:2 "cycle.*A -> B -> C -> A"
	//cb:fallback C
	B(ctx context.Context) error // want-1:2 "cycle"
	//cb:fallback A
	C(ctx context.Context) error // want-1:2 "cycle"
	//cb:fallback A
	D(ctx context.Context) error
}

// Shared wants one method of SharedFallback to have two signatures.
//
//cb:breaker
type Shared interface {
	//cb:fallback Elsewhere
	A(ctx context.Context, id int) error
	//cb:fallback Elsewhere
	B(ctx context.Context, id string) error // want-1:2 "(?s)Elsewhere.*A.*B.*differ"
}

// Inherited fits one of its methods only.
//
//cb:breaker
//cb:fallback elsewhere
type Inherited interface {
	A(ctx context.Context) error
	B(ctx context.Context, id string) error // want-3:15 "(?s)elsewhere.*B"
}

func elsewhere(context.Context) error { return nil }

var _, _, _, _, _, _, _, _ = nearly, results, result, lastIsNoError, variadic, variadicCause, twice, generic[int]

// Package params has parameters and results of every awkward name, and of none.
package params

import (
	"context"
	stdtime "time"
)

// Names has them all.
//
//cb:breaker threshold=2 timeout=1s
type Names interface {
	Unnamed(context.Context, string, int, ...string) (int, error)
	Blank(_ context.Context, _ string, _ int, _ ...string) (int, error)
	Mixed(ctx context.Context, _ string, name string, _ bool) (_ int, _ error)

	// Imports are hidden by parameters.
	Imports(context context.Context, time stdtime.Duration, cb int, runtime, fmt, errors string) (int, error)

	// Predeclared identifiers are hidden, too.
	Predeclared(ctx context.Context, nil, true, false, iota, len, append, make, new, panic, recover int) (int, error)
	Types(ctx context.Context, error, string, int, any, bool, comparable float64) (byte float64, rune []uint8)
	TypesUsed(ctx context.Context, string string, error error, int int) (bool, any error)

	// Receiver, fields, closures, fallback and other names the output may want.
	Wrapper(b string, next string, fallback string, policies string, client string, opts string) error
	Closure(ctx context.Context, fn func() error, cause error, result string, outcome int) error
	Results(ctx context.Context) (err string, r int, e error)
	ResultsMore(c context.Context, ctx int) (b string, next int, cb bool, result []string, err error)
	Same(ctx context.Context, result string) (out string, err error)
	Underscores(ctx context.Context, _a, a_, _1, p0, p1, arg0 string) (r0 int, err error)

	// Packages and types of the package itself.
	Package(ctx context.Context, params string, Names int, NamesBreaker int, NewNamesBreaker int, helper int) error
	Unicode(ctx context.Context, größe int, 世界 string, ñ bool) (π float64, err error)

	// Types that a parameter's name hides from what follows it.
	Hides(ctx context.Context, stdtime stdtime.Time, Value Value) (Value, error)

	// Two contexts: the first is the call's.
	Contexts(ctx context.Context, ctx2 context.Context, other context.Context) error
	Late(id int, _ context.Context) error
}

// Falling has a fallback for each kind of name.
//
//cb:breaker
type Falling interface {
	//cb:fallback FromUnnamed
	Unnamed(context.Context, string, ...int) (int, error)
	//cb:fallback FromBlank
	Blank(_ context.Context, _ string) error
	//cb:fallback FromClash
	Clash(ctx context.Context, cause error, b string, fallback int) (err error)
	//cb:fallback fromFunction
	Function(ctx context.Context, fromFunction string) (string, error)
	//cb:fallback FromVariadic
	Variadic(cause ...string) error
}

func fromFunction(_ context.Context, s string) (string, error) { return "function " + s, nil }

// Value is a type of this package.
type Value struct{ N int }

// helper is a function of this package.
func helper() {}

var _ = helper

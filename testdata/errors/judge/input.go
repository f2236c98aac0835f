// Package judge has functions that do not fit the results that they are to judge.
package judge

import "context"

type Fault struct{ Status int }

func meaning(*Fault) error                     { return nil }
func generic[T any](T, *Fault) error           { return nil }
func other[T, U any](T, *Fault) error          { return nil }
func verdict(*int, *Fault) bool                { return false }
func variadic(...*Fault) error                 { return nil }
func refused(error) *Fault                     { return nil }
func refusedBoth[T any](error) (T, *Fault)     { var none T; return none, nil }
func refusedNothing(error)                     {}
func localFault(context.Context, error) *Fault { return nil }

var table = map[string]int{}

//cb:breaker
type Client interface {
	//cb:failure result=meaning reject=refused
	Fits(ctx context.Context) *Fault

	//cb:failure result=meaning
	Neither(ctx context.Context) *Fault // want-1:15 "nothing carries a rejection of Neither: it has no error result, write reject=Fn .*//cb:fallback(.|\n)*func rejected\\(err error\\) \\*Fault"

	//cb:failure result=meaning
	//cb:fallback localFault on=failure
	Late(ctx context.Context) *Fault // want-2:15 "nothing carries a rejection of Late"

	//cb:failure result=meaning
	//cb:fallback localFault
	Answered(ctx context.Context) *Fault

	//cb:failure result=meaning reject=refused
	Two(ctx context.Context) (*int, *Fault) // want-1:15 "result=meaning does not fit Two\nwant func meaning\\(\\*int, \\*Fault\\) error\nhave func meaning\\(\\*Fault\\) error at .*: it takes 1 parameters, want 2\nto paste:\nfunc meaning\\(\\*int, \\*Fault\\) error"

	//cb:failure result=generic reject=refused
	Reject(ctx context.Context) (n *int, fault *Fault) // want-1:30 "reject=refused does not fit Reject\nwant func refused\\(err error\\) \\(n \\*int, fault \\*Fault\\)\n.*it returns 1 values, want 2"

	//cb:failure result=other reject=refusedBoth
	Unbound(ctx context.Context) (*int, *Fault) // want-1:15 "nothing says what its type parameter U is"

	//cb:failure result=verdict reject=refusedBoth
	Bool(ctx context.Context) (*int, *Fault) // want-1:15 "result 1 is bool, want error"

	//cb:failure result=variadic reject=refused
	Variadic(ctx context.Context) *Fault // want-1:15 "it is variadic"

	//cb:failure result=meanin reject=refused
	Misspelt(ctx context.Context) *Fault // want-1:15 "have none: meanin is not declared in package judge; did you mean meaning?"

	//cb:failure result=table reject=refused
	Variable(ctx context.Context) *Fault // want-1:15 "have var table map.string.int at .*: not a function"

	//cb:failure result=meaning reject=refusedNothing
	Nothing(ctx context.Context) // want-1:15 "result=meaning does not fit Nothing, which has no results"

	//cb:failure reject=refused
	Alone(ctx context.Context) error // want-1:15 "reject= of //cb:failure does nothing without result=NAME"

	//cb:failure result=meaning reject=refused
	//cb:retry
	//cb:deadline 1s
	All(ctx context.Context) *Fault
}

// Unfit fits none of its methods.
//
//cb:failure result=meaning reject=refused
type Unfit interface { // want-1:14 "result=meaning does not fit A\n"
	A(ctx context.Context) error
	B(ctx context.Context) (int, *Fault)
	Close()
}

// Partly fits one of them.
//
//cb:failure result=meaning reject=refused
type Partly interface {
	A(ctx context.Context) error
	B(ctx context.Context) *Fault
}

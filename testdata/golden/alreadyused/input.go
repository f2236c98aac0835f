// Package alreadyused calls what is generated: before the first generation it does not compile, and yet it generates.
package alreadyused

import "context"

// Client is wrapped.
//
//cb:breaker threshold=1
type Client interface {
	//cb:fallback DoCached
	Do(ctx context.Context) error
}

type both struct{}

func (both) Do(context.Context) error              { return nil }
func (both) DoCached(context.Context, error) error { return nil }

// Default is there from the start.
var Default = NewClientBreaker(both{}, both{})

var _ ClientFallback = both{}

// Policies are changed by a function.
func Policies() ClientPolicies {
	p := DefaultClientPolicies()
	p.Do.Threshold = 2
	return p
}

// Package names has declarations where the output's would be.
package names

import "context"

//cb:breaker
type Client interface { // want:6 "name ClientBreaker.*input.go:11:6" "name NewClientBreaker"
	Do(ctx context.Context) error
}

type ClientBreaker struct{}

func NewClientBreaker() {}

// Channel and NewChannel both want NewChannelBreaker.
//
//cb:breaker
type Channel interface {
	Do(ctx context.Context) error
}

//cb:breaker
type NewChannel interface { // want:6 "NewChannelBreaker"
	Do(ctx context.Context) error
}

//cb:breaker
type Store interface { // want:6 "name DefaultStorePolicies" "name StoreFallback" "name StorePolicies" "name WithStorePolicies"
	//cb:fallback Elsewhere
	Do(ctx context.Context) error
}

type (
	StoreFallback        interface{}
	StorePolicies        struct{}
	DefaultStorePolicies struct{}
)

const WithStorePolicies = 1

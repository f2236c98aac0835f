// Package unexported has interfaces and types that are not for others.
package unexported

import "context"

// provider is this package's own affair, so its wrapper is, too.
//
//cb:breaker threshold=1
type provider interface {
	//cb:fallback answerCached
	answer(ctx context.Context, req request) (*response, error)
	Reset(ctx context.Context) error
}

// URLFetcher begins with an initialism; urlFetcher is its unexported sister.
//
//cb:breaker
type urlFetcher interface {
	Fetch(ctx context.Context, opts options) error
}

// Exported has unexported types in its methods.
//
//cb:breaker
type Exported interface {
	Answer(ctx context.Context, req request) (*response, error)
}

// _under starts with an underscore, which is not exported.
//
//cb:breaker
type _under interface {
	Do(ctx context.Context) error
}

type (
	request  struct{ q string }
	response struct{ a string }
	options  map[string]request
)

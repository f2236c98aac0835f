// Package similar answers from a cache what is not quite the same, and more than one result.
package similar

import (
	"context"
	"net/http"
)

// Request asks.
type Request struct {
	Prompt Text
	User   string
}

// Text is a string.
type Text string

// Model answers prompts.
//
//cb:breaker threshold=2
type Model interface {
	// Complete compares part of its request.
	//
	//cb:fallback cache similar=0.8 key=string(req.Prompt) ttl=1h
	Complete(ctx context.Context, req *Request) (string, error)

	// Search has one parameter beside its context, and that one is a string.
	//
	//cb:fallback cache similar=90%
	Search(ctx context.Context, query string) ([]string, error)

	// Price finds equal keys only.
	//
	//cb:fallback cache
	Price(model string) (float64, error)

	// Count has two results, and other fallbacks before and after.
	//
	//cb:fallback standby
	//cb:fallback cache similar=50%
	//cb:fallback Guess
	Count(ctx context.Context, text string) (tokens, cached int, err error)

	// Limits has three results without names, and no context.
	//
	//cb:fallback cache
	Limits() (int, string, map[string]int, error)

	// Sign has names that the wrapper could take.
	//
	//cb:fallback cache key=r.Host
	Sign(r *http.Request, err string) (answer string, results, _ int, _ bool, _ error)
}

// Guess counts roughly.
func Guess(_ context.Context, text string) (tokens, cached int, err error) {
	return len(text) / 4, -1, nil
}

// Index is generic.
//
//cb:breaker
type Index[K ~string, V any] interface {
	//cb:fallback cache key=string(key) similar=1
	Lookup(ctx context.Context, key K) (first V, found bool, err error)
}

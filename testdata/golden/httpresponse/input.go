// Package httpresponse has methods whose result says how the call went, beside the error.
package httpresponse

import (
	"context"
	"net/http"
)

// Doer sends requests.
//
//cb:breaker threshold=2 timeout=10s
//cb:failure codes=429,5xx
type Doer interface {
	// Do lends the request's context to the breaker.
	Do(req *http.Request) (*http.Response, error)

	// Fetch falls back to Stale.
	//
	//cb:fallback Stale
	Fetch(ctx context.Context, url string) (*http.Response, error)

	// Head has no codes: an answer of any status is a success.
	//
	//cb:failure off
	Head(ctx context.Context, url string) (*http.Response, error)

	// Second has the response as the second of several results.
	Second(ctx context.Context) (n int, resp *http.Response, err error)
}

// Getter says nothing of failures: 429 and 5xx are, but for 501.
//
//cb:breaker threshold=2 timeout=10s
type Getter interface {
	Get(ctx context.Context, url string) (*http.Response, error)

	// Any has failures by errors alone.
	//
	//cb:failure off
	Any(ctx context.Context, url string) (*http.Response, error)
}

// Stale answers from a copy.
func Stale(_ context.Context, url string, cause error) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Status: "200 stale: " + cause.Error(), Body: http.NoBody}, nil
}

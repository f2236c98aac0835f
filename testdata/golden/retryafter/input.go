// Package retryafter has errors that carry the headers of a response, where the upstream may say how long to wait.
package retryafter

import (
	"context"
	"net/http"
	"strconv"
)

// ResponseError has the whole response, as openai-go's Error.
type ResponseError struct {
	StatusCode int
	Response   *http.Response
}

func (e *ResponseError) Error() string { return strconv.Itoa(e.StatusCode) }

// HeaderError has the headers alone, and no code.
type HeaderError struct{ Header http.Header }

func (e HeaderError) Error() string { return "throttled" }

// PlainError has neither: a Response of another type.
type PlainError struct{ Response string }

func (e *PlainError) Error() string { return e.Response }

// Client calls an upstream.
//
//cb:failure codes=429,5xx errors=*ResponseError,HeaderError
//cb:ignore errors=*PlainError
type Client interface {
	Do(ctx context.Context) error

	// Ignored errors ask for nothing.
	//
	//cb:failure off
	//cb:ignore errors=*ResponseError
	Ignored(ctx context.Context) error
}

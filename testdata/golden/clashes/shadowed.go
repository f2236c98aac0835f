package clashes

import (
	"context"
	"net/http"
	"net/url"
)

// Links has a key that calls a method of its first method's parameter, and in the second a function of the package, which no key may.
//
//cb:breaker
//cb:key url.PathEscape(link)
type Links interface {
	Open(ctx context.Context, link string, url escaper) error
	Check(ctx context.Context, link string) error
}

// Pages has a key that is a field of its first method's parameter, and in the second a constant of the package.
//
//cb:breaker
//cb:key http.MethodGet
type Pages interface {
	Open(ctx context.Context, http verbs) error
	Check(ctx context.Context, link string) error
}

type (
	escaper struct{}
	verbs   struct{ MethodGet string }
)

func (escaper) PathEscape(s string) string { return s }

var _, _ = url.PathEscape, http.MethodGet

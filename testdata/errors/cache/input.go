// Package cache has methods whose calls cannot be told apart, or whose answers cannot be kept.
package cache

import (
	"context"
	"io"
	"net/http"
	"time"
)

type Request struct {
	Messages []string
	Prompt   string
}

type Live struct {
	Events map[string][]*struct{ C chan int }
}

//cb:breaker
type Client interface {
	//cb:fallback cache
	Slice(ctx context.Context, req Request) (string, error) // want-1:2 `cannot tell calls of Client.Slice apart: its parameter req is a Request, whose field Messages is the slice \[\]string; say what does with key=, as in key=req.Prompt$`
	//cb:fallback cache
	Pointer(ctx context.Context, req *Request) (string, error) // want-1:2 `parameter req is the pointer \*Request; .*key=req.Prompt$`
	//cb:fallback cache
	Interface(ctx context.Context, v any) (string, error) // want-1:2 `parameter v is the interface any; .*key=fmt.Sprint\(v\)$`
	//cb:fallback cache
	Unnamed(context.Context, [2]func()) (string, error) // want-1:2 `parameter 2 is an array of the function func\(\)`
	//cb:fallback cache
	Variadic(ctx context.Context, words ...string) (string, error) // want-1:2 `parameter words is the slice \[\]string`
	//cb:fallback cache
	Time(ctx context.Context, at time.Time) (string, error) // want-1:2 `parameter at is a time.Time, whose field loc is the pointer \*time.Location`
	//cb:fallback cache
	Two(ctx context.Context, a []int, b map[string]int) (string, error) // want-1:2 "parameter a is the slice" "parameter b is the map"

	//cb:fallback cache key=req.Messages
	KeySlice(ctx context.Context, req Request) (string, error) // want-1:22 `key=req.Messages tells no calls of Client.KeySlice apart: it is the slice \[\]string`
	//cb:fallback cache key=req.Promt
	KeyTypo(ctx context.Context, req Request) (string, error) // want-1:22 `req.Promt undefined`
	//cb:fallback cache key=request.Prompt
	KeyName(ctx context.Context, req Request) (string, error) // want-1:22 `undefined: request`
	//cb:fallback cache key=req.
	KeySyntax(ctx context.Context, req Request) (string, error) // want-1:22 `req\.`
	//cb:fallback cache "key=func() string { return req.Prompt }()"
	KeyFunc(ctx context.Context, req Request) (string, error) // want-1:22 `it declares a function`
	//cb:fallback cache key=string
	KeyType(ctx context.Context, req Request) (string, error) // want-1:22 `string is no value`

	//cb:fallback cache
	Response(ctx context.Context, url string) (*http.Response, error) // want-1:2 `cannot keep what Client.Response returns: the body of a response is read later`
	//cb:fallback cache
	Stream(ctx context.Context, url string) (io.ReadCloser, error) // want-1:2 `a stream that is read later`
	//cb:fallback cache
	Func(ctx context.Context, url string) (func(), error) // want-1:2 `a function`
	//cb:fallback cache
	Deep(ctx context.Context, url string) (*Live, error) // want-1:2 `the field C of .* a channel`
	//cb:fallback cache
	ErrorAlone(ctx context.Context, url string) error // want-1:2 `nothing to keep of Client.ErrorAlone, which returns an error alone`
	//cb:fallback cache
	Several(ctx context.Context, url string) (string, int, error) // want-1:2 `one result and an error, and Client.Several\(ctx context.Context, url string\) \(string, int, error\) is none`
	//cb:fallback cache on=open
	//cb:fallback cache on=failure
	Twice(ctx context.Context, url string) (string, error) // want-1:2 `Twice has one cache: the other line is at`
	//cb:fallback standby ttl=5m
	Standby(ctx context.Context) error // want-1:24 `ttl= belongs to //cb:fallback cache`
	//cb:fallback standby
	//cb:fallback standby
	StandbyTwice(ctx context.Context) error // want-1:2 `twice`
}

// Generic has a type parameter that need not be comparable.
//
//cb:breaker
type Generic[T any] interface {
	//cb:fallback cache
	Get(ctx context.Context, id T) (string, error) // want-1:2 `parameter id is a T, which need not be comparable`
}

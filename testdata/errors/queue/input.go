// Package queue has methods whose calls cannot be stored.
package queue

import (
	"context"
	"io"
	"net/http"
	"time"
)

type Request struct {
	Prompt string
	secret string
}

type Live struct {
	Events []chan int
}

type Good struct {
	At    time.Time
	Lost  func() `json:"-"`
	Tags  map[string]*Good
	Count map[int]float64
}

//cb:breaker
type Client interface {
	//cb:fallback queue expires=1h
	Fine(ctx context.Context, g *Good, raw []byte) (io.ReadCloser, error) // want-1:2 `cannot hand over what Client.Fine returns: a stream that is read later`
	//cb:fallback queue
	Unexported(ctx context.Context, req Request) error // want-1:2 `cannot store a call of Client.Unexported: its parameter req is a Request, whose unexported field secret JSON would lose: give the type MarshalJSON and UnmarshalJSON, or say .json:"-". where it may be lost$`
	//cb:fallback queue
	Interface(ctx context.Context, v any) error // want-1:2 `its parameter v is the interface any, of which JSON would not know what to make again: use a concrete type`
	//cb:fallback queue
	Func(ctx context.Context, _ func()) error // want-1:2 `its parameter 2 is the function func\(\)`
	//cb:fallback queue
	Deep(ctx context.Context, live *Live) error // want-1:2 `its parameter live is a Live, whose field Events is the channel chan int`
	//cb:fallback queue
	Map(ctx context.Context, m map[float64]int, c complex128) error // want-1:2 `the map map\[float64\]int, whose keys JSON has not` `its parameter c is complex128, which JSON has not`
	//cb:fallback queue
	Send(req *http.Request) (int, error) // want-1:2 `its parameter req is a http.Request, whose field URL is a url.URL`
	//cb:fallback queue
	Several(ctx context.Context, url string) (string, int, error) // want-1:2 `needs a method that returns an error, or one result and an error, and Client.Several\(ctx context.Context, url string\) \(string, int, error\) is none`
	//cb:fallback queue
	//cb:fallback Never
	Last(ctx context.Context) error // want-1:2 `this fallback of Last would never be asked: queue at .*input.go:\d+:2 must be the last line`
	//cb:fallback standby expires=5m
	Standby(ctx context.Context) error // want-1:24 `expires= belongs to //cb:fallback queue`
	//cb:fallback queue ttl=5m
	TTL(ctx context.Context) error // want-1:22 `ttl= belongs to //cb:fallback cache`
}

type TakenDone struct{}

//cb:breaker
type Taken interface { // want:6 `the wrapper of Taken needs the name TakenDone, which is declared at .*: rename one of them`
	//cb:fallback queue
	Do(ctx context.Context) error
}

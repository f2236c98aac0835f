// Package cache has methods whose calls cannot be told apart, or whose answers cannot be kept.
package cache

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

type Request struct {
	Messages []string
	Prompt   string
}

// Split returns two values.
func (r Request) Split() (first, rest string) { return r.Prompt[:1], r.Prompt[1:] }

type Live struct {
	Events map[string][]*struct{ C chan int }
}

type Receiver interface{ Recv() (string, error) }

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
	KeySlice(ctx context.Context, req Request) (string, error) // want-1:26 `key=req.Messages tells no calls of Client.KeySlice apart: it is the slice \[\]string`
	//cb:fallback cache key=req.Promt
	KeyTypo(ctx context.Context, req Request) (string, error) // want-1:30 `req.Promt undefined`
	//cb:fallback cache key=request.Prompt
	KeyName(ctx context.Context, req Request) (string, error) // want-1:26 `request is no parameter; those of KeyName are ctx, req$`
	//cb:fallback cache key=req.
	KeySyntax(ctx context.Context, req Request) (string, error) // want-1:22 `req\.`
	//cb:fallback cache "key=func() string { return req.Prompt }()"
	KeyFunc(ctx context.Context, req Request) (string, error) // want-1:27 `a key contains no function: write a method, and call that$`
	//cb:fallback cache key=string
	KeyType(ctx context.Context, req Request) (string, error) // want-1:26 `string is no value`
	//cb:fallback cache key=req.Split()
	KeyValues(ctx context.Context, req Request) (string, error) // want-1:26 `req.Split\(\) is 2 values, want one$`

	//cb:fallback cache
	Response(ctx context.Context, url string) (*http.Response, error) // want-1:2 `cannot keep what Client.Response returns: the body of a response is read later`
	//cb:fallback cache
	Stream(ctx context.Context, url string) (io.ReadCloser, error) // want-1:2 `a stream that is read later`
	//cb:fallback cache
	Reader(ctx context.Context, url string) (io.Reader, error) // want-1:2 `cannot keep what Client.Reader returns: a reader, which is read once`
	//cb:fallback cache
	Buffered(ctx context.Context, url string) ([]*bytes.Reader, error) // want-1:2 `cannot keep what Client.Buffered returns: a reader, which is read once`
	//cb:fallback cache
	Connection(ctx context.Context, url string) (net.Conn, error) // want-1:2 `cannot keep what Client.Connection returns: a reader, which is read once`
	//cb:fallback cache
	Receiver(ctx context.Context, url string) (Receiver, error) // want-1:2 `cannot keep what Client.Receiver returns: a stream that is read later`
	//cb:fallback cache
	Func(ctx context.Context, url string) (func(), error) // want-1:2 `a function`
	//cb:fallback cache
	Deep(ctx context.Context, url string) (*Live, error) // want-1:2 `the field C of .* a channel`
	//cb:fallback cache
	ErrorAlone(ctx context.Context, url string) error // want-1:2 `nothing to keep of Client.ErrorAlone, which returns an error alone`
	//cb:fallback cache
	Many(ctx context.Context, url string) (a, b, c, d, e int, err error) // want-1:2 `up to 4 results and a last error, and Client.Many\(ctx context.Context, url string\) \(a int, .* err error\) is none`
	//cb:fallback cache
	First(ctx context.Context, url string) (error, string) // want-1:2 `up to 4 results and a last error, and Client.First`
	//cb:fallback cache
	TwoErrors(ctx context.Context, url string) (int, error, error) // want-1:2 `up to 4 results and a last error, and Client.TwoErrors`
	//cb:fallback cache
	Second(ctx context.Context, url string) (string, func(), error) // want-1:2 `cannot keep what Client.Second returns: a function`
	//cb:fallback cache on=open
	//cb:fallback cache on=failure
	Twice(ctx context.Context, url string) (string, error) // want-1:2 `Twice has one cache: the other line is at`
	//cb:fallback standby ttl=5m
	Standby(ctx context.Context) error // want-1:24 `ttl= belongs to //cb:fallback cache`
	//cb:fallback standby
	//cb:fallback standby
	StandbyTwice(ctx context.Context) error // want-1:2 `twice`
}

// Text is a string.
type Text string

// Similar compares what is no string, or nobody knows what.
//
//cb:breaker
type Similar interface {
	//cb:fallback cache similar=0.8
	NoKey(ctx context.Context, user, prompt string) (string, error) // want-1:22 `similar= compares strings, and without key= all parameters of Similar.NoKey tell its calls apart: say what is compared with key=, as in key=user$`
	//cb:fallback cache similar=0.8
	NoParameter(ctx context.Context) (string, error) // want-1:22 `without key= all parameters of Similar.NoParameter tell its calls apart: say what is compared with key=$`
	//cb:fallback cache similar=0.8
	Number(ctx context.Context, id int) (string, error) // want-1:22 `similar= compares strings, and of Similar.Number id is of type int: say what is compared with key=$`
	//cb:fallback cache similar=0.8
	Unnamed(context.Context, Text) (string, error) // want-1:22 `of Similar.Unnamed its parameter is of type Text: say what is compared with key=$`
	//cb:fallback cache similar=0.8
	Named(ctx context.Context, text Text) (string, error) // want-1:22 `of Similar.Named text is of type Text: write key=string\(text\)$`
	//cb:fallback cache key=len(req.Prompt) similar=0.8
	KeyNumber(ctx context.Context, req Request) (string, error) // want-1:42 `of Similar.KeyNumber len\(req.Prompt\) is of type int: say what is compared with key=$`
	//cb:fallback cache key=Text(req.Prompt) similar=0.8
	KeyNamed(ctx context.Context, req Request) (string, error) // want-1:43 `Text\(req.Prompt\) is of type Text: write key=string\(Text\(req.Prompt\)\)$`
	//cb:fallback cache similar=80
	Percent(ctx context.Context, prompt string) (string, error) // want-1:22 `want a share above 0 and at most 100%`
	//cb:fallback cache similar=0
	None(ctx context.Context, prompt string) (string, error) // want-1:22 `want a share above 0 and at most 100%`
	//cb:fallback cache similarity=0.8
	Unknown(ctx context.Context, prompt string) (string, error) // want-1:22 `similarity.*similar`
	//cb:fallback standby similar=0.8
	Standby(ctx context.Context, prompt string) (string, error) // want-1:24 `similar= belongs to //cb:fallback cache`
}

// Generic has a type parameter that need not be comparable.
//
//cb:breaker
type Generic[T any] interface {
	//cb:fallback cache
	Get(ctx context.Context, id T) (string, error) // want-1:2 `parameter id is a T, which need not be comparable`
}

// Package queue has methods whose calls cannot be stored.
package queue

import (
	"context"
	"encoding/json"
	"io"
	"math/big"
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

type Stamped struct {
	time.Time
	Prompt string
}

type Day struct{ time.Time }

type Level int

func (l Level) MarshalText() ([]byte, error) { return []byte("high"), nil }

type page struct{ Number int }

type labels []string

type Page struct {
	*page
	Size int
}

type Labelled struct {
	labels
	Text string
}

type Meta struct{ ID string }

type Params struct {
	Name string `json:"ID,omitempty"`
}

type Twice struct {
	Meta
	Params
}

type Hidden struct {
	Meta
	ID int
}

type Node interface {
	json.Marshaler
	json.Unmarshaler
}

type Times struct {
	time.Time
	big.Int
}

type Loop struct {
	*Loop
	ID string
}

type Whole struct {
	page
	Meta  `json:"meta"`
	Count big.Int
	Each  []big.Int
	By    map[string]*big.Int
	Day   Day
	Raw   json.RawMessage
	ID    string
}

//cb:breaker
type Client interface {
	//cb:fallback queue
	Whole(ctx context.Context, w Whole, ws ...*Whole) error
	//cb:fallback queue
	Promoted(ctx context.Context, at *Stamped) error // want-1:2 `its parameter at is a Stamped, of which JSON writes the embedded Time alone: give the type MarshalJSON and UnmarshalJSON of its own, or the field a name$`
	//cb:fallback queue
	Unnamed(ctx context.Context, at struct{ time.Time }) error // want-1:2 `its parameter at is a struct.*, of which JSON writes the embedded Time alone`
	//cb:fallback queue
	WritesOnly(ctx context.Context, levels []Level) error // want-1:2 `its parameter levels is a Level, which says how it is written, and not how it is read: give the type UnmarshalText$`
	//cb:fallback queue
	EmbeddedPointer(ctx context.Context, p Page) error // want-1:2 `its parameter p is a Page, whose embedded \*page JSON cannot make again: embed the struct itself, or export its type$`
	//cb:fallback queue
	EmbeddedUnexported(ctx context.Context, l Labelled) error // want-1:2 `its parameter l is a Labelled, whose unexported field labels JSON would lose`
	//cb:fallback queue
	Ambiguous(ctx context.Context, t Twice) error // want-1:2 `its parameter t is a Twice, of whose fields Meta.ID and Params.Name JSON would lose one, for it calls both "ID": give one of them another name by a tag$`
	//cb:fallback queue
	Shadowed(ctx context.Context, h Hidden) error // want-1:2 `its parameter h is a Hidden, of whose fields Meta.ID and ID JSON would lose one`
	//cb:fallback queue
	Both(ctx context.Context, l Loop, t Times) error // want-1:2 `its parameter t is a Times, whose field Time is a time.Time, whose unexported field wall JSON would lose`
	//cb:fallback queue
	Writer(ctx context.Context, n Node) error // want-1:2 `its parameter n is the interface Node`
	//cb:fallback queue
	InMap(ctx context.Context, prices map[string]big.Int) error // want-1:2 `its parameter prices is a big.Int, whose unexported field neg JSON would lose`
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

// Package types has a type of every kind in its methods.
package types

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"
	"unsafe"
)

// Max is a length.
const Max = 4

// Kinds has them all.
//
//cb:breaker
type Kinds interface {
	Basic(b bool, i8 int8, u8 uint8, u uintptr, f32 float32, c64 complex64, c complex128, r rune, by byte, s string) error
	Structs(ctx context.Context, in struct {
		Name string `json:"name,omitempty" xml:"a\"b"`
		Age  int
		time.Duration
		*json.Decoder
		inner struct{ X, Y int }
	}) (out struct{}, err error)
	Tag(ctx context.Context, in struct {
		F func(int) error "json:\"f\" raw:\"`tag`\""
	}) error
	Channels(ctx context.Context, both chan int, in <-chan struct{}, out chan<- error) (<-chan (<-chan int), error)
	ChanChan(ctx context.Context, a chan (<-chan int), b chan<- chan int, c <-chan chan<- int, d chan<- (<-chan int), e chan (chan<- int)) error
	Funcs(ctx context.Context, f func(), g func(int, ...string) (n int, err error), h func(func(...any) error) func() <-chan int) error
	Interfaces(ctx context.Context, a any, b interface{}, c interface {
		io.Reader
		Close(force bool) error
	}, d interface{ String() string }, e comparableish) error
	Arrays(ctx context.Context, a [3]int, b [Max]string, c [Max * 2][1]byte, d [][]*[2]int, e ...[2]string) error
	Maps(ctx context.Context, m map[string]map[[2]int][]chan func() error, n map[struct{ X int }]any) (map[any]struct{}, error)
	Pointers(ctx context.Context, a *int, b **string, c *[]byte, d *func() error, e *struct{ N *int }, f unsafe.Pointer) error
	VariadicFuncs(ctx context.Context, opts ...func(*http.Request) error) error
	VariadicAny(ctx context.Context, args ...any) error
	VariadicChans(ctx context.Context, chans ...<-chan error) error
	VariadicStructs(ctx context.Context, s ...struct{ A, B int }) error
	Locks(ctx context.Context, mu *sync.Mutex, once func() *sync.Once) error
	Requests(w http.ResponseWriter, r *http.Request) error
	Long(ctx context.Context, aVeryLongParameterName map[string]map[string]string, anotherVeryLongParameterName func(ctx context.Context, name string) (string, error), yetAnotherOne chan<- map[string]string) (aVeryLongResultName map[string]string, err error)
}

type comparableish interface {
	Equal(other comparableish) bool
}

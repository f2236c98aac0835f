// Package carry has directives on methods that cannot carry them.
package carry

import (
	"context"
	"io"
	"iter"
	"net/http"
)

//cb:breaker
//cb:deadline 5s
type Client interface {
	//cb:breaker threshold=3
	NoError(ctx context.Context) int // want-1:2 "NoError"
	//cb:fallback Other
	Nothing(ctx context.Context) // want-1:2 "Nothing"
	//cb:failure codes=5xx
	Custom(ctx context.Context) Wide // want-1:2 "Code"

	// An inherited deadline on a guarded method without a context must be cleared there.
	Close() error // want:2 "Close.*context"

	//cb:deadline 3s
	Written(id int) error // want-1:16 "Written.*context"

	// So must one on a method whose result is read under the call's context.
	Inherited(ctx context.Context) (*http.Response, error) // want:2 "Inherited.*//cb:deadline off"
	//cb:deadline 3s
	Response(ctx context.Context) (*http.Response, error) // want-1:16 "Response"
	//cb:deadline 3s
	Request(r *http.Request) (*http.Response, error) // want-1:16 "Request"
	//cb:deadline 3s
	Body(ctx context.Context) (io.ReadCloser, error) // want-1:16 "Body"
	//cb:deadline 3s
	Iterator(ctx context.Context) (iter.Seq[int], error) // want-1:16 "Iterator"
	//cb:deadline 3s
	Iterator2(ctx context.Context) (iter.Seq2[int, error], error) // want-1:16 "Iterator2"
	//cb:deadline 3s
	Channel(ctx context.Context) (<-chan int, error) // want-1:16 "Channel"

	//cb:deadline 3s
	Several(ctx context.Context) (int, io.ReadCloser, error) // want-1:16 "Several"
}

// Wide is an error that no rejection is.
type Wide interface {
	error
	Code() int
}

// Rows has its error inside and takes none.
type Rows struct{}

// Err is the first error met.
func (*Rows) Err() error { return nil }

type Inside interface {
	//cb:breaker
	Query(ctx context.Context) *Rows // want-1:2 "SetErr"
}

// Package streaming returns results that are read after the method has returned: their ends are the outcomes.
package streaming

import (
	"context"
	"io"
	"iter"
	"net/http"
)

// Feed opens streams of every kind.
//
//cb:breaker threshold=2 timeout=30s
//cb:stream first=5s idle=10s
type Feed interface {
	// Rows may fail at once, or at its end.
	//
	//cb:fallback Archived
	//cb:fallback standby
	Rows(ctx context.Context, table string) (iter.Seq2[string, error], error)

	// Lines is called when it is ranged over.
	//
	//cb:fallback lastLines
	Lines(ctx context.Context, files ...string) iter.Seq2[string, error]

	//cb:bulkhead max=1
	Open(ctx context.Context, name string) (io.ReadCloser, error)

	//cb:failure codes=5xx
	Fetch(ctx context.Context, url string) (*http.Response, error)

	//cb:stream idle=off
	Send(req *http.Request) (*http.Response, error)

	//cb:retry max=1 backoff=100ms..100ms
	Events(ctx context.Context) (<-chan Event, error)

	// Ticks has no place for an error: where not even its fallback answers, its channel is closed.
	//
	//cb:bulkhead max=1 wait=1m
	//cb:fallback NoTicks
	Ticks(ctx context.Context) <-chan int

	//cb:retry max=1 backoff=100ms..100ms
	//cb:fallback standby
	Tail(ctx context.Context, topic string) (Cursor, error)

	//cb:deadline 1m
	//cb:key room max=4
	Chat(ctx context.Context, room string) (Receiver[Message], error)

	// Get is no stream: it drops what its interface says of them.
	Get(ctx context.Context, id string) (Message, error)

	// Watch has a stream, and is judged when it opens.
	//
	//cb:stream off
	Watch(ctx context.Context) (<-chan Event, error)

	// Name passes through.
	Name() string
}

// Event tells at the end how it all went.
type Event struct {
	Text    string
	failure error
}

// Err makes an event that has one the end of its stream.
func (e Event) Err() error { return e.failure }

// Message is what is said in a room.
type Message struct{ Text string }

// scanner is what is read of a Cursor.
type scanner interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
}

// Cursor moves over the messages of a topic.
type Cursor interface {
	scanner
	io.Closer
	Jump(guard, s int64) (err error)
	ended()
}

// Receiver is read as a gRPC client's stream.
type Receiver[T any] interface {
	Recv() (T, error)
	CloseSend() error
	Close()
}

func lastLines(_ context.Context, _ []string, cause error) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("as of yesterday, for "+cause.Error(), nil) }
}

// Store is generic, and judged by the ends of its streams alone.
//
//cb:breaker
//cb:stream
type Store[K comparable, V any] interface {
	All(ctx context.Context, prefix K) iter.Seq2[V, error]
	Scan(ctx context.Context, prefix K) (iter.Seq2[V, error], error)
	Watch(ctx context.Context) (<-chan V, error)
	Iterate(ctx context.Context) (Items[K, V], error)
	Receive(ctx context.Context) (Receiver[map[K]V], error)
	Body(ctx context.Context) (Body, error)
	Plain(ctx context.Context) (func(yield func(V, error) bool), error)
	Named(ctx context.Context) (Values[V], error)
}

// Items has no Close, and its Next takes nothing.
type Items[K comparable, V any] interface {
	Next() bool
	Item() (K, V)
	Err() error
}

// Body is an io.ReadCloser by another name.
type Body interface {
	io.Reader
	io.Closer
}

// Values is a channel by another name.
type Values[V any] <-chan V

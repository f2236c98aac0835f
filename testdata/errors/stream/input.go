// Package stream has //cb:stream where it cannot hold.
package stream

import (
	"context"
	"io"
	"iter"
	"net/http"
	"os"

	"github.com/cbgen/cbgen/testdata/errors/stream/rows"
)

type Item struct{ Text string }

// Events is a sequence by another name, which is another type.
type Events iter.Seq2[Item, error]

type Cursor interface {
	Next() bool
	Err() error
	Close() error
}

// Messages are read as a gRPC client's are.
type Messages interface{ Recv() (*Item, error) }

type NoBool interface {
	Next() error
	Err() error
}

func meaning(Cursor, error) error { return nil }

//cb:breaker
type Results interface {
	//cb:stream
	Get(ctx context.Context) (*Item, error) // want-1:2 "//cb:stream cannot hold for Get: it returns no stream; streams are iter.Seq2.V, error., io.ReadCloser, .http.Response, <-chan V, and interfaces with Next\\(\\) bool and Err\\(\\) error or with Recv\\(\\) \\(V, error\\)"
	//cb:stream
	Ping(ctx context.Context) error // want-1:2 "it returns no stream"
	//cb:stream first=1s
	Name() string // want-1:2 "cannot hold for Name: it returns no stream"
	//cb:stream
	Mute() // want-1:2 "it returns no stream"
	//cb:stream
	NoBool(ctx context.Context) (NoBool, error) // want-1:2 "it returns no stream"
	//cb:stream
	Send(ctx context.Context) (chan<- int, error) // want-1:2 "it returns no stream"

	//cb:stream
	Alone(ctx context.Context) Cursor // want-1:2 "nothing carries a rejection: write an error result beside its stream"
	//cb:stream
	Body(ctx context.Context) io.ReadCloser // want-1:2 "nothing carries a rejection: write an error result beside its stream"
	//cb:stream
	Ticks(ctx context.Context) <-chan int // want-1:2 "nothing carries a rejection: it has no error result beside its channel, write one, or a //cb:fallback that answers"
	//cb:stream
	//cb:fallback Late on=failure
	Tocks(ctx context.Context) <-chan int // want-2:2 "nothing carries a rejection"
	//cb:stream
	Three(ctx context.Context) (Cursor, int, error) // want-1:2 "it has other results than a stream and an error; gather in the stream what they say"
	//cb:stream
	Two(ctx context.Context) (io.ReadCloser, *http.Response, error) // want-1:2 "it has other results than a stream and an error"
	//cb:stream
	First(ctx context.Context) (error, Cursor) // want-1:2 "it has other results than a stream and an error"

	//cb:stream
	Both(ctx context.Context) (chan int, error) // want-1:2 "its result chan int may be written to, and a wrapper only reads: return <-chan int"
	//cb:stream
	Seq(ctx context.Context) iter.Seq[int] // want-1:2 "its result iter.Seq.int. tells of no errors: return iter.Seq2.V, error."
	//cb:stream
	Pairs(ctx context.Context) (iter.Seq2[string, int], error) // want-1:2 "its result iter.Seq2.string, int. tells of no errors"
	//cb:stream
	Named(ctx context.Context) (Events, error) // want-1:2 "its result Events is a type of its own: return iter.Seq2.Item, error."
	//cb:stream
	Seeker(ctx context.Context) (io.ReadSeekCloser, error) // want-1:2 "its result io.ReadSeekCloser has more methods than Read and Close: return io.ReadCloser"

	//cb:stream
	Sealed(ctx context.Context) (rows.Sealed, error) // want-1:2 "its result rows.Sealed has the unexported method sealed of package .*/rows, which the wrapper's cannot have"
	//cb:stream
	Secret(ctx context.Context) (rows.Secret, error) // want-1:2 "the method Secret of its result rows.Secret has the unexported type .*rows.secret of another package"

	//cb:failure result=meaning
	//cb:stream
	Judged(ctx context.Context) (Cursor, error) // want-1:2 "result=meaning at .*:\\d+:15 judges its results when it returns, and a stream is judged at its end; keep one of them"

	//cb:off "closing must work"
	//cb:stream
	Off(ctx context.Context) (Cursor, error) // want-1:2 "//cb:stream has no effect: Off is off"

	//cb:stream
	//cb:fallback cache key=1
	Cached(ctx context.Context) (Cursor, error) // want-1:2 "fallback cache cannot keep what Results.Cached returns: a stream is read once"
}

// Structs have streams of concrete types: an adapter makes interfaces of them.
//
//cb:breaker
type Structs[T any] interface {
	//cb:stream
	Chat(ctx context.Context, prompt string, _ ...int) (*rows.Stream[T], error) // want-1:2 "its result .rows.Stream.T. is no interface, and no wrapper can stand in for it; have the method return an interface, and wrap an adapter\nwant Chat\\(ctx context.Context, prompt string, arg ...int\\) \\(StructsChatStream.T., error\\)\nto paste:\ntype StructsChatStream.T any. interface {\n\tClose\\(\\) error\n\tCurrent\\(\\) T\n\tErr\\(\\) error\n\tNext\\(\\) bool\n\tSkip\\(n int, dest ...any\\)\n}\n\ntype structsChatAdapter"

	//cb:stream
	Open(ctx context.Context) (*os.File, error) // want-1:2 "its result .os.File is no interface.*\nwant Open\\(ctx context.Context\\) \\(io.ReadCloser, error\\)\nto paste:\ntype structsOpenAdapter"

	//cb:stream
	Start(ctx context.Context) *rows.Stream[T] // want-1:2 "stream := a.next.Start\\(ctx\\)\n\tif err := stream.Err\\(\\); err != nil {\n\t\treturn nil, err\n\t}\n\treturn stream, nil\n}"
}

// None of its methods has a stream.
//
//cb:breaker
//cb:stream first=5s
type None interface { // want-1:1 "//cb:stream fits no method of None; Get: it returns no stream"
	Get(ctx context.Context) (*Item, error)
	Name() string
}

// Limits are written for streams whose context they cannot end, or that another limit ends before.
//
//cb:breaker slow=2s
//cb:stream first=3s idle=10s
type Limits interface {
	Blind() (io.ReadCloser, error) // want:2 "first= of //cb:stream cannot reach Blind, which takes no context.Context: write //cb:stream first=off at the method" "idle= of //cb:stream cannot reach Blind"
	//cb:stream first=off idle=1s
	Own() (io.ReadCloser, error) // want-1:24 "idle= of //cb:stream cannot reach Own, which takes no context.Context: remove it"
	//cb:stream off
	Off() (io.ReadCloser, error)
	//cb:stream first=off idle=off
	Unlimited() (io.ReadCloser, error)

	//cb:stream first=2s
	Slow(ctx context.Context) (io.ReadCloser, error) // want-1:14 "no call can be slow, which a stream is until its first item: slow=2s at .* is not less than first=2s at .*"
	//cb:stream first=2001ms
	Quick(ctx context.Context) (io.ReadCloser, error)

	//cb:deadline 10s
	Deadline(ctx context.Context) (io.ReadCloser, error) // want-1:16 "the deadline, which goes on to the stream's end, leaves no room: idle=10s at .* is not less than 10s at"
	//cb:deadline 10001ms
	Longer(ctx context.Context) (io.ReadCloser, error)
}

// Openings are judged when they return: what ends their streams is not theirs.
//
//cb:breaker
//cb:retry
//cb:deadline 10s
type Openings interface {
	Read(ctx context.Context) (io.ReadCloser, error) // want:2 "//cb:deadline would end what Read returns: a stream that is read later; write //cb:deadline off at the method, or write //cb:stream, with which it is the limit of the whole stream" "//cb:retry cannot repeat what Read returns: a stream that is read later; write //cb:retry off at the method, or write //cb:stream, with which it is repeated before its first item"
	Receive(ctx context.Context) (Messages, error)   // want:2 "//cb:deadline would end what Receive returns: a stream that is read later; .* or write //cb:stream" "//cb:retry cannot repeat what Receive returns: a stream that is read later; .* or write //cb:stream"
	//cb:stream
	Good(ctx context.Context) (io.ReadCloser, error)
}

//cb:breaker
type Overran interface {
	//cb:stream first=5s
	//cb:retry on=deadline
	Fine(ctx context.Context) (iter.Seq2[int, error], error)
	//cb:stream idle=5s
	//cb:retry on=deadline
	Never(ctx context.Context) (iter.Seq2[int, error], error) // want-1:13 `Never is never retried: on=deadline, and it has no deadline`
}

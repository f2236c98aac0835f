package streaming

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

// script is what a stream does, item by item; the calls of a method take one after the other, the last one again and again.
type script struct {
	opening error    // instead of a stream
	items   []string // what it gives
	end     error    // how it ends; nil: well
	hangs   bool     // instead of an end
	panics  bool     // likewise
}

// upstream plays scripts.
type upstream struct {
	Feed    // what a test does not call
	scripts []script
	calls   int
	closed  int
	ctx     context.Context // of the last call
}

func plays(scripts ...script) *upstream { return &upstream{scripts: scripts} }

func (u *upstream) next(ctx context.Context) script {
	s := u.scripts[min(u.calls, len(u.scripts)-1)]
	u.calls++
	u.ctx = ctx
	return s
}

// reader is one stream of an upstream: an io.ReadCloser, a Cursor and a Receiver at once.
type reader struct {
	script
	upstream *upstream
	ctx      context.Context
	at       int
	err      error
}

// move waits a second for the next item, and is false at the end.
func (r *reader) move() bool {
	time.Sleep(time.Second)
	if r.err = r.ctx.Err(); r.err != nil {
		return false
	}
	if r.at++; r.at <= len(r.items) {
		return true
	}
	if r.panics {
		panic("out of order")
	}
	r.err = r.end
	if r.hangs {
		<-r.ctx.Done()
		r.err = r.ctx.Err()
	}
	return false
}

func (r *reader) item() string { return r.items[r.at-1] }

func (u *upstream) open(ctx context.Context) (*reader, error) {
	s := u.next(ctx)
	return &reader{script: s, upstream: u, ctx: ctx}, s.opening
}

func (u *upstream) seq(r *reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for r.move() {
			if !yield(r.item(), nil) {
				u.closed++
				return
			}
		}
		if r.err != nil {
			yield("", r.err)
		}
	}
}

func (u *upstream) Rows(ctx context.Context, _ string) (iter.Seq2[string, error], error) {
	r, err := u.open(ctx)
	if err != nil {
		return nil, err
	}
	return u.seq(r), nil
}

func (u *upstream) Lines(ctx context.Context, _ ...string) iter.Seq2[string, error] {
	r, err := u.open(ctx)
	r.err = err
	if err != nil {
		r.items, r.end = nil, err
	}
	return u.seq(r)
}

func (u *upstream) Open(ctx context.Context, _ string) (io.ReadCloser, error) {
	r, err := u.open(ctx)
	if err != nil {
		return nil, err
	}
	return body{r}, nil
}

func (u *upstream) Fetch(ctx context.Context, url string) (*http.Response, error) {
	r, err := u.open(ctx)
	if err != nil {
		return nil, err
	}
	resp := &http.Response{StatusCode: http.StatusOK, Body: body{r}}
	if strings.HasSuffix(url, "busy") {
		resp.StatusCode = http.StatusServiceUnavailable
	}
	return resp, nil
}

func (u *upstream) Send(req *http.Request) (*http.Response, error) {
	return u.Fetch(req.Context(), req.URL.String())
}

func (u *upstream) Events(ctx context.Context) (<-chan Event, error) {
	r, err := u.open(ctx)
	if err != nil {
		return nil, err
	}
	events := make(chan Event)
	go func() {
		defer close(events)
		for r.move() {
			select {
			case events <- Event{Text: r.item()}:
			case <-ctx.Done():
				return
			}
		}
		if r.err != nil {
			select {
			case events <- Event{failure: r.err}:
			case <-ctx.Done():
			}
		}
	}()
	return events, nil
}

func (u *upstream) Watch(ctx context.Context) (<-chan Event, error) { return u.Events(ctx) }

func (u *upstream) Ticks(ctx context.Context) <-chan int {
	s := u.next(ctx)
	ticks := make(chan int, len(s.items))
	for k := range s.items {
		ticks <- k
	}
	close(ticks)
	return ticks
}

func (u *upstream) Tail(ctx context.Context, _ string) (Cursor, error) {
	r, err := u.open(ctx)
	if err != nil {
		return nil, err
	}
	return cursor{r}, nil
}

func (u *upstream) Chat(ctx context.Context, _ string) (Receiver[Message], error) {
	r, err := u.open(ctx)
	if err != nil {
		return nil, err
	}
	return receiver{r}, nil
}

func (u *upstream) Get(ctx context.Context, _ string) (Message, error) {
	return Message{}, u.next(ctx).opening
}

type body struct{ *reader }

func (b body) Read(p []byte) (int, error) {
	if b.move() {
		return copy(p, b.item()), nil
	}
	if b.err == nil {
		return 0, io.EOF
	}
	return 0, b.err
}

func (b body) Close() error { b.upstream.closed++; return nil }

type cursor struct{ *reader }

func (c cursor) Next() bool { return c.move() }
func (c cursor) Err() error { return c.err }
func (c cursor) ended()     {}

func (c cursor) Scan(dest ...any) error {
	*dest[0].(*string) = c.item()
	return nil
}

func (c cursor) Jump(from, to int64) error {
	c.at += int(to - from)
	return nil
}

func (c cursor) Close() error { c.upstream.closed++; return errDown }

type receiver struct{ *reader }

func (r receiver) Recv() (Message, error) {
	if r.move() {
		return Message{r.item()}, nil
	}
	if r.err == nil {
		return Message{}, io.EOF
	}
	return Message{"partial"}, r.err
}

func (r receiver) CloseSend() error { return errDown }
func (r receiver) Close()           { r.upstream.closed++ }

// archive answers instead.
type archive struct {
	items []string
	cause error
}

func (a *archive) Archived(_ context.Context, table string, cause error) (iter.Seq2[string, error], error) {
	a.cause = cause
	if a.items == nil {
		return nil, errors.New("no archive of " + table)
	}
	return func(yield func(string, error) bool) {
		for _, item := range a.items {
			if !yield(item, nil) {
				return
			}
		}
	}, nil
}

func (a *archive) NoTicks(context.Context, error) <-chan int {
	ticks := make(chan int, 1)
	ticks <- -1
	close(ticks)
	return ticks
}

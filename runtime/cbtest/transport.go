package cbtest

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Transport makes the faults happen to HTTP requests that go through next (nil: [http.DefaultTransport]): their Client is the given
// one, their Method the request's ("POST"), their Key its URL's host. A Fail or Hang with a Code, and without an Err, is a response
// with that status. The items of a body are lines, or, of a text/event-stream, events.
func (f *Faults) Transport(client string, next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{f, client, next}
}

type transport struct {
	faults *Faults
	client string
	next   http.RoundTripper
}

// CloseIdleConnections lets [http.Client.CloseIdleConnections] reach next.
func (t *transport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// RoundTrip is that of [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, called := req.Context(), false
	defer func() {
		if !called && req.Body != nil {
			_ = req.Body.Close() // as every RoundTripper must
		}
	}()
	err := t.faults.Inject(ctx, t.client, req.Method, req.URL.Host)
	if e, ok := err.(*FaultError); ok && e.code >= http.StatusOK { //nolint:errorlint // ours, as it was made
		return e.response(req), nil
	}
	if err != nil {
		return nil, err
	}
	called = true
	resp, err := t.next.RoundTrip(req)
	if err == nil && resp.StatusCode != http.StatusSwitchingProtocols { // whose body is written to as well
		resp.Body = newBody(resp, func(n int) error { return t.faults.InjectItem(ctx, t.client, req.Method, req.URL.Host, n) })
	}
	return resp, err
}

// response is the error as an upstream sends it.
func (e *FaultError) response(req *http.Request) *http.Response {
	text := e.Error() + "\n"
	resp := &http.Response{
		StatusCode: e.code, Status: fmt.Sprintf("%d %s", e.code, http.StatusText(e.code)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, ContentLength: int64(len(text)),
		Body: io.NopCloser(strings.NewReader(text)),
	}
	if e.retryAfter > 0 {
		seconds := (e.retryAfter + time.Second - 1) / time.Second // the header has no fractions
		resp.Header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	return resp
}

// body hands on one item at most with each Read, and asks before its first byte.
type body struct {
	io.Closer
	source *bufio.Reader
	ask    func(n int) error
	events bool // an item ends with an empty line, not with any

	items   int
	within  bool // an item
	newline bool // the last byte
	err     error
}

func newBody(resp *http.Response, ask func(n int) error) io.ReadCloser {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return &body{Closer: resp.Body, source: bufio.NewReader(resp.Body), ask: ask, events: kind == "text/event-stream"}
}

// Read is that of [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	if len(p) == 0 || b.err != nil {
		return 0, b.err
	}
	if _, err := b.source.Peek(1); err != nil {
		return 0, err
	}
	if !b.within {
		if b.err = b.ask(b.items); b.err != nil {
			return 0, b.err
		}
		b.items++
		b.within = true
	}
	buffered, _ := b.source.Peek(min(len(p), b.source.Buffered()))
	n := copy(p, buffered[:b.advance(buffered)])
	_, _ = b.source.Discard(n) // it is there
	return n, nil
}

// advance tells how many bytes belong to the item.
func (b *body) advance(text []byte) int {
	for i, c := range text {
		end := c == '\n' && (b.newline || !b.events)
		if c != '\r' {
			b.newline = c == '\n'
		}
		if end {
			b.within = false
			return i + 1
		}
	}
	return len(text)
}

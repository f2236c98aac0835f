package cbhttp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type answers []*http.Response

// next hands them out one by one.
func (a *answers) next(context.Context) (*http.Response, error) {
	resp := (*a)[0]
	*a = (*a)[1:]
	return resp, nil
}

// body is a reader that knows whether it was closed.
type body struct {
	io.Reader
	closed int
}

func (b *body) Close() error { b.closed++; return nil }

// broken fails after its text.
type broken struct{ text io.Reader }

var errReset = errors.New("connection reset")

func (b broken) Read(p []byte) (int, error) {
	n, err := b.text.Read(p)
	if errors.Is(err, io.EOF) {
		err = errReset
	}
	return n, err
}

func newBreaker(p cb.Policy) *cb.Breaker {
	p.Failure.Codes = "5xx"
	return cb.New(p, cb.WithLogger(slog.New(slog.DiscardHandler)))
}

func call(
	t *testing.T, b *cb.Breaker, fn func(context.Context) (*http.Response, error),
	fallbacks ...func(context.Context, error) (*http.Response, error),
) *http.Response {
	t.Helper()
	resp, err := cb.CallStreamResult(t.Context(), b, cbhttp.Outcome, cbhttp.StreamResponse, fn, fallbacks...)
	require.NoError(t, err)
	return resp
}

func TestStreamResponse(t *testing.T) {
	t.Parallel()
	readAll := func(resp *http.Response) error { _, err := io.ReadAll(resp.Body); return err }
	unread := func(*http.Response) error { return nil }
	for _, tt := range []struct {
		name   string
		status int
		body   io.Reader
		read   func(*http.Response) error
		err    error
		want   cb.Counts
	}{
		{"read to the end", 200, strings.NewReader("x"), readAll, nil, cb.Counts{Success: 1}},
		{"the body breaks off", 200, broken{strings.NewReader("x")}, readAll, errReset, cb.Counts{Failure: 1}},
		{"the body breaks off at once", 200, broken{strings.NewReader("")}, readAll, errReset, cb.Counts{Failure: 1}},
		{"closed unread", 200, strings.NewReader("x"), unread, nil, cb.Counts{Success: 1}},
		{"a failure, read", 503, strings.NewReader("x"), readAll, nil, cb.Counts{Failure: 1}},
		{"a failure, unread", 503, strings.NewReader("x"), unread, nil, cb.Counts{Failure: 1}},
		{"a failure breaks off", 503, broken{strings.NewReader("x")}, readAll, errReset, cb.Counts{Failure: 1}},
		{"not found", 404, strings.NewReader("x"), readAll, nil, cb.Counts{Success: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBreaker(cb.Policy{})
			source := &body{Reader: tt.body}
			given := &http.Response{StatusCode: tt.status, Body: source, Header: http.Header{"A": {"b"}}}
			var inside context.Context
			resp := call(t, b, func(ctx context.Context) (*http.Response, error) { inside = ctx; return given, nil })
			assert.Equal(t, tt.status, resp.StatusCode)
			assert.Same(t, given, resp, "net/http adds trailers to it")
			require.NoError(t, inside.Err())
			require.ErrorIs(t, tt.read(resp), tt.err)
			require.NoError(t, resp.Body.Close())
			require.ErrorIs(t, inside.Err(), context.Canceled)
			assert.Equal(t, 1, source.closed)
			assert.Equal(t, tt.want, b.Snapshot().Counts)
			assert.Zero(t, b.Snapshot().InFlight)
		})
	}
}

func TestStreamResponse_WithoutABody(t *testing.T) {
	t.Parallel()
	for name, resp := range map[string]*http.Response{
		"none": {StatusCode: 204}, "NoBody": {StatusCode: 200, Body: http.NoBody}, "no response": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBreaker(cb.Policy{})
			assert.Same(t, resp, call(t, b, func(context.Context) (*http.Response, error) { return resp, nil }))
			assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
			assert.Zero(t, b.Snapshot().InFlight)
		})
	}
}

// TestStreamResponse_IsNotReplaced once its status is known; before, it is, and closed.
func TestStreamResponse_IsNotReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testNotReplaced)
}

func testNotReplaced(t *testing.T) {
	bad, good := &body{Reader: strings.NewReader("x")}, &body{Reader: broken{strings.NewReader("")}}
	upstream := answers{{StatusCode: 503, Body: bad}, {StatusCode: 200, Body: good}}
	b := newBreaker(cb.Policy{Retry: cb.Retry{Max: 2, Backoff: time.Millisecond}, Bulkhead: cb.Bulkhead{Max: 1}})
	resp := call(t, b, upstream.next, func(context.Context, error) (*http.Response, error) {
		return nil, errors.New("not asked")
	})
	assert.Equal(t, []int{1, 0}, []int{bad.closed, good.closed})
	_, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, errReset)
	assert.Equal(t, cb.Counts{Failure: 2}, b.Snapshot().Counts)
	assert.Empty(t, upstream)
}

func TestStreamResponse_Fallback(t *testing.T) {
	t.Parallel()
	bad := &body{Reader: strings.NewReader("x")}
	cached := &http.Response{StatusCode: 200, Body: http.NoBody}
	b := newBreaker(cb.Policy{})
	var inside context.Context
	resp := call(t, b, func(ctx context.Context) (*http.Response, error) {
		inside = ctx
		return &http.Response{StatusCode: 503, Body: bad}, nil
	}, func(context.Context, error) (*http.Response, error) { return cached, nil })
	assert.Same(t, cached, resp)
	assert.Equal(t, 1, bad.closed)
	require.ErrorIs(t, inside.Err(), context.Canceled)
}

// TestStreamResponse_OfAServer guards what net/http itself returns.
func TestStreamResponse_OfAServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/upgrade":
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			_ = rw.Flush()
			line, _ := rw.ReadString('\n')
			_, _ = rw.WriteString("echo " + line)
			_ = rw.Flush()
		case "/broken":
			_, _ = io.WriteString(w, "data: a\n\n")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.WriteString(w, "data: a\n\ndata: b\n\n")
		}
	}))
	t.Cleanup(server.Close)
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	b := newBreaker(cb.Policy{Stream: cb.Stream{First: time.Minute, Idle: time.Minute}})
	do := func(method, path string, header http.Header) *http.Response {
		return call(t, b, func(ctx context.Context) (*http.Response, error) {
			req, err := http.NewRequestWithContext(ctx, method, server.URL+path, http.NoBody)
			if err != nil {
				return nil, err
			}
			req.Header = header
			return client.Do(req)
		})
	}

	resp := do(http.MethodGet, "/", http.Header{})
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "data: a\n\ndata: b\n\n", string(text))
	assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)

	resp = do(http.MethodHead, "/", http.Header{})
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, cb.Counts{Success: 2}, b.Snapshot().Counts)

	resp = do(http.MethodGet, "/broken", http.Header{})
	text, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "data: a\n\n", string(text))
	assert.Equal(t, cb.Counts{Success: 2, Failure: 1}, b.Snapshot().Counts)

	resp = do(http.MethodGet, "/upgrade", http.Header{"Connection": {"Upgrade"}, "Upgrade": {"echo"}})
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	conn, ok := resp.Body.(io.ReadWriteCloser)
	require.True(t, ok)
	_, err = io.WriteString(conn, "hello\n")
	require.NoError(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "echo hello\n", line)
	assert.Equal(t, 1, b.Snapshot().InFlight)
	require.NoError(t, conn.Close())
	assert.Equal(t, cb.Counts{Success: 3, Failure: 1}, b.Snapshot().Counts)
	assert.Zero(t, b.Snapshot().InFlight)
}

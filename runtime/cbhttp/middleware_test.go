package cbhttp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
	"github.com/cbgen/cbgen/runtime/cbtest"
)

// handled serves one request with a handler behind a breaker, and returns the breaker's counts and what the handler panicked with.
func handled(t *testing.T, ctx context.Context, policy cb.Policy, w http.ResponseWriter, h http.HandlerFunc) (counts cb.Counts, panicked any) {
	t.Helper()
	registry := cb.NewRegistry()
	guarded := cbhttp.Middleware(&policy, plain(cb.WithRegistry(registry)))(h)
	var wg sync.WaitGroup
	wg.Go(func() { // which may end
		defer func() { panicked = recover() }()
		guarded.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
	})
	wg.Wait()
	return registry.Breakers()[1].Snapshot().Counts, panicked
}

var errWrite = errors.New("broken pipe")

// leftWriter is the ResponseWriter of a client that has gone.
type leftWriter struct{ http.ResponseWriter }

func (leftWriter) Write([]byte) (int, error) { return 0, errWrite }
func (leftWriter) FlushError() error         { return errWrite }

func TestMiddlewareJudgesHandlers(t *testing.T) {
	t.Parallel()
	success, failure, ignored := cb.Counts{Success: 1}, cb.Counts{Failure: 1}, cb.Counts{Ignored: 1}
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	type leave struct{}
	leaves := func(r *http.Request) {
		r.Context().Value(leave{}).(context.CancelFunc)()
		synctest.Wait()
		assert.ErrorIs(t, r.Context().Err(), context.Canceled)
	}
	said := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "said") }
	for name, tt := range map[string]struct {
		left     bool
		handler  http.HandlerFunc
		want     cb.Counts
		panicked any
	}{
		"says nothing": {handler: func(http.ResponseWriter, *http.Request) {}, want: success},
		"writes":       {handler: said, want: success},
		"flushes":      {handler: func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, want: success},
		"fails":        {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, want: failure},
		"only the first counts": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(503)
			w.WriteHeader(200)
		}, want: failure},
		"an early hint is no answer": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(503)
		}, want: failure},
		"gives up":                            {handler: abort, want: failure, panicked: http.ErrAbortHandler},
		"gives up for a client that has gone": {handler: func(w http.ResponseWriter, r *http.Request) { leaves(r); abort(w, r) }, want: ignored, panicked: http.ErrAbortHandler},
		"fails for a client that has gone":    {handler: func(w http.ResponseWriter, r *http.Request) { leaves(r); w.WriteHeader(502) }, want: ignored},
		"fails, and then the client goes":     {handler: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503); leaves(r) }, want: ignored},
		"says why, and then the client goes":  {handler: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503); said(w, r); leaves(r) }, want: ignored},
		"answers, and then the client goes":   {handler: func(w http.ResponseWriter, r *http.Request) { said(w, r); leaves(r); abort(w, r) }, want: success, panicked: http.ErrAbortHandler},
		"ends its goroutine":                  {handler: func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, want: failure},
		"gives up in the middle of an answer": {handler: func(w http.ResponseWriter, r *http.Request) { said(w, r); abort(w, r) }, want: failure, panicked: http.ErrAbortHandler},
		"panics":                              {handler: func(http.ResponseWriter, *http.Request) { panic("oops") }, want: failure, panicked: "oops"},
		"panics for a client that has gone":   {handler: func(_ http.ResponseWriter, r *http.Request) { leaves(r); panic("oops") }, want: ignored, panicked: "oops"},
		"cannot write": {left: true, handler: func(w http.ResponseWriter, r *http.Request) {
			said(w, r)
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		}, want: success, panicked: http.ErrAbortHandler},
		"cannot flush": {left: true, handler: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			assert.ErrorIs(t, http.NewResponseController(w).Flush(), errWrite)
			abort(w, r)
		}, want: ignored, panicked: http.ErrAbortHandler},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var w http.ResponseWriter = httptest.NewRecorder()
				if tt.left {
					w = leftWriter{w}
				}
				counts, panicked := handled(t, context.WithValue(ctx, leave{}, cancel), cb.Policy{}, w, tt.handler)
				assert.Equal(t, tt.want, counts)
				assert.Equal(t, tt.panicked, panicked)
			})
		})
	}
}

// A handler's mistake in writing is no sign that the client has gone.
func TestMiddlewareKeepsTheContextOfAHandlerThatWritesWrongly(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	server := httptest.NewServer(cbhttp.Middleware(&cb.Policy{}, plain())(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		_, err := w.Write([]byte("said"))
		assert.ErrorIs(t, err, http.ErrBodyNotAllowed)
		ended <- r.Context().Err()
	})))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.NoError(t, <-ended)
}

func TestMiddlewareHoldsADeadline(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ ours, servers time.Duration }{
		"ours":         {ours: time.Second, servers: time.Hour},
		"the server's": {servers: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.servers)
				defer cancel()
				start := time.Now()
				counts, _ := handled(t, ctx, cb.Policy{Deadline: tt.ours}, httptest.NewRecorder(), func(w http.ResponseWriter, r *http.Request) {
					<-r.Context().Done()
					w.WriteHeader(http.StatusGatewayTimeout)
				})
				assert.Equal(t, cb.Counts{Failure: 1}, counts)
				assert.Equal(t, time.Second, time.Since(start))
			})
		})
	}
}

func TestMiddlewareAnswersWhomTheBulkheadKeepsWaiting(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ wait, patience time.Duration }{
		"until it is full":      {wait: time.Second, patience: time.Hour},
		"until their time's up": {wait: time.Hour, patience: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				h := cbhttp.Middleware(&cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: tt.wait}}, plain())(
					http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
				go h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
				defer cancel()
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
				assert.Equal(t, 503, w.Code)
				assert.Contains(t, w.Body.String(), "bulkhead is full")
				close(end)
			})
		})
	}
}

func TestMiddlewareHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := cbhttp.Middleware(&cb.Policy{Threshold: 1}, plain())(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		for _, want := range []int{429, 503} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			assert.Equal(t, want, w.Code)
			assert.Equal(t, "90", w.Header().Get("Retry-After"))
		}
	})
}

func TestMiddlewareRefusesRetries(t *testing.T) {
	t.Parallel()
	assert.Panics(t, func() { cbhttp.Middleware(&cb.Policy{Retry: cb.Retry{Max: 1}}) })
}

func TestKeys(t *testing.T) {
	t.Parallel()
	keys := make(map[string]string)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /models/{id}", func(_ http.ResponseWriter, r *http.Request) {
		keys["host"], keys["path"], keys["pattern"] = cbhttp.Host(r), cbhttp.Path(r), cbhttp.Pattern(r)
	})
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://API.test:8080/models/7?x=y", nil))
	assert.Equal(t, map[string]string{"host": "api.test:8080", "path": "/models/7", "pattern": "GET /models/{id}"}, keys)
}

// What a handler may ask of its ResponseWriter it gets of a real server's, by assertion and by ResponseController.
func TestMiddlewareHidesNothing(t *testing.T) {
	t.Parallel()
	h := func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		assert.NoError(t, c.SetReadDeadline(time.Now().Add(time.Hour)))
		assert.NoError(t, c.SetWriteDeadline(time.Now().Add(time.Hour)))
		assert.NoError(t, c.EnableFullDuplex())
		assert.NoError(t, c.Flush())
		assert.Implements(t, (*http.Flusher)(nil), w)
		var conn net.Conn
		var rw *bufio.ReadWriter
		var err error
		if r.URL.Path == "/controller" {
			conn, rw, err = c.Hijack()
		} else {
			conn, rw, err = w.(http.Hijacker).Hijack()
		}
		if assert.NoError(t, err) {
			_, err = rw.WriteString("5\r\nraw!\n\r\n0\r\n\r\n") // the header has gone with Flush, chunks follow
			assert.NoError(t, errors.Join(err, rw.Flush(), conn.Close()))
		}
	}
	server := httptest.NewServer(cbhttp.Middleware(&cb.Policy{}, plain())(http.HandlerFunc(h)))
	defer server.Close()
	for _, path := range []string{"/controller", "/assertion"} {
		resp, err := server.Client().Get(server.URL + path)
		require.NoError(t, err)
		said, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, "raw!\n", string(said))
	}
}

func TestMiddlewareBeforeAWriterThatCanLess(t *testing.T) {
	t.Parallel()
	type bare struct{ http.ResponseWriter }
	counts, _ := handled(t, t.Context(), cb.Policy{}, bare{httptest.NewRecorder()}, func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		assert.ErrorIs(t, http.NewResponseController(w).Flush(), http.ErrNotSupported)
		_, _, err := w.(http.Hijacker).Hijack()
		assert.ErrorIs(t, err, http.ErrNotSupported)
		w.WriteHeader(503)
	})
	assert.Equal(t, cb.Counts{Failure: 1}, counts)
}

// TestMiddlewareBreaksOff what a handler writes where a fault says so, also of one that does not look.
func TestMiddlewareBreaksOff(t *testing.T) {
	t.Parallel()
	registry, faults := cb.NewRegistry(), cbtest.NewFaults()
	faults.Add(cbtest.Fault{Kind: cbtest.Cut, Times: 1, Items: 2, Err: errDown})
	var errs []error
	h := cbhttp.Middleware(&cb.Policy{}, plain(cb.WithRegistry(registry), cb.WithInjector(faults)))(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 4 {
				_, err := io.WriteString(w, "said ")
				errs = append(errs, err)
			}
			errs = append(errs, http.NewResponseController(w).Flush())
		}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, []error{nil, nil, errDown, errDown, errDown}, errs)
	assert.Equal(t, "said said ", w.Body.String())
	snapshot := registry.Breakers()[1].Snapshot()
	assert.Equal(t, cb.Counts{Failure: 1}, snapshot.Counts)
	assert.Zero(t, snapshot.InFlight)
}

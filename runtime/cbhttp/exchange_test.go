package cbhttp_test

import (
	"bufio"
	"bytes"
	"context"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

// say writes one event and flushes it.
func say(w http.ResponseWriter) {
	_, _ = w.Write([]byte("said"))
	w.(http.Flusher).Flush()
}

// patience waits, but not for longer than a request lasts, and then gives up as a proxy does.
func patience(r *http.Request, d time.Duration) {
	select {
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-time.After(d):
	}
}

// slowClient takes a minute for every flush.
type slowClient struct{ http.ResponseWriter }

func (slowClient) FlushError() error { time.Sleep(time.Minute); return nil }

func TestMiddlewareLimitsTheWaits(t *testing.T) {
	t.Parallel()
	success, failure := cb.Counts{Success: 1}, cb.Counts{Failure: 1}
	limits := cb.Policy{Stream: cb.Stream{First: 5 * time.Second, Idle: 2 * time.Second}}
	for name, tt := range map[string]struct {
		policy  cb.Policy
		slow    bool // the client
		handler http.HandlerFunc
		want    cb.Counts
		cause   string // of the end of the request's context; "": it has not ended
		took    time.Duration
	}{
		"nothing comes": {policy: limits, handler: func(_ http.ResponseWriter, r *http.Request) {
			patience(r, time.Hour)
		}, want: failure, cause: "stream has not brought its first item within 5s", took: 5 * time.Second},
		"a header is not the first of a body": {policy: limits, handler: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			patience(r, time.Hour)
		}, want: failure, cause: "stream has not brought its first item within 5s", took: 5 * time.Second},
		"it stops": {policy: limits, handler: func(w http.ResponseWriter, r *http.Request) {
			patience(r, 4*time.Second)
			say(w)
			patience(r, time.Second)
			say(w)
			patience(r, time.Hour)
		}, want: failure, cause: "stream has not brought another item within 2s", took: 7 * time.Second},
		"it goes on": {policy: limits, handler: func(w http.ResponseWriter, r *http.Request) {
			for range 100 {
				patience(r, time.Second)
				say(w)
			}
		}, want: success, took: 100 * time.Second},
		"the client takes its time": {policy: limits, slow: true, handler: func(w http.ResponseWriter, r *http.Request) {
			for range 3 {
				patience(r, time.Second)
				say(w)
			}
		}, want: success, took: 3 * 61 * time.Second},
		"a deadline is for the whole": {policy: cb.Policy{Deadline: 10 * time.Second}, handler: func(w http.ResponseWriter, r *http.Request) {
			for {
				patience(r, 3*time.Second)
				say(w)
			}
		}, want: failure, cause: "context deadline exceeded", took: 10 * time.Second},
		"slow to begin": {policy: cb.Policy{Slow: time.Second}, handler: func(w http.ResponseWriter, r *http.Request) {
			patience(r, 2*time.Second)
			say(w)
		}, want: failure, took: 2 * time.Second},
		"long is not slow": {policy: cb.Policy{Slow: time.Second}, handler: func(w http.ResponseWriter, r *http.Request) {
			say(w)
			patience(r, time.Hour)
		}, want: success, took: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var w http.ResponseWriter = httptest.NewRecorder()
				if tt.slow {
					w = slowClient{w}
				}
				var cause error
				counts, _ := handled(t, t.Context(), tt.policy, w, func(w http.ResponseWriter, r *http.Request) {
					defer func() { cause = context.Cause(r.Context()) }()
					tt.handler(w, r)
				})
				assert.Equal(t, tt.want, counts)
				assert.Equal(t, tt.took, time.Since(start))
				if tt.cause == "" {
					assert.NoError(t, cause)
				} else {
					assert.EqualError(t, cause, tt.cause)
				}
			})
		})
	}
}

// A stream of hours is the probe that a breaker may get: its beginning is enough.
func TestMiddlewareProbesWithALongStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := cb.NewRegistry()
		well := false
		h := cbhttp.Middleware(&cb.Policy{Threshold: 1, Timeout: 30 * time.Second}, plain(cb.WithRegistry(registry)))(
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !well {
					w.WriteHeader(503)
					return
				}
				for range 3600 {
					say(w)
					patience(r, time.Second)
				}
			}))
		ask := func() int {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			return w.Code
		}
		ask()
		time.Sleep(30 * time.Second)
		well = true
		go ask()
		time.Sleep(31 * time.Second)
		assert.Equal(t, 200, ask())
		assert.Equal(t, cb.Closed, registry.Breakers()[1].State())
	})
}

// hijackable is a ResponseWriter whose connection can be had.
type hijackable struct{ http.ResponseWriter }

func (hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, nil }

// While a handler has taken over the connection nothing is waited for.
func TestMiddlewareLetsAHijackedConnectionBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		policy := cb.Policy{Slow: time.Second, Stream: cb.Stream{First: 5 * time.Second, Idle: time.Second}}
		counts, _ := handled(t, t.Context(), policy, hijackable{httptest.NewRecorder()}, func(w http.ResponseWriter, r *http.Request) {
			_, _, err := w.(http.Hijacker).Hijack()
			assert.NoError(t, err)
			patience(r, time.Hour)
		})
		assert.Equal(t, cb.Counts{Success: 1}, counts)
	})
}

// TestMiddlewareLeavesNoFiles of forms that a handler has parsed: the server removes them, as it does without a Middleware.
func TestMiddlewareLeavesNoFiles(t *testing.T) {
	t.Parallel()
	var name string
	server := httptest.NewServer(cbhttp.Middleware(&cb.Policy{}, plain())(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseMultipartForm(1))
		file, _, err := r.FormFile("upload")
		if assert.NoError(t, err) {
			name = file.(*os.File).Name()
			assert.NoError(t, file.Close())
		}
	})))
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("upload", "large")
	require.NoError(t, err)
	_, err = part.Write(make([]byte, 11<<20)) // more than is kept in memory
	require.NoError(t, err)
	require.NoError(t, w.Close())
	resp, err := server.Client().Post(server.URL, w.FormDataContentType(), &form)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	server.Close() // when the request is done with
	require.NotEmpty(t, name)
	assert.NoFileExists(t, name)
}

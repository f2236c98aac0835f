package cbhttp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

func TestTransportJudgesByStatus(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		failure cb.Match
		answer  func(*http.Request) (*http.Response, error)
		opens   bool
	}{
		"overloaded":                       {answer: status(429), opens: true},
		"unavailable":                      {answer: status(503), opens: true},
		"Anthropic's overloaded":           {answer: status(529), opens: true},
		"internal error":                   {answer: status(500), opens: true},
		"not implemented":                  {answer: status(501)},
		"bad request":                      {answer: status(400)},
		"not found":                        {answer: status(404)},
		"well":                             {answer: status(200)},
		"no connection":                    {answer: unreachable, opens: true},
		"listed":                           {failure: cb.Match{Codes: "404"}, answer: status(404), opens: true},
		"not listed":                       {failure: cb.Match{Codes: "404"}, answer: status(503)},
		"no connection, with codes":        {failure: cb.Match{Codes: "404"}, answer: unreachable, opens: true},
		"no connection, but another error": {failure: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(io.ErrNoProgress)}}, answer: unreachable},
		"an error of those that count":     {failure: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(errDown)}}, answer: unreachable, opens: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := cbhttp.Transport(answering(tt.answer), cb.Policy{Threshold: 2, Failure: tt.failure}, plain())
			for range 2 {
				_, err := get(t.Context(), client, "a")
				require.NotErrorIs(t, err, cb.ErrOpen)
			}
			_, err := get(t.Context(), client, "a")
			assert.Equal(t, tt.opens, errors.Is(err, cb.ErrOpen))
		})
	}
}

func TestTransportHasABreakerForEachHost(t *testing.T) {
	t.Parallel()
	u := answering(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "well.test:80" {
			return status(200)(r)
		}
		return status(503)(r)
	})
	registry := cb.NewRegistry()
	client := cbhttp.Transport(u, cb.Policy{Threshold: 1}, plain(cb.WithRegistry(registry), cb.WithName("llm")))
	_, err := get(t.Context(), client, "sick.test")
	require.NoError(t, err)
	_, err = get(t.Context(), client, "SICK.test")
	var rejected *cb.RejectedError
	require.ErrorAs(t, err, &rejected)
	assert.Equal(t, "sick.test", rejected.Key)
	_, err = get(t.Context(), client, "well.test:80")
	require.NoError(t, err)
	var keys []string
	for _, b := range registry.Breakers() {
		assert.Equal(t, "llm.RoundTrip", b.Client()+"."+b.Method())
		keys = append(keys, b.Key())
	}
	assert.Equal(t, []string{cb.OverflowKey, "sick.test", "well.test:80"}, keys)
}

func TestTransportHasABreakerForEachRoute(t *testing.T) {
	t.Parallel()
	registry := cb.NewRegistry()
	client := cbhttp.Transport(statuses(503), cb.Policy{Threshold: 1}, plain(cb.WithRegistry(registry)),
		cbhttp.WithKey(func(r *http.Request) string { return r.Method + " " + r.URL.Path }), cbhttp.WithMaxKeys(2))
	for _, path := range []string{"/a", "/b", "/c"} {
		_, err := do(client, request(t, http.MethodPost, "http://x"+path, ""))
		require.NoError(t, err)
	}
	_, err := do(client, request(t, http.MethodPost, "http://x/d", ""))
	require.ErrorIs(t, err, cb.ErrOpen, "further routes share one")
	assert.Len(t, registry.Breakers(), 3)
	assert.PanicsWithValue(t, "cb: http.RoundTrip: at most -1 keys, must be 1 to 10000, or 0 for 256", func() {
		cbhttp.Transport(nil, cb.Policy{}, cbhttp.WithMaxKeys(-1), nil)
	})
}

func TestTransportHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := cbhttp.Transport(answering(status(429, "Retry-After", "100"), status(200)), cb.Policy{Threshold: 1}, plain())
		code, err := get(t.Context(), client, "a")
		require.NoError(t, err)
		assert.Equal(t, 429, code, "the upstream's own answer comes through")
		time.Sleep(99 * time.Second)
		_, err = get(t.Context(), client, "a")
		var rejected *cb.RejectedError
		require.ErrorAs(t, err, &rejected)
		assert.Equal(t, time.Second, rejected.RetryAfter)
		time.Sleep(time.Second)
		code, err = get(t.Context(), client, "a")
		require.NoError(t, err)
		assert.Equal(t, 200, code)
	})
}

func TestTransportRetriesWhatMayBeSentTwice(t *testing.T) {
	t.Parallel()
	type option = func(*http.Request)
	header := func(key string) option { return func(r *http.Request) { r.Header[key] = nil } }
	noGetBody := func(r *http.Request) { r.GetBody = nil }
	noBody := func(r *http.Request) { r.Body, r.GetBody = http.NoBody, nil }
	badGetBody := func(r *http.Request) { r.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrClosedPipe } }
	always := cbhttp.WithIdempotent(func(*http.Request) bool { return true })
	never := cbhttp.WithIdempotent(func(*http.Request) bool { return false })
	for name, tt := range map[string]struct {
		method  string
		request option
		option  cbhttp.Option
		sent    int
		err     error
	}{
		"GET":                                   {method: "GET", sent: 3},
		"no method is GET":                      {sent: 3},
		"PUT":                                   {method: "PUT", sent: 3},
		"DELETE":                                {method: "DELETE", sent: 3},
		"POST":                                  {method: "POST", sent: 1},
		"PATCH":                                 {method: "PATCH", sent: 1},
		"POST with a key":                       {method: "POST", request: header("Idempotency-Key"), sent: 3},
		"POST with an X-key":                    {method: "POST", request: header("X-Idempotency-Key"), sent: 3},
		"POST, told so":                         {method: "POST", option: always, sent: 3},
		"GET, told otherwise":                   {method: "GET", option: never, sent: 1},
		"PUT whose body is gone":                {method: "PUT", request: noGetBody, sent: 1},
		"POST whose body is gone, told so":      {method: "POST", request: noGetBody, option: always, sent: 1},
		"PUT without a body":                    {method: "PUT", request: noBody, sent: 3},
		"PUT whose body does not come back":     {method: "PUT", request: badGetBody, sent: 1, err: io.ErrClosedPipe},
		"POST without a body is still no GET":   {method: "POST", request: noBody, sent: 1},
		"POST without a body, but with the key": {method: "POST", request: func(r *http.Request) { noBody(r); header("Idempotency-Key")(r) }, sent: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := statuses(503, 503, 200)
				registry := cb.NewRegistry()
				client := cbhttp.Transport(u, cb.Policy{Retry: cb.Retry{Max: 2}}, plain(cb.WithRegistry(registry)), tt.option)
				r := request(t, tt.method, "http://a/", "asked")
				r.Method = tt.method
				if tt.request != nil {
					tt.request(r)
				}
				said := ""
				if r.Body != http.NoBody {
					said = "asked"
				}
				code, err := do(client, r)
				require.ErrorIs(t, err, tt.err)
				if tt.err == nil {
					assert.Equal(t, map[int]int{1: 503, 3: 200}[tt.sent], code)
				}
				require.Equal(t, tt.sent, u.calls())
				for i := range u.got {
					assert.Equal(t, said, u.got[i], "attempt %d", i+1)
					assert.NotZero(t, u.bodies[i].closed, "response %d", i+1)
				}
				assert.Equal(t, uint64(min(tt.sent, 2)), registry.Breakers()[1].Snapshot().Counts.Failure)
			})
		})
	}
}

func TestTransportKeepsTheContract(t *testing.T) {
	t.Parallel()
	t.Run("a rejected body is closed", func(t *testing.T) {
		t.Parallel()
		client := cbhttp.Transport(answering(unreachable), cb.Policy{Threshold: 1}, plain())
		_, err := get(t.Context(), client, "a")
		require.ErrorIs(t, err, errDown)
		r := request(t, http.MethodPost, "http://a/", "")
		b := &body{Reader: strings.NewReader("asked")}
		r.Body = b
		resp, err := client.RoundTrip(r)
		require.ErrorIs(t, err, cb.ErrOpen)
		assert.Nil(t, resp)
		assert.NotZero(t, b.closed)
	})
	t.Run("so is that of a caller who gave up waiting for a place", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client := cbhttp.Transport(answering(hanging), cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Hour}}, plain())
			first, cancelFirst := context.WithCancel(t.Context())
			go func() { _, _ = get(first, client, "a") }()
			synctest.Wait()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			b := &body{Reader: strings.NewReader("asked")}
			r := request(t, http.MethodPost, "http://a/", "").WithContext(ctx)
			r.Body = b
			_, err := client.RoundTrip(r)
			require.ErrorIs(t, err, context.Canceled)
			assert.NotZero(t, b.closed)
			cancelFirst()
			synctest.Wait()
		})
	})
	t.Run("the request stays as it was, and the response belongs to it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client := cbhttp.Transport(statuses(503, 200), cb.Policy{Retry: cb.Retry{Max: 1}, Deadline: time.Minute}, plain())
			r := request(t, http.MethodPut, "http://a/", "asked")
			before := *r
			resp, err := client.RoundTrip(r)
			require.NoError(t, err)
			assert.Same(t, r, resp.Request)
			assert.Equal(t, before.Body, r.Body)
			assert.Equal(t, before.Context(), r.Context())
			assert.NoError(t, resp.Body.Close())
		})
	})
	t.Run("idle connections", func(t *testing.T) {
		t.Parallel()
		next := &idleCloser{RoundTripper: statuses(200)}
		client := http.Client{Transport: cbhttp.Transport(next, cb.Policy{}, plain())}
		client.CloseIdleConnections()
		assert.True(t, next.closed)
		client.Transport = cbhttp.Transport(statuses(200), cb.Policy{}, plain())
		client.CloseIdleConnections() // which has none
	})
}

type idleCloser struct {
	http.RoundTripper
	closed bool
}

func (c *idleCloser) CloseIdleConnections() { c.closed = true }

func TestTransportAnswersRejections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := http.Client{Transport: cbhttp.Transport(statuses(503), cb.Policy{Threshold: 1}, plain(), cbhttp.WithRejection(cbhttp.OpenAI))}
		resp, err := client.Post("http://a/", "text/plain", strings.NewReader("asked"))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		time.Sleep(17500 * time.Millisecond)
		r := request(t, http.MethodPost, "http://a/", "asked")
		resp, err = client.Do(r)
		require.NoError(t, err)
		said, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, "503 Service Unavailable", resp.Status)
		assert.Equal(t, 503, resp.StatusCode)
		assert.Equal(t, http.Header{"Content-Type": {"application/json"}, "Retry-After": {"13"}}, resp.Header)
		assert.Equal(t, int64(len(said)), resp.ContentLength)
		assert.Same(t, r, resp.Request)
		assert.JSONEq(t, `{"error": {"message": "circuit breaker is open, retry after 13s", "type": "server_error", "param": null,
			"code": "service_unavailable"}}`, string(said))
		resp, err = client.Head("http://a/")
		require.NoError(t, err)
		assert.Equal(t, http.NoBody, resp.Body)
		require.NoError(t, resp.Body.Close())
	})
}

// The default transport is what an http.Client without one uses.
func TestTransportWithoutNext(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer server.Close()
	client := cbhttp.Transport(nil, cb.Policy{}, plain())
	code, err := do(client, request(t, http.MethodGet, server.URL, ""))
	require.NoError(t, err)
	assert.Equal(t, http.StatusNoContent, code)
	http.DefaultClient.CloseIdleConnections()
}

// pipes are connections in memory, which virtual time knows.
type pipes chan net.Conn

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p <- there
	return here, nil
}

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error { return nil }

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// TestTransportRetriesOnTheSameConnection where the response that failed is short, as the errors of an API are.
func TestTransportRetriesOnTheSameConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, requests, connections := make(pipes), 0, 0
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if requests++; requests == 1 {
				http.Error(w, "overloaded", http.StatusServiceUnavailable)
			}
		})}
		go func() { _ = server.Serve(network) }()
		next := &http.Transport{DialContext: func(ctx context.Context, name, address string) (net.Conn, error) {
			connections++
			return network.dial(ctx, name, address)
		}}
		client := cbhttp.Transport(next, cb.Policy{Retry: cb.Retry{Max: 1, Backoff: time.Millisecond}}, plain())
		got, err := do(client, request(t, http.MethodGet, "http://a", ""))
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, got)
		assert.Equal(t, 2, requests)
		assert.Equal(t, 1, connections)
		next.CloseIdleConnections()
		close(network)
		require.NoError(t, server.Close())
	})
}

// stalled is a body that brings nothing until it has ended.
type stalled struct {
	ended  chan struct{}
	heeds  bool // Close ends it
	closed int
}

func (s *stalled) Read([]byte) (int, error) { <-s.ended; panic("read after it has ended") }

func (s *stalled) Close() error {
	if s.closed++; s.heeds && s.closed == 1 {
		close(s.ended)
	}
	return nil
}

func TestTransportDoesNotWaitForABodyThatNobodyReads(t *testing.T) {
	t.Parallel()
	for _, heeds := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			sick := &stalled{ended: make(chan struct{}), heeds: heeds}
			u := answering(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 503, Body: sick}, nil
			}, status(200))
			client := cbhttp.Transport(u, cb.Policy{Retry: cb.Retry{Max: 1}}, plain(cb.WithJitter(func() float64 { return 0 })))
			start := time.Now()
			got, err := get(t.Context(), client, "a")
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, got)
			assert.Equal(t, 50*time.Millisecond, time.Since(start), heeds)
			assert.Equal(t, 1, sick.closed, "what a second Close does is not defined")
			if !heeds {
				close(sick.ended)
			}
		})
	}
}

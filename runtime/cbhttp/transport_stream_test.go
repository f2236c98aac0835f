package cbhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

// hangingBody says something, and then nothing more until its request ends.
type hangingBody struct {
	io.Reader
	ctx context.Context
}

func (b hangingBody) Read(p []byte) (int, error) {
	if n, _ := b.Reader.Read(p); n > 0 {
		return n, nil
	}
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (hangingBody) Close() error { return nil }

func TestTransportJudgesByTheBodysEnd(t *testing.T) {
	t.Parallel()
	with := func(b func(*http.Request) io.ReadCloser) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: b(r)}, nil
		}
	}
	success, failure, ignored := cb.Counts{Success: 1}, cb.Counts{Failure: 1}, cb.Counts{Ignored: 1}
	hangs := with(func(r *http.Request) io.ReadCloser { return hangingBody{strings.NewReader("sa"), r.Context()} })
	breaks := with(func(*http.Request) io.ReadCloser { return &body{Reader: broken{strings.NewReader("sa")}} })
	for name, tt := range map[string]struct {
		policy   cb.Policy
		answer   func(*http.Request) (*http.Response, error)
		closes   bool          // unread
		patience time.Duration // 0: endless
		want     cb.Counts
		err      error
		took     time.Duration
	}{
		"it ends well":        {answer: status(200), want: success},
		"it is closed unread": {answer: status(200), closes: true, want: success},
		"there is none":       {answer: with(func(*http.Request) io.ReadCloser { return http.NoBody }), want: success},
		"it breaks off":       {answer: breaks, want: failure, err: errReset},
		"it hangs": {policy: cb.Policy{Stream: cb.Stream{Idle: time.Second}}, answer: hangs, want: failure,
			err: context.DeadlineExceeded, took: time.Second},
		"nothing of it comes": {policy: cb.Policy{Stream: cb.Stream{First: time.Second}},
			answer: with(func(r *http.Request) io.ReadCloser { return hangingBody{strings.NewReader(""), r.Context()} }),
			want:   failure, err: context.DeadlineExceeded, took: time.Second},
		"it hangs until the deadline": {policy: cb.Policy{Deadline: time.Second}, answer: hangs, want: failure,
			err: context.DeadlineExceeded, took: time.Second},
		"it hangs until the caller goes": {answer: hangs, patience: time.Second, want: ignored, err: context.Canceled, took: time.Second},
		"of a failure it tells no more":  {answer: status(503), want: failure},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				registry := cb.NewRegistry()
				client := cbhttp.Transport(answering(tt.answer), tt.policy, plain(cb.WithRegistry(registry)))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.patience > 0 {
					time.AfterFunc(tt.patience, cancel)
				}
				start := time.Now()
				var err error
				if tt.closes {
					resp, respErr := client.RoundTrip(request(t, http.MethodGet, "http://a", ""))
					require.NoError(t, respErr)
					err = resp.Body.Close()
				} else {
					_, err = get(ctx, client, "a")
				}
				require.ErrorIs(t, err, tt.err)
				assert.Equal(t, tt.took, time.Since(start))
				snapshot := registry.Breakers()[1].Snapshot()
				assert.Equal(t, tt.want, snapshot.Counts)
				assert.Zero(t, snapshot.InFlight)
			})
		})
	}
}

func TestTransportKeepsTrailersThatWereNotAnnounced(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("said"))
		w.(http.Flusher).Flush()
		w.Header().Set(http.TrailerPrefix+"Surprising", "yes")
	}))
	defer server.Close()
	next := &http.Transport{}
	defer next.CloseIdleConnections()
	resp, err := cbhttp.Transport(next, cb.Policy{}, plain()).RoundTrip(request(t, http.MethodGet, server.URL, ""))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.Header{"Surprising": {"yes"}}, resp.Trailer)
}

// A proxy and a server of the standard library, with a Transport behind and a Middleware in front, hand a change of protocols
// through, both ways.
func TestUpgradeThroughProxy(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", r.Header.Get("Upgrade"))
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		line, err := rw.ReadString('\n')
		_, writeErr := rw.WriteString("heard " + line)
		assert.NoError(t, errors.Join(err, writeErr, rw.Flush(), conn.Close()))
	}))
	defer upstream.Close()
	address, err := url.Parse(upstream.URL)
	require.NoError(t, err)
	registry := cb.NewRegistry()
	next := &http.Transport{}
	defer next.CloseIdleConnections()
	gateway := httptest.NewServer(cbhttp.Middleware(&cb.Policy{}, plain(cb.WithRegistry(registry)))(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(address) },
		Transport: cbhttp.Transport(next, cb.Policy{}, plain(cb.WithRegistry(registry))),
	}))
	defer gateway.Close()

	r := request(t, http.MethodGet, gateway.URL, "")
	r.Body, r.GetBody = http.NoBody, nil
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "echo")
	resp, err := cbhttp.Transport(next, cb.Policy{}, plain()).RoundTrip(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	_, err = io.WriteString(resp.Body.(io.Writer), "hello\n")
	require.NoError(t, err)
	heard, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "heard hello\n", string(heard))
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		for _, b := range registry.Breakers() {
			if b.Key() != cb.OverflowKey {
				assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts, b.Method())
			}
		}
	}, 10*time.Second, time.Millisecond)
}

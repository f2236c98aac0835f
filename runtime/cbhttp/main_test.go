package cbhttp_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

var errDown = errors.New("down")

// plain are options of breakers without log and jitter: every open period and every wait for a retry is as long as written.
func plain(opts ...cb.Option) cbhttp.Option {
	return cbhttp.WithBreaker(append([]cb.Option{
		cb.WithLogger(slog.New(slog.DiscardHandler)), cb.WithJitter(func() float64 { return 0.5 }),
	}, opts...)...)
}

// upstream is a RoundTripper that answers each request with the next of its answers, and with the last of them from then on.
type upstream struct {
	mu      sync.Mutex
	answers []func(*http.Request) (*http.Response, error)
	got     []string // what the bodies said
	bodies  []*body  // of the responses
}

func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	var text []byte
	if r.Body != nil {
		var err error
		if text, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	u.mu.Lock()
	u.got = append(u.got, string(text))
	answer := u.answers[min(len(u.got), len(u.answers))-1]
	u.mu.Unlock()
	resp, err := answer(r)
	if resp != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		resp.Request = r
		if b, ok := resp.Body.(*body); ok {
			u.bodies = append(u.bodies, b)
		}
	}
	return resp, err
}

func (u *upstream) calls() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.got)
}

// status answers with a status and headers, given in pairs.
func status(code int, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := make(http.Header)
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, ContentLength: -1, Body: &body{Reader: strings.NewReader("said")}}, nil
	}
}

func answering(answers ...func(*http.Request) (*http.Response, error)) *upstream {
	return &upstream{answers: answers}
}

func statuses(codes ...int) *upstream {
	u := &upstream{}
	for _, code := range codes {
		u.answers = append(u.answers, status(code))
	}
	return u
}

func unreachable(*http.Request) (*http.Response, error) { return nil, errDown }

func hanging(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// request is one with a body that can be had again.
func request(t *testing.T, method, address, text string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(text))
	require.NoError(t, err)
	return r
}

// do sends a request through a client, reads the response to its end, and tells its status; 0 beside an error.
func do(client http.RoundTripper, r *http.Request) (int, error) {
	resp, err := client.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// get is do for a host.
func get(ctx context.Context, client http.RoundTripper, host string) (int, error) {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: host, Path: "/"}, Header: http.Header{}}
	return do(client, r.WithContext(ctx))
}

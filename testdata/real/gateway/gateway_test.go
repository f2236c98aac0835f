package gateway

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
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

var rejections = map[string]cbhttp.Rejection{"openai": cbhttp.OpenAI, "anthropic": cbhttp.Anthropic}

// kinds are the types of error by which the providers' clients know that there is no capacity.
var kinds = map[string]string{"openai": "server_error", "anthropic": "overloaded_error"}

// quiet is a registry whose breakers do not log.
func quiet() *cb.Registry {
	return cb.NewRegistry(cb.WithLogger(slog.New(slog.DiscardHandler)), cb.WithJitter(func() float64 { return 0.5 }))
}

// requireCounts waits until the requests of the one endpoint that was asked have ended so: at a gateway, soon after the client
// has its answer.
func requireCounts(t *testing.T, registry *cb.Registry, want cb.Counts) {
	t.Helper()
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		var got cb.Counts
		for _, b := range registry.Breakers() {
			s := b.Snapshot()
			got.Success, got.Failure, got.Ignored = got.Success+s.Counts.Success, got.Failure+s.Counts.Failure, got.Ignored+s.Counts.Ignored
			assert.Zero(t, s.InFlight)
		}
		assert.Equal(t, want, got)
	}, 10*time.Second, time.Millisecond)
}

// routes lead a provider's client to the upstream through breakers, the client's own or those of a gateway.
var routes = map[string]func(t *testing.T, n network, provider, upstream string, policy cb.Policy, registry *cb.Registry) client{
	"transport": func(t *testing.T, n network, provider, upstream string, policy cb.Policy, registry *cb.Registry) client {
		next := newTransport(t, n)
		return clients[provider](upstream, cbhttp.Transport(next, policy,
			cbhttp.WithBreaker(cb.WithName(provider), cb.WithRegistry(registry)), cbhttp.WithRejection(rejections[provider]),
			cbhttp.WithEventError(cbhttp.ErrorEvent)))
	},
	"gateway": func(t *testing.T, n network, provider, upstream string, policy cb.Policy, registry *cb.Registry) client {
		address, err := url.Parse(upstream)
		require.NoError(t, err)
		url := serve(t, n, New(newTransport(t, n), registry,
			Provider{Name: provider, Upstream: address, Policy: &policy, Rejection: rejections[provider]}))
		return clients[provider](url+"/"+provider, newTransport(t, n))
	},
}

// Every fault of an upstream, as the providers' own clients see it, and what the next of their requests gets.
func TestFaults(t *testing.T) {
	t.Parallel()
	type faultCase struct {
		fault
		hangs   bool           // takes time, which is virtual
		streams bool           // there is nothing like it without a stream
		status  map[string]int // that the client's error bears, by route; nil: it is not of the provider's type
		said    string         // of a stream
		count   cb.Counts
		after   int // seconds: what the rejection of the next request asks for; 0: it is no rejection
	}
	everywhere := func(status int) map[string]int { return map[string]int{"transport": status, "gateway": status} }
	failure := cb.Counts{Failure: 1}
	cases := map[string]faultCase{
		"rate limit":             {fault: fault{status: 429}, status: everywhere(429), count: failure, after: 90},
		"unavailable":            {fault: fault{status: 503}, status: everywhere(503), count: failure, after: 30},
		"overloaded":             {fault: fault{status: 529}, status: everywhere(529), count: failure, after: 30},
		"bad request":            {fault: fault{status: 400}, status: everywhere(400), count: cb.Counts{Success: 1}},
		"hang before the answer": {fault: fault{then: hang}, hangs: true, status: map[string]int{"gateway": 502}, count: failure, after: 30},
		"hang before the first event": {fault: fault{then: func(s *server) {
			_ = http.NewResponseController(s.w).Flush()
			hang(s)
		}}, hangs: true, streams: true, count: failure, after: 30},
		"hang between events":     {fault: fault{events: 3, then: hang}, hangs: true, streams: true, said: texts(3), count: failure, after: 30},
		"reset before the answer": {fault: fault{then: reset}, status: map[string]int{"gateway": 502}, count: failure, after: 30},
		"reset between events":    {fault: fault{events: 3, then: reset}, streams: true, said: texts(3), count: failure, after: 30},
	}
	modes := map[string]func(context.Context, client) (string, error){
		"whole":  func(ctx context.Context, c client) (string, error) { return c.ask(ctx) },
		"stream": collect,
	}
	for provider := range clients {
		for route, connect := range routes {
			for mode, ask := range modes {
				for name, tt := range cases {
					if tt.streams && mode != "stream" {
						continue
					}
					play := func(t *testing.T, n network) {
						u, registry := newUpstream(t, n), quiet()
						policy := cb.Policy{Threshold: 1, Timeout: 30 * time.Second, Stream: cb.Stream{First: time.Minute, Idle: time.Minute}}
						c := connect(t, n, provider, u.url, policy, registry)
						u.fault.Store(&tt.fault)
						start := time.Now()
						said, err := ask(t.Context(), c)
						require.Error(t, err)
						assert.Equal(t, tt.status[route], c.refusal(err).status, "%v", err)
						assert.Equal(t, tt.said, said)
						requireCounts(t, registry, tt.count)

						calls := u.calls.Load()
						u.fault.Store(&fault{})
						_, err = ask(t.Context(), c)
						if tt.after == 0 {
							require.NoError(t, err)
							return
						}
						got := c.refusal(err)
						require.Equal(t, http.StatusServiceUnavailable, got.status, "%v", err)
						assert.Equal(t, kinds[provider], got.kind)
						assert.Contains(t, got.message, "circuit breaker is open, retry after "+got.retryAfter+"s")
						after, err := strconv.Atoi(got.retryAfter)
						require.NoError(t, err)
						assert.LessOrEqual(t, after, tt.after)
						passed := time.Since(start)
						if tt.hangs {
							passed -= time.Minute
						}
						assert.GreaterOrEqual(t, float64(after), float64(tt.after)-passed.Seconds())
						assert.Equal(t, calls, u.calls.Load(), "nothing reached the upstream")
					}
					t.Run(provider+"/"+route+"/"+mode+"/"+name, func(t *testing.T) {
						t.Parallel()
						if tt.hangs {
							synctest.Test(t, func(t *testing.T) { play(t, memory{}) })
						} else {
							play(t, tcp{})
						}
					})
				}
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for provider := range clients {
		for route, connect := range routes {
			t.Run(provider+"/"+route, func(t *testing.T) {
				t.Parallel()
				u, registry := newUpstream(t, tcp{}), quiet()
				c := connect(t, tcp{}, provider, u.url, cb.Policy{Threshold: 1}, registry)
				said, err := c.ask(t.Context())
				require.NoError(t, err)
				assert.Equal(t, "hello", said)
				said, err = collect(t.Context(), c)
				require.NoError(t, err)
				assert.Equal(t, texts(20), said)
				requireCounts(t, registry, cb.Counts{Success: 2})
			})
		}
	}
}

// An error event is part of an answer that began well, and yet a failure.
func TestErrorEvent(t *testing.T) {
	t.Parallel()
	for provider := range clients {
		for route, connect := range routes {
			t.Run(provider+"/"+route, func(t *testing.T) {
				t.Parallel()
				u, registry := newUpstream(t, tcp{}), quiet()
				c := connect(t, tcp{}, provider, u.url, cb.Policy{Threshold: 1}, registry)
				u.fault.Store(&fault{events: 3, then: sendError})
				said, err := collect(t.Context(), c)
				require.ErrorContains(t, err, "Overloaded")
				assert.Equal(t, texts(3), said)
				requireCounts(t, registry, cb.Counts{Failure: 1})
				_, err = collect(t.Context(), c)
				require.Equal(t, http.StatusServiceUnavailable, c.refusal(err).status, "%v", err)
			})
		}
	}
}

// A client that leaves a stream it has had enough of has nothing against the upstream.
func TestLeaving(t *testing.T) {
	t.Parallel()
	for provider := range clients {
		for route, connect := range routes {
			t.Run(provider+"/"+route, func(t *testing.T) {
				t.Parallel()
				u, registry := newUpstream(t, tcp{}), quiet()
				c := connect(t, tcp{}, provider, u.url, cb.Policy{Threshold: 1}, registry)
				u.fault.Store(&fault{events: 3, then: hang})
				n := 0
				require.NoError(t, c.stream(t.Context(), func(string) bool {
					n++
					return n < 3
				}))
				requireCounts(t, registry, cb.Counts{Success: 1})
			})
		}
	}
}

// An upstream may have answered before the proxy's transport looks for the end of the request's body.
func TestAnswerBeforeTheRequestsEnd(t *testing.T) {
	t.Parallel()
	for provider := range clients {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n, registry := memory{}, quiet()
				u := newUpstream(t, n)
				u.pace = time.Second
				address, err := url.Parse(u.url)
				require.NoError(t, err)
				gateway := New(newTransport(t, n), registry, Provider{Name: provider, Upstream: address, Policy: &cb.Policy{Threshold: 1}})
				url := serve(t, n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Body = &lateEnd{ReadCloser: r.Body}
					gateway.ServeHTTP(w, r)
				}))
				said, err := collect(t.Context(), clients[provider](url+"/"+provider, newTransport(t, n)))
				require.NoError(t, err)
				assert.Equal(t, texts(20), said)
				requireCounts(t, registry, cb.Counts{Success: 1})
			})
		})
	}
}

// lateEnd is a body whose end takes some time.
type lateEnd struct {
	io.ReadCloser
	begun bool
}

func (b *lateEnd) Read(p []byte) (int, error) {
	if b.begun {
		time.Sleep(3 * time.Second)
	}
	b.begun = true
	return b.ReadCloser.Read(p)
}

// Without a Rejection the breaker's own error is found in that of the client.
func TestRejectionAsAnError(t *testing.T) {
	t.Parallel()
	for provider := range clients {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t, tcp{})
			c := clients[provider](u.url, cbhttp.Transport(newTransport(t, tcp{}), cb.Policy{Threshold: 1}, cbhttp.WithBreaker(cb.WithRegistry(quiet()))))
			u.fault.Store(&fault{status: 503})
			_, err := c.ask(t.Context())
			require.Equal(t, 503, c.refusal(err).status)
			_, err = c.ask(t.Context())
			require.ErrorIs(t, err, cb.ErrOpen)
			var rejected *cb.RejectedError
			require.ErrorAs(t, err, &rejected)
			assert.Equal(t, u.url, "http://"+rejected.Key)
			assert.Zero(t, c.refusal(err).status)
		})
	}
}

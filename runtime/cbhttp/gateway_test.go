package cbhttp_test

import (
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

// What coder/aibridge's pull request 75 asks of the breakers in front of its providers, by the names of its description.

// gateway serves several providers, by the first element of the path, each behind a Middleware of its own.
type gateway struct {
	http.Handler
	registry *cb.Registry
	status   map[string]int // by path; of others 200
	calls    int
}

// overload is the policy of the pull request.
func overload() *cb.Policy {
	return &cb.Policy{Threshold: 2, Timeout: 30 * time.Second, Failure: cb.Match{Codes: "429,503,529"}}
}

func newGateway(policy *cb.Policy, opts ...cbhttp.Option) *gateway {
	g := &gateway{registry: cb.NewRegistry(), status: make(map[string]int)}
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.calls++
		if code := g.status[r.URL.Path]; code != 0 {
			w.WriteHeader(code)
		}
		_, _ = w.Write([]byte("said"))
	})
	mux := http.NewServeMux()
	for provider, body := range map[string]cbhttp.Rejection{
		"openai": cbhttp.OpenAI, "anthropic": cbhttp.Anthropic, "copilot": cbhttp.Problem, "local": nil,
	} {
		guard := cbhttp.Middleware(policy, append([]cbhttp.Option{
			plain(cb.WithRegistry(g.registry), cb.WithName(provider)), cbhttp.WithRejection(body),
		}, opts...)...)
		mux.Handle("/"+provider+"/", guard(upstream))
	}
	g.Handler = mux
	return g
}

// ask sends one request.
func (g *gateway) ask(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader("asked")))
	return w
}

// states are those of a provider's breakers, by key, as an operator sees them.
func (g *gateway) states(provider string) map[string]string {
	states := make(map[string]string)
	for _, b := range g.registry.Breakers() {
		if b.Client() == provider && b.Key() != cb.OverflowKey {
			states[b.Key()] = b.Snapshot().State.String()
		}
	}
	return states
}

const messages, batches, chat = "/anthropic/v1/messages", "/anthropic/v1/batches", "/openai/v1/chat/completions"

func TestGatewayOpensOnOverloadOnly(t *testing.T) {
	t.Parallel()
	for code, opens := range map[int]bool{
		429: true, 503: true, 529: true, 200: false, 400: false, 401: false, 403: false, 404: false, 500: false, 502: false, 504: false,
	} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			t.Parallel()
			g := newGateway(overload())
			g.status[messages] = code
			for range 2 {
				assert.Equal(t, code, g.ask(messages).Code)
			}
			g.ask(messages)
			assert.Equal(t, opens, g.calls == 2)
		})
	}
}

func TestGatewayIsolates(t *testing.T) {
	t.Parallel()
	g := newGateway(overload())
	g.status[messages] = 529
	for range 3 {
		g.ask(messages)
	}
	require.Equal(t, 2, g.calls)
	assert.Equal(t, 200, g.ask(batches).Code, "another endpoint of the provider")
	assert.Equal(t, 200, g.ask(chat).Code, "another provider")
	assert.Equal(t, map[string]string{messages: "open", batches: "closed"}, g.states("anthropic"))
	assert.Equal(t, map[string]string{chat: "closed"}, g.states("openai"))
}

func TestGatewayIsolatesModels(t *testing.T) {
	t.Parallel()
	g := newGateway(overload(), cbhttp.WithKey(cbhttp.PathAndModel))
	ask := func(model string) int {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(http.MethodPost, messages, strings.NewReader(`{"model": "`+model+`"}`)))
		return w.Code
	}
	g.status[messages] = 529
	for range 2 {
		require.Equal(t, 529, ask("large"))
	}
	require.Equal(t, 503, ask("large"))
	assert.Equal(t, 529, ask("small"))
	assert.Equal(t, map[string]string{messages + " large": "open", messages + " small": "closed"}, g.states("anthropic"))
}

func TestGatewayRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(overload())
		state := func() string { return g.states("anthropic")[messages] }
		g.status[messages] = 503
		g.ask(messages)
		g.ask(messages)
		require.Equal(t, "open", state())
		time.Sleep(30 * time.Second)
		g.ask(messages)
		assert.Equal(t, 3, g.calls, "a probe")
		assert.Equal(t, "open", state(), "a failed probe reopens")
		time.Sleep(30 * time.Second)
		g.status[messages] = 200
		assert.Equal(t, 200, g.ask(messages).Code)
		assert.Equal(t, "closed", state(), "a successful probe closes")
	})
}

func TestGatewayLetsSoManyProbesThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		policy := overload()
		policy.Threshold, policy.MaxRequests = 1, 1
		end := make(chan int)
		registry := cb.NewRegistry()
		h := cbhttp.Middleware(policy, plain(cb.WithRegistry(registry)))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(<-end)
		}))
		ask := func() <-chan *httptest.ResponseRecorder {
			answered := make(chan *httptest.ResponseRecorder, 1)
			go func() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, messages, nil))
				answered <- w
			}()
			return answered
		}
		first := ask()
		end <- 529
		<-first
		time.Sleep(30 * time.Second)
		probe := ask()
		synctest.Wait()
		second := <-ask()
		assert.Equal(t, 503, second.Code)
		assert.Contains(t, second.Body.String(), "half-open and its probes are taken")
		assert.NotContains(t, second.Header(), "Retry-After", "nobody knows when the probe ends")
		b := registry.Breakers()[1]
		assert.Equal(t, cb.HalfOpen, b.State())
		assert.Equal(t, uint64(1), b.Snapshot().Rejections[cb.ReasonTooManyProbes])
		end <- 200
		assert.Equal(t, 200, (<-probe).Code)
		assert.Equal(t, cb.Closed, b.State())
	})
}

func TestGatewayAnswersInTheProvidersShape(t *testing.T) {
	t.Parallel()
	for provider, tt := range map[string]struct{ contentType, body string }{
		"openai": {"application/json", `{"error": {"message": "circuit breaker is open, retry after 21s", "type": "server_error",
			"param": null, "code": "service_unavailable"}}`},
		"anthropic": {"application/json", `{"type": "error", "error": {"type": "overloaded_error",
			"message": "circuit breaker is open, retry after 21s"}}`},
		"copilot": {"application/problem+json", `{"type": "about:blank", "title": "Service Unavailable", "status": 503,
			"detail": "circuit breaker is open, retry after 21s"}`},
		"local": {"application/problem+json", `{"type": "about:blank", "title": "Service Unavailable", "status": 503,
			"detail": "circuit breaker is open, retry after 21s"}`},
	} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(overload())
				path := "/" + provider + "/v1/x"
				g.status[path] = 429
				g.ask(path)
				g.ask(path)
				time.Sleep(9999 * time.Millisecond)
				w := g.ask(path)
				assert.Equal(t, 503, w.Code)
				assert.Equal(t, http.Header{"Content-Type": {tt.contentType}, "Retry-After": {"21"}}, w.Header(), "20.001s remain")
				assert.JSONEq(t, tt.body, w.Body.String())
			})
		})
	}
}

func TestGatewayAnswersAsTheServiceLikes(t *testing.T) {
	t.Parallel()
	g := newGateway(overload(), cbhttp.WithRejection(func(r *http.Request, rejected *cb.RejectedError) (string, []byte) {
		return "text/plain", []byte(r.URL.Path + " of " + rejected.Client + ": " + rejected.Cause.Error())
	}))
	g.status[messages] = 529
	g.ask(messages)
	g.ask(messages)
	assert.Equal(t, messages+" of anthropic: upstream answered with code 529", g.ask(messages).Body.String())
}

func TestGatewayIsOffUnlessConfigured(t *testing.T) {
	t.Parallel()
	g := newGateway(nil)
	g.status[messages] = 529
	for range 10 {
		assert.Equal(t, 529, g.ask(messages).Code)
	}
	assert.Equal(t, 10, g.calls)
	assert.Empty(t, g.registry.Breakers())
	h := http.NotFoundHandler()
	assert.IsType(t, h, cbhttp.Middleware(nil)(h), "nothing lies around it")
}

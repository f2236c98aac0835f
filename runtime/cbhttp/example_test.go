package cbhttp_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

// The client of an SDK that takes one, which parses a rejection as an error of its own.
func ExampleWithRejection() {
	registry := cb.NewRegistry()
	client := &http.Client{Transport: cbhttp.Transport(nil, cb.Policy{Threshold: 5, Timeout: 30 * time.Second},
		cbhttp.WithBreaker(cb.WithName("openai"), cb.WithRegistry(registry)),
		cbhttp.WithRejection(cbhttp.OpenAI))} // a rejection is then an *openai.Error with status 503
	_ = client
	// Output:
}

// A gateway in front of a provider.
func ExamplePathAndModel() {
	registry, mux, policy := cb.NewRegistry(), http.NewServeMux(), &cb.Policy{Threshold: 5, Timeout: 30 * time.Second}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: "api.openai.com"})
	guard := cbhttp.Middleware(policy, // a *cb.Policy; nil: no breakers
		cbhttp.WithBreaker(cb.WithName("openai"), cb.WithRegistry(registry)),
		cbhttp.WithKey(cbhttp.PathAndModel), cbhttp.WithRejection(cbhttp.OpenAI))
	mux.Handle("/v1/", guard(proxy)) // an httputil.ReverseProxy, most often
	// Output:
}

func ExampleTransport() {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer upstream.Close()
	client := &http.Client{Transport: cbhttp.Transport(nil, cb.Policy{Threshold: 2, Timeout: 10 * time.Second},
		cbhttp.WithBreaker(cb.WithName("search"), cb.WithLogger(slog.New(slog.DiscardHandler))))}
	for range 3 {
		resp, err := client.Get(upstream.URL)
		if rejected, ok := errors.AsType[*cb.RejectedError](err); ok {
			fmt.Println(rejected.Client, rejected.Reason, rejected.Cause)
			continue
		}
		fmt.Println(resp.Status)
		_ = resp.Body.Close()
	}
	// Output:
	// 503 Service Unavailable
	// 503 Service Unavailable
	// search open upstream answered with code 503
}

func ExampleMiddleware() {
	provider := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { // an httputil.ReverseProxy, most often
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	guard := cbhttp.Middleware(&cb.Policy{Threshold: 1},
		cbhttp.WithBreaker(cb.WithName("openai"), cb.WithLogger(slog.New(slog.DiscardHandler))),
		cbhttp.WithKey(cbhttp.PathAndModel), cbhttp.WithRejection(cbhttp.OpenAI))
	gateway := guard(provider)
	var body []byte
	for range 2 {
		w := httptest.NewRecorder()
		gateway.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", nil))
		fmt.Println(w.Code, w.Header().Get("Retry-After"))
		body, _ = io.ReadAll(w.Body)
	}
	fmt.Println(string(body))
	// Output:
	// 429 60
	// 503 60
	// {"error":{"message":"circuit breaker is open, retry after 60s","type":"server_error","param":null,"code":"service_unavailable"}}
}

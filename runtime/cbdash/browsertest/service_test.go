package browsertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
)

var errDown = errors.New("openai: 503 Service Unavailable: the engine is currently overloaded, please try again later")

// service has breakers, and a server that shows them at /ops/breakers.
type service struct {
	t        *testing.T
	registry *cb.Registry
	address  string
	drop     func() // ends all connections
	ended    chan struct{}
	calls    sync.WaitGroup
}

// newService makes the server; operators are those who send the cookie.
func newService(t *testing.T, opts ...cbdash.Option) *service {
	t.Helper()
	timeline := cbdash.NewTimeline(0)
	s := &service{t: t, ended: make(chan struct{}), registry: cb.NewRegistry(
		cb.WithLogger(slog.New(slog.DiscardHandler)), cb.WithObserver(timeline), cb.WithJitter(func() float64 { return 0.5 }))}
	ctx, cancel := context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.Handle("/ops/breakers", cbdash.Handler(s.registry, append([]cbdash.Option{cbdash.WithTimeline(timeline), cbdash.WithContext(ctx),
		cbdash.WithLogger(slog.New(slog.DiscardHandler))}, opts...)...))
	server := httptest.NewServer(mux)
	s.drop = server.CloseClientConnections
	s.address = server.URL + "/ops/breakers"
	t.Cleanup(func() {
		close(s.ended)
		s.calls.Wait()
		cancel()
		server.Close()
	})
	return s
}

func anyone() cbdash.Option {
	return cbdash.WithAuthorizer(func(*http.Request) (string, bool) { return "ada@example.com", true })
}

func (s *service) breaker(client, method string, p cb.Policy) *cb.Breaker {
	return cb.NewClient(client, cb.WithRegistry(s.registry)).Breaker(method, p)
}

func fail(b *cb.Breaker, n int) {
	for range n {
		_ = b.Do(context.Background(), func(context.Context) error { return errDown })
	}
}

// traffic calls a breaker again and again; one call of so many fails, and none where that is 0.
func (s *service) traffic(b *cb.Breaker, every time.Duration, failing int) {
	s.calls.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for n := 1; ; n++ {
			select {
			case <-ticker.C:
			case <-s.ended:
				return
			}
			_ = b.Do(context.Background(), func(context.Context) error {
				if failing > 0 && n%failing == 0 {
					return errDown
				}
				return nil
			}, func(context.Context, error) error { return nil })
		}
	})
}

// incident is a service in trouble: every state there is.
func (s *service) incident() {
	answers := []cb.Fallback{{Name: "standby"}, {Name: "cache", TTL: 10 * time.Minute, Max: 1000}}
	sick := s.breaker("chat.Provider", "Complete", cb.Policy{ // open for longer than a test takes
		Timeout: 10 * time.Minute, Deadline: 10 * time.Second, Failure: cb.Match{Codes: "429,5xx"}, Retry: cb.Retry{Max: 2}, Fallbacks: answers})
	s.traffic(s.breaker("chat.Provider", "Embed", cb.Policy{Ratio: 0.5, Bulkhead: cb.Bulkhead{Max: 10}}), 23*time.Millisecond, 9)
	s.traffic(s.breaker("db.Store", "Query", cb.Policy{}), 7*time.Millisecond, 0)
	s.traffic(s.breaker("db.Store", "Exec", cb.Policy{Threshold: 3}), 41*time.Millisecond, 50)
	s.breaker("mail.Sender", "Send", cb.Policy{}).ForceOpen()
	s.breaker("search.Index", "Find", cb.Policy{}).Disable()
	ramping := s.breaker("payments.Gateway", "Charge", cb.Policy{Ramp: time.Hour})
	ramping.Trip()
	ramping.Reset()
	s.traffic(ramping, 37*time.Millisecond, 0)
	models := cb.KeyedBreaker[string](cb.NewClient("llm.Router", cb.WithRegistry(s.registry)), "Complete",
		cb.Policy{Timeout: time.Millisecond, Deadline: time.Hour}, 16)
	for _, model := range []string{"gpt-5", "claude-opus", "llama-4-maverick-17b-instruct"} {
		s.traffic(models.For(model), 19*time.Millisecond, 0)
	}
	probed := models.For("mistral-large")
	fail(probed, 5)
	time.Sleep(2 * time.Millisecond)
	s.calls.Go(func() {
		_ = probed.Do(context.Background(), func(context.Context) error { <-s.ended; return nil }) // a probe that hangs
	})
	fail(sick, 5)
	s.traffic(sick, 29*time.Millisecond, 0)
}

// many makes n breakers of which most have traffic.
func (s *service) many(n int) (breakers []*cb.Breaker) {
	for i := range n {
		b := s.breaker(fmt.Sprintf("client%02d.Provider", i/8), fmt.Sprintf("Method%d", i%8), cb.Policy{})
		breakers = append(breakers, b)
	}
	s.calls.Go(func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
			case <-s.ended:
				return
			}
			for _, b := range breakers {
				_ = b.Do(context.Background(), func(context.Context) error { return nil })
			}
		}
	})
	return breakers
}

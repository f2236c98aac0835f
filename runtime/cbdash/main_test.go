package cbdash_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// newRegistry is one whose breakers are quiet and have no jitter.
func newRegistry(opts ...cb.Option) *cb.Registry {
	return cb.NewRegistry(append([]cb.Option{cb.WithLogger(quiet()), cb.WithJitter(func() float64 { return 0.5 })}, opts...)...)
}

func newBreaker(registry *cb.Registry, client, method string, p cb.Policy) *cb.Breaker {
	return cb.NewClient(client, cb.WithRegistry(registry)).Breaker(method, p)
}

func end(b *cb.Breaker, err error) error {
	return b.Do(context.Background(), func(context.Context) error { return err })
}

func fail(b *cb.Breaker, n int) {
	for range n {
		_ = end(b, errDown)
	}
}

// ask sends a request with headers "Name: value" and a body.
func ask(t *testing.T, h http.Handler, method, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://ops.test/breakers", strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

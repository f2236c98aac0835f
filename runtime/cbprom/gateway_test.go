package cbprom_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
	"github.com/cbgen/cbgen/runtime/cbprom"
)

// TestStatesOfAGateway follows the gauge of one endpoint of a gateway through an outage; the other endpoint's stays as it is.
func TestStatesOfAGateway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newRegistry()
		scrape := gatherer(t, cbprom.New(registry))
		status, probing := http.StatusServiceUnavailable, make(chan struct{})
		provider := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("wait") {
				<-probing
			}
			if r.URL.Path == "/v1/messages" {
				w.WriteHeader(status)
			}
		})
		gateway := cbhttp.Middleware(&cb.Policy{Threshold: 2, Timeout: 10 * time.Second},
			cbhttp.WithBreaker(cb.WithName("anthropic"), cb.WithRegistry(registry)), cbhttp.WithKey(cbhttp.Path))(provider)
		ask := func(path string) {
			gateway.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
		}
		state := func(key string) float64 {
			t.Helper()
			families, err := scrape.Gather()
			assert.NoError(t, err)
			for _, family := range families {
				for _, m := range family.GetMetric() {
					for _, label := range m.GetLabel() {
						if family.GetName() == "circuit_breaker_state" && label.GetName() == "key" && label.GetValue() == key {
							return m.GetGauge().GetValue()
						}
					}
				}
			}
			assert.Fail(t, "there is no such series", key)
			return -1
		}
		is := func(want float64) {
			t.Helper()
			assert.InDelta(t, want, state("/v1/messages"), 0)
			assert.InDelta(t, 0, state("/v1/models"), 0)
		}
		ask("/v1/models")
		ask("/v1/messages")
		is(0)
		ask("/v1/messages")
		is(1)
		time.Sleep(11 * time.Second)
		is(1) // looking changes nothing
		status = http.StatusOK
		go ask("/v1/messages?wait")
		synctest.Wait()
		is(0.5)
		close(probing)
		synctest.Wait()
		is(0)
	})
}

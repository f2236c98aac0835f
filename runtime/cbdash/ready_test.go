package cbdash_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
)

func TestReady(t *testing.T) {
	t.Parallel()
	down := func(body, retryAfter string) [3]any { return [3]any{http.StatusServiceUnavailable, body, retryAfter} }
	up := [3]any{http.StatusOK, `{"ready":true}`, ""}
	for name, tt := range map[string]struct {
		critical []cbdash.Critical
		act      func(query, exec *cb.Breaker)
		want     [3]any
	}{
		"closed":           {[]cbdash.Critical{{Client: "db"}}, func(_, _ *cb.Breaker) {}, up},
		"nothing critical": {nil, func(query, _ *cb.Breaker) { query.ForceOpen() }, up},
		"open": {[]cbdash.Critical{{Client: "db"}}, func(query, _ *cb.Breaker) {
			query.Trip()
			time.Sleep(19500 * time.Millisecond)
		}, down(`{"ready":false,"open":[{"client":"db","method":"Query","state":"open","retryAfter":11}]}`, "11")},
		"the soonest": {[]cbdash.Critical{{Client: "db"}}, func(query, exec *cb.Breaker) {
			query.Trip()
			time.Sleep(10 * time.Second)
			exec.Trip()
		}, down(`{"ready":false,"open":[{"client":"db","method":"Exec","state":"open","retryAfter":30},`+
			`{"client":"db","method":"Query","state":"open","retryAfter":20}]}`, "20")},
		"another method": {[]cbdash.Critical{{Client: "db", Method: "Exec"}}, func(query, _ *cb.Breaker) { query.Trip() }, up},
		"it may be probed, and must be": {[]cbdash.Critical{{Client: "db"}}, func(query, _ *cb.Breaker) {
			query.Trip()
			time.Sleep(30 * time.Second)
		}, up},
		"held open": {[]cbdash.Critical{{Client: "db"}}, func(query, exec *cb.Breaker) {
			query.ForceOpen()
			exec.Trip()
		}, down(`{"ready":false,"open":[{"client":"db","method":"Exec","state":"open","retryAfter":30},`+
			`{"client":"db","method":"Query","state":"forced-open"}]}`, "")},
		"held closed": {[]cbdash.Critical{{Client: "db"}}, func(query, exec *cb.Breaker) { query.ForceClose(); exec.Disable() }, up},
		"misspelt": {[]cbdash.Critical{{Client: "bd"}, {Client: "db", Method: "exec"}}, func(_, _ *cb.Breaker) {},
			down(`{"ready":false,"missing":[{"client":"bd"},{"client":"db","method":"exec"}]}`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				registry := newRegistry()
				client := cb.NewClient("db", cb.WithRegistry(registry))
				tt.act(client.Breaker("Query", cb.Policy{}), client.Breaker("Exec", cb.Policy{}))
				w := ask(t, cbdash.Ready(registry, tt.critical...), http.MethodGet, "")
				assert.Equal(t, tt.want, [3]any{w.Code, w.Body.String()[:w.Body.Len()-1], w.Header().Get("Retry-After")})
			})
		})
	}
}

func TestReadyOfAKeyedMethod(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	k := cb.KeyedBreaker[string](cb.NewClient("db", cb.WithRegistry(registry)), "Query", cb.Policy{}, 10)
	h := cbdash.Ready(registry, cbdash.Critical{Client: "db"})
	status := func() int { return ask(t, h, http.MethodGet, "").Code }
	assert.Equal(t, http.StatusOK, status(), "no key was asked for yet")
	k.For("one").ForceOpen()
	assert.Equal(t, http.StatusServiceUnavailable, status(), "all keys there are")
	k.For("two")
	assert.Equal(t, http.StatusOK, status())
}

func TestReadyIsForReading(t *testing.T) {
	t.Parallel()
	w := ask(t, cbdash.Ready(newRegistry()), http.MethodPost, "")
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, http.StatusOK, ask(t, cbdash.Ready(newRegistry()), http.MethodHead, "").Code)
}

package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/memnet"
	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
)

func TestWhatWatchersFind(t *testing.T) {
	t.Parallel()
	timeline := cbdash.NewTimeline(0)
	registry := cb.NewRegistry(cb.WithObserver(timeline))
	cb.NewClient("chat.Provider", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{}).Trip()
	mux := newMux(registry, timeline)
	for _, tt := range []struct {
		method, path, accept string
		status               int
		contains             string
	}{
		{http.MethodGet, "/", "text/html", http.StatusOK, "<title>Circuit breakers</title>"},
		{http.MethodGet, "/", "application/json", http.StatusOK, `"from":"closed","to":"open"`},
		{http.MethodPost, "/", "", http.StatusMethodNotAllowed, "read-only"},
		{http.MethodGet, "/metrics", "", http.StatusOK, `circuit_breaker_state{client="chat.Provider",method="Complete"} 1`},
		{http.MethodGet, "/other", "", http.StatusNotFound, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, nil)
		r.Header.Set("Accept", tt.accept)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		assert.Equal(t, tt.status, w.Code, tt.path)
		assert.Contains(t, w.Body.String(), tt.contains, tt.path)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		open := func(network, address string) (net.Listener, error) {
			assert.Equal(t, "tcp", network)
			assert.Equal(t, ":8080", address)
			return nil, errors.New("taken")
		}
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitTrouble, run(ended, []string{"-http", ":8080"}, &stdout, &stderr, memnet.Open, open))
		assert.Equal(t, "cbdemo: -http: taken\n", stderr.String())

		stdout.Reset()
		require.Equal(t, exitOK, run(ended, []string{"-http", ""}, &stdout, &stderr, memnet.Open, open))
		assert.NotContains(t, stdout.String(), "/metrics")
	})
}

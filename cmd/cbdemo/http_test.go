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
)

func TestMetricsAreServed(t *testing.T) {
	t.Parallel()
	registry := cb.NewRegistry()
	cb.NewClient("chat.Provider", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{})
	answer := httptest.NewRecorder()
	newMux(registry).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Contains(t, answer.Body.String(), `circuit_breaker_state{client="chat.Provider",method="Complete"} 0`)
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

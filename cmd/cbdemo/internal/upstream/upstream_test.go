package upstream

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newServer() *Server {
	return New(Config{Latency: 300 * time.Millisecond, Hang: 65 * time.Second, Seed: 7})
}

// call returns the status of one call, 0 where the server wrote nothing, and how long it took.
func call(ctx context.Context, s *Server, body string) (status int, took time.Duration) {
	start := time.Now()
	w := httptest.NewRecorder()
	w.Code = 0
	s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/complete", strings.NewReader(body)))
	if w.Code == 0 && w.Body.Len() > 0 {
		return http.StatusOK, time.Since(start)
	}
	return w.Code, time.Since(start)
}

func TestHealthyAnswersInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		for range 100 {
			status, took := call(t.Context(), s, `{"prompt":"p"}`)
			require.Equal(t, http.StatusOK, status)
			require.GreaterOrEqual(t, took, 200*time.Millisecond)
			require.LessOrEqual(t, took, 400*time.Millisecond)
		}
		assert.Equal(t, Stats{Calls: 100}, s.Stats())
	})
}

func TestSickHangsHalfOfTheCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.SetHealth(Hanging)
		hung := 0
		for range 200 {
			switch status, took := call(t.Context(), s, `{"prompt":"p"}`); status {
			case http.StatusGatewayTimeout:
				hung++
				require.Equal(t, 65*time.Second, took)
			default:
				require.Equal(t, http.StatusOK, status)
				require.LessOrEqual(t, took, 400*time.Millisecond)
			}
		}
		assert.InDelta(t, 100, hung, 25)
		assert.Equal(t, Stats{Calls: 200, WhileSick: 200, Hung: hung}, s.Stats())
		s.SetHealth(Healthy)
		status, _ := call(t.Context(), s, `{"prompt":"p"}`)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, Stats{Calls: 201, WhileSick: 200, Hung: hung}, s.Stats())
	})
}

func TestCallEndsWithItsClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		status, took := call(ctx, s, `{"prompt":"p"}`)
		assert.Zero(t, status)
		assert.Equal(t, 10*time.Millisecond, took)
	})
}

func TestBadRequestIsNoCall(t *testing.T) {
	t.Parallel()
	s := newServer()
	status, _ := call(t.Context(), s, `{`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Zero(t, s.Stats())
}

func TestDownRefusesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.SetHealth(Down)
		status, took := call(t.Context(), s, `{"prompt":"p"}`)
		assert.Equal(t, http.StatusServiceUnavailable, status)
		assert.Zero(t, took)
		assert.Equal(t, Stats{Calls: 1, WhileSick: 1}, s.Stats())
	})
}

package cbhttp_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

// TestCloseRejected closes the bodies of requests that a breaker has not sent.
func TestCloseRejected(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		wait, patience time.Duration
		err            error
	}{
		"the bulkhead is full":          {patience: time.Hour, err: cb.ErrBulkheadFull},
		"its time is up":                {wait: time.Minute, patience: time.Hour, err: cb.ErrBulkheadFull},
		"the caller leaves as it waits": {wait: time.Minute, patience: time.Second, err: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: tt.wait}})
				done := make(chan struct{})
				go func() {
					_ = b.Do(t.Context(), func(context.Context) error { <-done; return nil })
				}()
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				defer time.AfterFunc(tt.patience, cancel).Stop()
				sent := &body{Reader: strings.NewReader("said")}
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://a", sent)
				require.NoError(t, err)
				_, err = cb.CallResult(ctx, b, cbhttp.Outcome, func(context.Context) (*http.Response, error) { return nil, errDown })
				require.ErrorIs(t, err, tt.err)
				cbhttp.CloseRejected(req, err)
				assert.Equal(t, 1, sent.closed)
				close(done)
			})
		})
	}
}

package roundtripper

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// upstream is a transport that answers with a status, or an error.
type upstream struct {
	status int
	err    error
	calls  int
}

func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	u.calls++
	if u.err != nil {
		return nil, u.err
	}
	if u.status == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: u.status, Request: r, Body: io.NopCloser(strings.NewReader(http.StatusText(u.status)))}, nil
}

// get is one request through an http.Client: its status and body.
func get(ctx context.Context, client *http.Client) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://upstream.test/", nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func TestStatusesOpen(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 500, 503, 599} {
		synctest.Test(t, func(t *testing.T) {
			next := &upstream{status: status}
			client := &http.Client{Transport: NewRoundTripperBreaker(next)}
			for range 5 {
				got, body, err := get(t.Context(), client)
				require.NoError(t, err)
				require.Equal(t, status, got)
				require.Equal(t, http.StatusText(status), body, "the response is the caller's, as it was")
			}
			_, _, err := get(t.Context(), client)
			require.ErrorIs(t, err, cb.ErrOpen)
			assert.Equal(t, 5, next.calls)

			next.status = http.StatusOK
			time.Sleep(11 * time.Second)
			for range 3 {
				got, _, err := get(t.Context(), client)
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, got)
			}
		})
	}
}

func TestAnswersDoNotOpen(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 301, 400, 401, 404, 418} {
		next := &upstream{status: status}
		client := &http.Client{Transport: NewRoundTripperBreaker(next)}
		for range 10 {
			got, _, err := get(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, status, got)
		}
		assert.Equal(t, 10, next.calls)
	}
}

func TestNoResponseIsAFailure(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	client := &http.Client{Transport: NewRoundTripperBreaker(&upstream{err: refused})}
	for range 5 {
		_, _, err := get(t.Context(), client)
		require.ErrorIs(t, err, refused)
	}
	_, _, err := get(t.Context(), client)
	var rejected *cb.RejectedError
	require.ErrorAs(t, err, &rejected)
	assert.Equal(t, "roundtripper.RoundTripper", rejected.Client)
	assert.Equal(t, "RoundTrip", rejected.Method)
	assert.ErrorIs(t, rejected.Cause, refused)
}

func TestTheRequestLendsItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: NewRoundTripperBreaker(&upstream{})}
		for range 10 { // cancelled by the caller: nobody's failure
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, _, err := get(ctx, client)
			require.ErrorIs(t, err, context.Canceled)
		}
		for range 5 { // the caller gave it a second: that is a failure
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, _, err := get(ctx, client)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		_, _, err := get(t.Context(), client)
		assert.ErrorIs(t, err, cb.ErrOpen)
	})
}

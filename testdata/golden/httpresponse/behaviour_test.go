package httpresponse

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// body counts how often it is closed.
type body struct{ closed int }

func (b *body) Read([]byte) (int, error) { return 0, nil }
func (b *body) Close() error             { b.closed++; return nil }

// doer answers with one status.
type doer struct {
	status int
	bodies []*body
}

func (d *doer) response() *http.Response {
	b := &body{}
	d.bodies = append(d.bodies, b)
	return &http.Response{StatusCode: d.status, Body: b}
}

func (d *doer) Do(*http.Request) (*http.Response, error)              { return d.response(), nil }
func (d *doer) Fetch(context.Context, string) (*http.Response, error) { return d.response(), nil }
func (d *doer) Head(context.Context, string) (*http.Response, error)  { return d.response(), nil }
func (d *doer) Second(context.Context) (int, *http.Response, error)   { return 1, d.response(), nil }

func TestStatusOpens(t *testing.T) {
	t.Parallel()
	d := &doer{status: http.StatusServiceUnavailable}
	b := NewDoerBreaker(d)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	for range 2 {
		resp, err := b.Do(req)
		require.NoError(t, err, "a failed answer is still the answer")
		assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	}
	resp, err := b.Do(req)
	require.ErrorIs(t, err, cb.ErrOpen)
	assert.Nil(t, resp)
	for _, body := range d.bodies {
		assert.Zero(t, body.closed, "the caller closes what it was given")
	}
}

// A sender of requests closes their bodies on errors too; who was rejected has sent nothing, and must do so all the same.
func TestARejectedRequestIsClosed(t *testing.T) {
	t.Parallel()
	b := NewDoerBreaker(&doer{status: http.StatusServiceUnavailable})
	for calls := range 3 {
		sent := &body{}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", sent)
		_, err := b.Do(req)
		if calls < 2 {
			require.NoError(t, err)
			assert.Zero(t, sent.closed, "what was sent is for the wrapped value to close")
			continue
		}
		require.ErrorIs(t, err, cb.ErrOpen)
		assert.Equal(t, 1, sent.closed)
	}
}

func TestUnlistedStatusDoesNot(t *testing.T) {
	t.Parallel()
	b := NewDoerBreaker(&doer{status: http.StatusNotFound})
	for range 10 {
		_, err := b.Do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		require.NoError(t, err)
	}
}

func TestFallbackClosesTheFailedBody(t *testing.T) {
	t.Parallel()
	d := &doer{status: http.StatusTooManyRequests}
	b := NewDoerBreaker(d)
	for range 3 {
		resp, err := b.Fetch(t.Context(), "u")
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Contains(t, resp.Status, "stale")
	}
	require.Len(t, d.bodies, 2)
	for _, body := range d.bodies {
		assert.Equal(t, 1, body.closed)
	}
}

func TestWithoutCodesAnyAnswerIsASuccess(t *testing.T) {
	t.Parallel()
	b := NewDoerBreaker(&doer{status: http.StatusServiceUnavailable})
	for range 10 {
		_, err := b.Head(t.Context(), "u")
		require.NoError(t, err)
	}
}

func TestResponseAmongSeveralResults(t *testing.T) {
	t.Parallel()
	b := NewDoerBreaker(&doer{status: http.StatusServiceUnavailable})
	for range 2 {
		n, _, err := b.Second(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, n)
	}
	_, _, err := b.Second(t.Context())
	require.ErrorIs(t, err, cb.ErrOpen)
}

// getter answers as a doer does.
type getter struct{ doer }

func (g *getter) Get(context.Context, string) (*http.Response, error) { return g.response(), nil }
func (g *getter) Any(context.Context, string) (*http.Response, error) { return g.response(), nil }

func TestStatusOpensWhereNothingIsSaid(t *testing.T) {
	t.Parallel()
	for status, opens := range map[int]bool{
		http.StatusOK: false, http.StatusBadRequest: false, http.StatusNotFound: false, http.StatusNotImplemented: false,
		http.StatusTooManyRequests: true, http.StatusInternalServerError: true, http.StatusServiceUnavailable: true,
	} {
		g := NewGetterBreaker(&getter{doer{status: status}})
		for range 2 {
			_, err := g.Get(t.Context(), "/")
			require.NoError(t, err)
			_, err = g.Any(t.Context(), "/")
			require.NoError(t, err)
		}
		_, err := g.Get(t.Context(), "/")
		assert.Equal(t, opens, errors.Is(err, cb.ErrOpen), status)
		_, err = g.Any(t.Context(), "/")
		assert.NoError(t, err, status)
	}
}

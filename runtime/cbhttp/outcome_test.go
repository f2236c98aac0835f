package cbhttp_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

func TestOutcome(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	body := io.NopCloser(strings.NewReader("x"))
	assert.Equal(t, cb.Outcome{Code: 503, Body: body}, cbhttp.Outcome(&http.Response{StatusCode: 503, Body: body}, nil))
	assert.Equal(t, cb.Outcome{Code: 204}, cbhttp.Outcome(&http.Response{StatusCode: 204}, nil))
	assert.Equal(t, cb.Outcome{Err: down}, cbhttp.Outcome(nil, down))
	assert.Equal(t, cb.Outcome{Err: down, Body: body}, cbhttp.Outcome(&http.Response{StatusCode: 302, Body: body}, down))
	assert.Zero(t, cbhttp.Outcome(nil, nil))
	busy := http.Header{"Retry-After": {"7"}}
	assert.Equal(t, cb.Outcome{Code: 429, RetryAfter: 7 * time.Second}, cbhttp.Outcome(&http.Response{StatusCode: 429, Header: busy}, nil))
	assert.Equal(t, cb.Outcome{Err: down, RetryAfter: 7 * time.Second}, cbhttp.Outcome(&http.Response{StatusCode: 302, Header: busy}, down))
}

func TestHeader(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string][]string{"A": {"b"}}, cbhttp.Header(&http.Response{Header: http.Header{"A": {"b"}}}))
	assert.Nil(t, cbhttp.Header(nil))
}

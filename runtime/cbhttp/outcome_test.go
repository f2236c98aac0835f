package cbhttp_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

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
}

package cbhttp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/runtime/cbhttp"
)

func TestPathAndModel(t *testing.T) {
	t.Parallel()
	long := `"messages": "` + strings.Repeat("x", 1<<20) + `"`
	for body, want := range map[string]string{
		`{"model": "m"}`: "/v1 m",
		`{"messages": [{"model": "no"}], "model": "m", "n": 1}`: "/v1 m",
		`{"stream": true, "model": "m\u00e9"`:                   "/v1 mé",
		`{"model": 7}`:                                          "/v1",
		`{"model": {"model": "m"}}`:                             "/v1",
		`{"messages": []}`:                                      "/v1",
		`[{"model": "m"}]`:                                      "/v1",
		`"model"`:                                               "/v1",
		`{"model"`:                                              "/v1",
		`model=m`:                                               "/v1",
		``:                                                      "/v1",
		`{"model": "m", ` + long + `}`:                          "/v1 m",
		`{` + long + `, "model": "m"}`:                          "/v1",
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1", strings.NewReader(body))
		assert.Equal(t, want, cbhttp.PathAndModel(r), "%.60s", body)
		again, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.True(t, body == string(again), "%.60s", body)
		assert.NoError(t, r.Body.Close())
	}
}

func TestPathAndModelOfABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/v1", io.MultiReader(strings.NewReader(`{"mod`), iotest.ErrReader(errReset)))
	assert.Equal(t, "/v1", cbhttp.PathAndModel(r))
	read, err := io.ReadAll(r.Body)
	assert.Equal(t, `{"mod`, string(read))
	assert.ErrorIs(t, err, errReset)
}

func FuzzPathAndModel(f *testing.F) {
	f.Add(`{"model": "m", "messages": []}`)
	f.Add(`{"a": {"model": [}`)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/v1", strings.NewReader(body))
		assert.True(t, strings.HasPrefix(cbhttp.PathAndModel(r), "/v1"))
		again, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.Equal(t, body, string(again))
	})
}

package cbtest_test

import (
	"context"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/runtime/cbtest"
)

type tenant struct{ ID int }

type request struct {
	Model  string
	Tenant *tenant
	Words  []string
	Labels map[string]string
	Parent *request
	hidden *tenant
}

// rows is a stream of Next and Err, and with items that Recv brings.
type rows struct {
	items  int
	err    error
	closed bool
}

func (r *rows) Next() bool { r.items--; return r.items >= 0 }
func (r *rows) Err() error { return r.err }
func (r *rows) Close()     { r.closed = true }

type feed struct{ r *rows }

func (f feed) Recv() (string, error) {
	if f.r.Next() {
		return "item", nil
	}
	return "", f.r.err
}
func (f feed) Close() error { f.r.closed = true; return nil }

func TestCallOfMakesArgumentsUp(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "caller")
	called := false
	call := cbtest.CallOf(func(ctx context.Context, req *request, other request, http *http.Request, n int, labels map[string]string, words ...string) error {
		called = true
		assert.Equal(t, "caller", ctx.Value(key{}))
		assert.Equal(t, "caller", http.Context().Value(key{}))
		assert.Equal(t, "upstream.invalid", http.URL.Host)
		assert.Zero(t, req.Tenant.ID+other.Tenant.ID+n)
		assert.Empty(t, req.Words[0]+req.Parent.Words[0]+words[0])
		assert.NotNil(t, req.Labels)
		assert.NotNil(t, labels)
		assert.Nil(t, req.hidden)
		return nil
	})
	require.NoError(t, call(ctx))
	assert.True(t, called)
}

func TestCallOfReadsResults(t *testing.T) {
	t.Parallel()
	closed := false
	stream := &rows{items: 2, err: errReset}
	cut := &rows{items: 2, err: errReset}
	whole := &rows{items: 2, err: io.EOF}
	for name, c := range map[string]struct {
		method any
		want   error
	}{
		"nothing":  {func() {}, nil},
		"an error": {func() (int, error) { return 1, errReset }, errReset},
		//lint:ignore ST1008 such methods there are
		"an error first":  {func() (error, int) { return errReset, 1 }, errReset},
		"no error":        {func() (*request, error) { return nil, nil }, nil},
		"one inside":      {func() *rows { return &rows{err: errReset} }, errReset},
		"a nil one":       {func() *rows { return nil }, nil},
		"Next and Err":    {func() *rows { return stream }, errReset},
		"Recv that fails": {func() (feed, error) { return feed{cut}, nil }, errReset},
		"Recv that ends":  {func() (feed, error) { return feed{whole}, nil }, nil},
		"a reader": {func() (io.ReadCloser, error) {
			return noisy{io.MultiReader(strings.NewReader("text"), failing{}), &closed}, nil
		}, errReset},
		"a response": {func() (*http.Response, error) {
			return &http.Response{Body: noisy{io.MultiReader(strings.NewReader("text"), failing{}), &closed}}, nil
		}, errReset},
		"a response without a body": {func() (*http.Response, error) { return &http.Response{}, nil }, nil},
		"a sequence": {func() iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { _ = yield(1, nil) && yield(2, errReset) && yield(3, nil) }
		}, errReset},
		"a nil sequence": {func() iter.Seq2[int, error] { return nil }, nil},
		"a channel": {func() <-chan int {
			c := make(chan int, 1)
			c <- 1
			close(c)
			return c
		}, nil},
		"a nil channel": {func() <-chan int { return nil }, nil},
	} {
		t.Run(name, func(t *testing.T) { assert.ErrorIs(t, cbtest.CallOf(c.method)(t.Context()), c.want) })
	}
	assert.True(t, closed)
	for _, r := range []*rows{stream, cut, whole} {
		assert.True(t, r.closed)
	}
	assert.Panics(t, func() { cbtest.CallOf(1) })
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errReset }

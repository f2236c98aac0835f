package embedded

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

type store struct{}

func (store) Read(context.Context, string) ([]byte, error) { return []byte("partial"), errRead }
func (store) Write(context.Context, string, []byte) error  { return nil }
func (store) String() string                               { return "store" }

func TestStore(t *testing.T) {
	t.Parallel()
	b := NewStoreBreaker(store{})
	for range 2 {
		data, err := b.Read(t.Context(), "k")
		require.ErrorIs(t, err, errRead)
		assert.Equal(t, "partial", string(data))
	}
	_, err := b.Read(t.Context(), "k")
	require.ErrorIs(t, err, cb.ErrOpen)
	require.NoError(t, b.Write(t.Context(), "k", nil))
	assert.Equal(t, "store", b.String())
}

type file struct {
	*strings.Reader
	io.Writer
	io.Closer
	io.ReaderFrom
}

func TestFileReadsToItsEnd(t *testing.T) {
	t.Parallel()
	b := NewFileBreaker(file{Reader: strings.NewReader("abc")})
	for range 20 {
		data, err := io.ReadAll(b)
		require.NoError(t, err, "io.EOF is an answer, however often")
		_ = data
	}
	n, err := b.Seek(0, io.SeekStart)
	require.NoError(t, err)
	assert.Zero(t, n)
	data, err := io.ReadAll(b)
	require.NoError(t, err)
	assert.Equal(t, "abc", string(data))
}

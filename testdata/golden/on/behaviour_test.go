package on

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

type file struct{ err error }

func (f *file) Read([]byte) (int, error)           { return 3, f.err }
func (f *file) Close() error                       { return f.err }
func (f *file) WriteAt([]byte, int64) (int, error) { return 2, f.err }
func (f *file) Sync(context.Context) error         { return f.err }

func TestOn(t *testing.T) {
	t.Parallel()
	f := &file{err: errDown}
	b := NewFileBreaker(f)
	for range 5 {
		require.ErrorIs(t, b.Close(), errDown)
		n, err := b.WriteAt(nil, 0)
		require.ErrorIs(t, err, errDown)
		assert.Equal(t, 2, n)
		n, err = b.Read(nil)
		require.ErrorIs(t, err, errDown, "errors= is given and does not list it")
		assert.Equal(t, 3, n)
	}
	f.err = io.ErrUnexpectedEOF
	n, err := b.Read(nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 3, n)
	_, err = b.Read(nil)
	require.ErrorIs(t, err, cb.ErrOpen)
}

func TestDirectivesTravel(t *testing.T) {
	t.Parallel()
	p := DefaultWidePolicies()
	assert.Equal(t, 3, p.Load.Threshold, "written on the method itself")
	assert.Equal(t, 4*time.Second, p.Load.Deadline, "on is the last word")
	assert.Equal(t, 3*time.Second, p.Load.Timeout, "the annotated interface's default")
	assert.Equal(t, 9, p.Save.Threshold)
	assert.Equal(t, 3*time.Second, p.Stat.Timeout)
}

package filesystem

import (
	"io/fs"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// sick is a file system whose disk is sick.
type sick struct {
	fs.FS
	opens int
}

func (s *sick) Open(name string) (fs.File, error) {
	s.opens++
	return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EIO}
}

func TestAHealthyFileSystemStaysOne(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"a/b.txt": {Data: []byte("hello")}, "c.txt": {}}
	assert.NoError(t, fstest.TestFS(NewFSBreaker(files), "a/b.txt", "c.txt"))
	assert.NoError(t, fstest.TestFS(NewFullBreaker(files), "a/b.txt", "c.txt"))
}

func TestWhatDoesNotExistIsAnAnswer(t *testing.T) {
	t.Parallel()
	full := NewFullBreaker(fstest.MapFS{})
	for range 10 {
		_, err := full.Open("none")
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = full.Stat("none")
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = full.ReadFile("none")
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
}

func TestASickDiskOpens(t *testing.T) {
	t.Parallel()
	next := &sick{}
	guarded := NewFSBreaker(next)
	for range 3 {
		_, err := fs.ReadFile(guarded, "a")
		require.ErrorIs(t, err, syscall.EIO)
	}
	_, err := fs.ReadFile(guarded, "a")
	assert.ErrorIs(t, err, cb.ErrOpen)
	assert.Equal(t, 3, next.opens)
}

package netconn

import (
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// broken is a connection whose calls do what its fields say.
type broken struct {
	net.Conn
	read, write func(b []byte) (int, error)
	reads       int
	closed      bool
}

func (c *broken) Read(b []byte) (int, error)  { c.reads++; return c.read(b) }
func (c *broken) Write(b []byte) (int, error) { return c.write(b) }
func (c *broken) Close() error                { c.closed = true; return nil }

func failing(err error) func([]byte) (int, error) {
	return func([]byte) (int, error) { return 0, err }
}

func TestBytesComeWithTheirError(t *testing.T) {
	t.Parallel()
	c := NewConnBreaker(&broken{read: func(b []byte) (int, error) { return copy(b, "tail"), io.EOF }})
	for range 10 { // io.EOF is an answer
		got := make([]byte, 8)
		n, err := c.Read(got)
		require.Equal(t, io.EOF, err, "not wrapped: readers compare it with ==")
		require.Equal(t, "tail", string(got[:n]))
	}
}

func TestEachDirectionHasItsBreaker(t *testing.T) {
	t.Parallel()
	next := &broken{read: failing(syscall.ECONNRESET), write: func(b []byte) (int, error) { return len(b), nil }}
	c := NewConnBreaker(next)
	for range 3 {
		_, err := c.Read(nil)
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}
	_, err := c.Read(nil)
	require.ErrorIs(t, err, cb.ErrOpen)
	assert.Equal(t, 3, next.reads)
	n, err := c.Write([]byte("still"))
	assert.NoError(t, err)
	assert.Equal(t, 5, n)
	assert.NoError(t, c.Close())
	assert.True(t, next.closed)
}

func TestOwnTimeoutsAreIgnored(t *testing.T) {
	t.Parallel()
	timeout := &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
	c := NewConnBreaker(&broken{read: failing(timeout)})
	for range 10 {
		_, err := c.Read(nil)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		var netErr net.Error
		require.ErrorAs(t, err, &netErr)
		require.True(t, netErr.Timeout())
	}
}

func TestPipe(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	c := NewConnBreaker(here)
	go func() {
		_, _ = there.Write([]byte("hello"))
		_ = there.Close()
	}()
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(got))
	assert.Equal(t, here.RemoteAddr(), c.RemoteAddr())
	assert.NoError(t, c.Close())
}

type refusing struct{ net.Listener }

func (refusing) Accept() (net.Conn, error) { return nil, syscall.EMFILE }
func (refusing) Close() error              { return nil }

func TestListener(t *testing.T) {
	t.Parallel()
	l := NewListenerBreaker(refusing{})
	for range 5 {
		_, err := l.Accept()
		require.ErrorIs(t, err, syscall.EMFILE)
	}
	_, err := l.Accept()
	assert.ErrorIs(t, err, cb.ErrOpen)
	assert.NoError(t, l.Close())
}

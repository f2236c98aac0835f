// Package pipes is a network of pipes between a test's clients and servers. Unlike a socket it works in a testing/synctest bubble,
// where time is virtual.
package pipes

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Listener accepts what is dialled through its own Dial.
type Listener struct {
	address string
	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

// Listen has Addr say that address.
func Listen(address string) *Listener {
	return &Listener{address: address, conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial reaches the listener, whatever the address.
func (l *Listener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept returns the other end of what was dialled.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close has Accept and Dial fail from then on.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is the address that was given.
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: l.address, Net: "pipe"} }

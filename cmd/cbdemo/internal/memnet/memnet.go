// Package memnet is a network inside the process. Unlike a socket it works in a testing/synctest bubble, where time is
// virtual.
package memnet

import (
	"context"
	"net"
	"sync"
)

// Open returns a listener, and the only way to reach it.
func Open() (net.Listener, func(ctx context.Context, network, addr string) (net.Conn, error), error) {
	l := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	return l, l.dial, nil
}

type listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *listener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "memory" }

// Package netconn guards a network connection and the listener that it came from.
package netconn

import "net"

//go:generate go tool cbgen

// Conn is a connection. A deadline that we set ourselves, and a connection that we closed, say nothing of the peer.
//
//cb:breaker threshold=3 timeout=5s
//cb:ignore errors=os.ErrDeadlineExceeded,net.ErrClosed
//cb:on Close off "a connection must be closed whatever happens"
//cb:on SetDeadline off "local"
//cb:on SetReadDeadline off "local"
//cb:on SetWriteDeadline off "local"
type Conn interface{ net.Conn }

// Listener accepts connections.
//
//cb:breaker
//cb:on Close off "a listener must be closed whatever happens"
type Listener interface{ net.Listener }

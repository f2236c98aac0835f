package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// network is between clients, gateways and upstreams.
type network interface {
	listen() (net.Listener, error)
	dial(ctx context.Context, network, address string) (net.Conn, error)
}

// serve starts a server and returns its URL.
func serve(t *testing.T, n network, handler http.Handler) (url string) {
	t.Helper()
	listener, err := n.listen()
	require.NoError(t, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{
		Handler: handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func newTransport(t *testing.T, n network) *http.Transport {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 200, DialContext: n.dial}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// tcp is this machine's network, where connections can be reset.
type tcp struct{ net.Dialer }

func (tcp) listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

func (n tcp) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return n.DialContext(ctx, network, address)
}

// pipes are a network that virtual time knows: by their addresses, what listens. All of that does before anything is dialled.
type pipes map[string]*listener

func (n pipes) listen() (net.Listener, error) {
	l := &listener{address: fmt.Sprintf("server%d.test:80", len(n)), conns: make(chan net.Conn), closed: make(chan struct{})}
	n[l.address] = l
	return l, nil
}

func (n pipes) dial(ctx context.Context, _, address string) (net.Conn, error) {
	l := n[address]
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

type listener struct {
	address string
	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
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

func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: l.address, Net: "pipe"} }

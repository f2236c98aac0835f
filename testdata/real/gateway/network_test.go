package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/testdata/real/internal/pipes"
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

// memory is a network that virtual time knows: by their addresses, what listens. All of that does before anything is dialled.
type memory map[string]*pipes.Listener

func (n memory) listen() (net.Listener, error) {
	address := fmt.Sprintf("server%d.test:80", len(n))
	n[address] = pipes.Listen(address)
	return n[address], nil
}

func (n memory) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return n[address].Dial(ctx, network, address)
}

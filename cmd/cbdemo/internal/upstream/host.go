package upstream

import (
	"context"
	"net"
	"net/http"
)

// Dial is net.Dialer's DialContext.
type Dial = func(ctx context.Context, network, addr string) (net.Conn, error)

// A Network opens a listener, and says how to reach it.
type Network func() (net.Listener, Dial, error)

// Loopback is the [Network] of this machine: TCP on a free port of 127.0.0.1.
func Loopback() (net.Listener, Dial, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	return ln, new(net.Dialer).DialContext, nil
}

// Host is a [Server] that is being served, and the way to it.
type Host struct {
	*Server
	URL    string       // "http://host:port"
	Client *http.Client // keeps its connections

	served chan error
}

// Start serves a new upstream on a network (nil: [Loopback]). The client keeps up to so many idle connections.
func Start(cfg Config, network Network, idle int) (*Host, error) {
	if network == nil {
		network = Loopback
	}
	ln, dial, err := network()
	if err != nil {
		return nil, err
	}
	h := &Host{
		Server: New(cfg),
		URL:    "http://" + ln.Addr().String(),
		Client: &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: idle}},
		served: make(chan error, 1),
	}
	go func() { h.served <- h.Serve(ln) }()
	return h, nil
}

// Close ends the upstream, and with it every call to it.
func (h *Host) Close() error {
	err := h.Server.Close()
	h.Client.CloseIdleConnections()
	if serveErr := <-h.served; err == nil {
		err = serveErr
	}
	return err
}

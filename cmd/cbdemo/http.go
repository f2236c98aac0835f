package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
	"github.com/cbgen/cbgen/runtime/cbprom"
)

// listen opens the listener that the demo is watched through: net.Listen, but for tests.
type listen func(network, address string) (net.Listener, error)

// watchers serves those who watch the demo while it plays.
type watchers struct {
	listener net.Listener
	server   http.Server
	served   chan error
}

// newMux has what an operator sees of the registry's breakers, and of what the timeline has observed.
func newMux(registry *cb.Registry, timeline *cbdash.Timeline) *http.ServeMux {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(cbprom.New(registry))
	mux := http.NewServeMux()
	mux.Handle("/{$}", cbdash.Handler(registry, cbdash.WithTimeline(timeline)))
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	return mux
}

// newWatchers serves mux at the address until it is closed.
func newWatchers(open listen, address string, mux *http.ServeMux) (*watchers, error) {
	ln, err := open("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-http: %w", err)
	}
	w := &watchers{listener: ln, served: make(chan error, 1)}
	w.server = http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { w.served <- w.server.Serve(ln) }()
	return w, nil
}

func (w *watchers) url() string { return "http://" + w.listener.Addr().String() }

func (w *watchers) close() error {
	err := w.server.Close()
	if serveErr := <-w.served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

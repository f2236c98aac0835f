// Package upstream is an HTTP server that answers prompts as a model provider does, and that can be made sick.
package upstream

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/chat"
)

// Config says how the upstream behaves.
type Config struct {
	Latency time.Duration // mean time of a healthy answer: each takes 2/3 to 4/3 of it
	Hang    time.Duration // how long a hanging call hangs, before it ends with status 504
	Seed    uint64        // of the latencies, and of which calls hang
}

// Stats counts the calls that arrived.
type Stats struct {
	Calls     int
	WhileSick int // of Calls, those that arrived while it was sick
	Hung      int // of WhileSick, those that hang or have hung
}

// Server is the upstream. It may be used by many goroutines at once.
type Server struct {
	cfg  Config
	http *http.Server

	mu    sync.Mutex
	rand  *rand.Rand
	sick  bool
	stats Stats
}

// New returns a healthy upstream.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, rand: rand.New(rand.NewPCG(cfg.Seed, 0))}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that give up are the point of it
	}
	return s
}

// Serve answers on ln until Close.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends Serve and every call.
func (s *Server) Close() error { return s.http.Close() }

// SetSick makes half of the calls that arrive from now on hang, or none. What hangs already goes on hanging.
func (s *Server) SetSick(sick bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sick = sick
}

// Stats returns what was counted so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Read to the end: only then does net/http notice a client that gives up.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var req chat.Request
	if err == nil {
		err = json.Unmarshal(body, &req)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}

	takes, hangs := s.arrive()
	timer := time.NewTimer(takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return
	}
	if hangs {
		http.Error(w, "no answer from the model", http.StatusGatewayTimeout)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(chat.Response{Text: "About " + req.Prompt + ": it depends."}) // the client may be gone
}

// arrive counts a call and decides its fate.
func (s *Server) arrive() (takes time.Duration, hangs bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Calls++
	if s.sick {
		s.stats.WhileSick++
		if s.rand.IntN(2) == 0 {
			s.stats.Hung++
			return s.cfg.Hang, true
		}
	}
	return time.Duration((2 + 2*s.rand.Float64()) / 3 * float64(s.cfg.Latency)), false
}

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
	WhileSick int // of Calls, those that arrived while it was not healthy
	Hung      int // of WhileSick, those that hang or have hung
}

// Health is how an upstream treats the calls that arrive.
type Health int

// The healths of an upstream.
const (
	Healthy Health = iota // answers
	Hanging               // half of the calls hang
	Down                  // status 503 at once
)

// Server is the upstream. It may be used by many goroutines at once.
type Server struct {
	cfg  Config
	http *http.Server

	mu     sync.Mutex
	rand   *rand.Rand
	health Health
	stats  Stats
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

// SetHealth holds for calls that arrive from now on. What hangs already goes on hanging.
func (s *Server) SetHealth(health Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.health = health
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

	takes, status := s.arrive()
	timer := time.NewTimer(takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return
	}
	if status != http.StatusOK {
		http.Error(w, "no answer from the model", status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(chat.Response{Text: "About " + req.Prompt + ": it depends."}) // the client may be gone
}

// arrive counts a call and decides its fate.
func (s *Server) arrive() (takes time.Duration, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Calls++
	if s.health != Healthy {
		s.stats.WhileSick++
	}
	switch {
	case s.health == Down:
		return 0, http.StatusServiceUnavailable
	case s.health == Hanging && s.rand.IntN(2) == 0:
		s.stats.Hung++
		return s.cfg.Hang, http.StatusGatewayTimeout
	}
	return time.Duration((2 + 2*s.rand.Float64()) / 3 * float64(s.cfg.Latency)), http.StatusOK
}

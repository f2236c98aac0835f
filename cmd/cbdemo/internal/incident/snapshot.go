package incident

import (
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
)

// Snapshot is the incident at one moment.
type Snapshot struct {
	Plan         Plan
	Elapsed      time.Duration // since the start of Run; after the end, its length without draining
	Raw, Guarded SideSnapshot
}

// SideSnapshot is one side at one moment.
type SideSnapshot struct {
	Name     string
	Workers  int
	Busy     int // workers
	Waiting  int // requests, for a worker
	Stuck    int // workers that were still in a call when draining ended
	Numbers  Numbers
	Upstream upstream.Stats
	Breaker  string // its state; "" on the raw side
}

// Snapshot may be called at any time, by any goroutine: a live page reads the same as the terminal does.
func (i *Incident) Snapshot() Snapshot {
	i.mu.Lock()
	elapsed := i.elapsed
	if !i.over && !i.start.IsZero() {
		elapsed = time.Since(i.start)
	}
	i.mu.Unlock()
	return Snapshot{Plan: i.cfg.Plan, Elapsed: elapsed, Raw: i.raw.snapshot(), Guarded: i.guarded.snapshot()}
}

func (s *Side) snapshot() SideSnapshot {
	snap := SideSnapshot{
		Name:     s.name,
		Workers:  cap(s.pool.workers),
		Busy:     s.pool.busy(),
		Waiting:  s.pool.waiting(),
		Stuck:    int(s.stuck.Load()),
		Numbers:  s.tally.get(),
		Upstream: s.upstream.Stats(),
	}
	if s.breaker != nil {
		snap.Breaker = s.breaker.State().String()
	}
	return snap
}

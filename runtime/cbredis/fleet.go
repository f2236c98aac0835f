package cbredis

import (
	"context"
	"fmt"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// countFailures adds what was seen since the last time to what the fleet has seen, and opens where that is enough.
func (s *Sharing) countFailures(ctx context.Context, session session) error {
	seen := s.failuresSeen()
	if len(seen) == 0 {
		return nil
	}
	var sums []int
	err := within(ctx, func(ctx context.Context) (err error) {
		sums, err = session.count(ctx, seen, s.window)
		return err
	})
	if err != nil {
		return err
	}
	var tripped []failures
	for i, f := range seen {
		if sums[i] >= s.threshold {
			s.tripFleet(f.id, sums[i])
			tripped = append(tripped, failures{id: f.id, forget: true})
		}
	}
	if len(tripped) == 0 {
		return nil
	}
	return within(ctx, func(ctx context.Context) error {
		_, err := session.count(ctx, tripped, s.window)
		return err
	})
}

// failuresSeen are those of closed breakers: only these are judged by them.
func (s *Sharing) failuresSeen() []failures {
	type sum struct {
		n      uint64
		closed bool
	}
	sums := map[circuitID]sum{}
	for _, b := range s.registry.Breakers() {
		snapshot := b.Snapshot()
		if id, shared := idOf(&snapshot); shared {
			sums[id] = sum{sums[id].n + snapshot.Counts.Failure, snapshot.State == cb.Closed}
		}
	}
	var seen []failures
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, sum := range sums {
		c := s.circuits[id]
		if c == nil {
			continue
		}
		if n := sum.n - c.failures; sum.n > c.failures && sum.closed {
			seen = append(seen, failures{id: id, n: int(n)}) //nolint:gosec // of a quarter of a second
		}
		c.failures = sum.n
	}
	return seen
}

// tripFleet opens a breaker here, and tells the others.
func (s *Sharing) tripFleet(id circuitID, seen int) {
	s.mu.Lock()
	c := s.circuits[id]
	if c == nil || len(c.breakers) == 0 {
		s.mu.Unlock()
		return
	}
	b := c.breakers[0]
	s.mu.Unlock()
	cause := &FleetError{Replica: s.replica, Cause: fmt.Sprintf("the fleet saw %d failures within %v", seen, s.window)}
	until := time.Now().Add(b.Snapshot().Policy.Timeout)
	b.AdoptOpen(until, cause)
	s.mu.Lock()
	defer s.mu.Unlock()
	c.own = true
	c.say, c.sayFor, c.sayCause = opened, until, cause.Cause
	c.until, c.from, c.cause = until, s.replica, cause.Cause
	s.wakeUp()
}

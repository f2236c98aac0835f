// Package incident plays an incident: a chat service under steady load whose provider falls sick, once with the raw
// client of that provider and once with the wrapper that cbgen wrote, side by side and at the same time.
package incident

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
)

// Config says what is played. Start from [Default].
type Config struct {
	Plan    Plan
	Workers int // of each side
	Rate    int // prompts per second, and as many readings of old conversations

	Wait  time.Duration // how long a request waits for a worker before it fails
	Queue int           // how many requests may wait; further ones fail at once

	Latency    time.Duration // mean time of a healthy call to the upstream
	Hang       time.Duration // how long a hanging call hangs
	Read       time.Duration // how long reading an old conversation keeps a worker
	RawTimeout time.Duration // the raw client's time limit for a call; 0: none
	Drain      time.Duration // what is under way at the end gets so long to finish

	Seed    uint64           // of the upstreams' behaviour
	Network upstream.Network // nil: [upstream.Loopback]
	Logger  *slog.Logger     // where the breaker logs; nil: nowhere

	Registry *cb.Registry // that lists the breaker; nil: one of its own
}

// Default returns the incident of the story, total long: a quarter healthy, half sick, a quarter recovery.
func Default(total time.Duration) Config {
	return Config{
		Plan:    Plan{Healthy: total / 4, Sick: total / 2, Recovery: total - total/4 - total/2},
		Workers: 64,
		Rate:    20,
		Wait:    2 * time.Second,
		Queue:   128,
		Latency: 300 * time.Millisecond,
		Hang:    65 * time.Second,
		Read:    5 * time.Millisecond,
		Drain:   time.Second,
		Seed:    1,
	}
}

// Validate says what cannot be played.
func (c Config) Validate() error {
	switch {
	case c.Plan.Total() < 4*time.Second:
		return fmt.Errorf("a run of %s is too short: 4s at least", c.Plan.Total())
	case c.Workers < 1 || c.Workers > 10_000:
		return fmt.Errorf("%d workers: 1 to 10000", c.Workers)
	case c.Rate < 1 || c.Rate > 1000:
		return fmt.Errorf("%d prompts per second: 1 to 1000", c.Rate)
	case c.Hang <= 0:
		return errors.New("calls have to hang for some time")
	case c.RawTimeout < 0:
		return errors.New("a time limit below 0")
	}
	return nil
}

// Phase is a part of the incident.
type Phase int

// The phases, in their order.
const (
	Healthy Phase = iota
	Sick
	Recovery
	phases
)

func (p Phase) String() string {
	return [...]string{"healthy", "half of the calls hang", "healthy again"}[p]
}

// health is the upstreams' in that phase.
func (p Phase) health() upstream.Health {
	if p == Sick {
		return upstream.Hanging
	}
	return upstream.Healthy
}

// Plan says how long each phase lasts.
type Plan struct{ Healthy, Sick, Recovery time.Duration }

// Total is the length of the incident.
func (p Plan) Total() time.Duration { return p.Healthy + p.Sick + p.Recovery }

// At returns the phase at that time after the start.
func (p Plan) At(elapsed time.Duration) Phase {
	switch {
	case elapsed < p.Healthy:
		return Healthy
	case elapsed < p.Healthy+p.Sick:
		return Sick
	}
	return Recovery
}

package incident

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/pace"
)

// Incident is one run with both its sides.
type Incident struct {
	cfg     Config
	raw     *Side
	guarded *Side

	requests sync.WaitGroup

	mu      sync.Mutex
	start   time.Time
	elapsed time.Duration // set once it is over
	over    bool
}

// New starts both sides. Close ends them.
func New(cfg Config) (*Incident, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	raw, err := newSide(cfg, "raw client", false)
	if err != nil {
		return nil, err
	}
	guarded, err := newSide(cfg, "cbgen wrapper", true)
	if err != nil {
		return nil, errors.Join(err, raw.upstream.Close())
	}
	return &Incident{cfg: cfg, raw: raw, guarded: guarded}, nil
}

// Close ends both upstreams.
func (i *Incident) Close() error {
	return errors.Join(i.raw.upstream.Close(), i.guarded.upstream.Close())
}

// Run plays the incident, once, calls watch every second, and returns when all requests have ended. When ctx ends
// before the plan does, it stops early; the snapshot after it holds what happened until then.
func (i *Incident) Run(ctx context.Context, watch func(Snapshot)) {
	start := time.Now()
	i.mu.Lock()
	i.start = start
	i.mu.Unlock()

	load, stop := context.WithCancel(ctx)
	defer stop()
	work, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	var offering sync.WaitGroup
	offering.Go(func() { i.offer(load, work, start) })

	total := i.cfg.Plan.Total()
	for at := time.Second; at <= total && pace.Until(load, start.Add(at)); at += time.Second {
		watch(i.Snapshot())
	}
	pace.Until(load, start.Add(total))
	stop()
	offering.Wait()

	i.mu.Lock()
	i.over, i.elapsed = true, time.Since(start)
	i.mu.Unlock()

	timer := time.AfterFunc(i.cfg.Drain, func() {
		i.raw.stuck.Store(int64(i.raw.pool.busy()))
		i.guarded.stuck.Store(int64(i.guarded.pool.busy()))
		abort()
	})
	defer timer.Stop()
	i.requests.Wait()
}

// offer sends the load, the same to both sides at the same moments: a prompt and a reading in turn. It makes the upstreams sick
// and well again before the first request of a phase, so that each finds them as its phase has them.
func (i *Incident) offer(load, work context.Context, start time.Time) {
	step := time.Second / time.Duration(2*i.cfg.Rate)
	pace.Each(load, start, step, i.cfg.Plan.Total(), func(n int) {
		phase := i.cfg.Plan.At(time.Duration(n) * step)
		for _, side := range []*Side{i.raw, i.guarded} {
			side.upstream.SetHealth(phase.health())
			request := side.prompt
			if n%2 == 1 {
				request = side.read
			}
			i.requests.Go(func() { request(work, phase, n/2) })
		}
	})
}

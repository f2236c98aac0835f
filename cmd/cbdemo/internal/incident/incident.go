package incident

import (
	"context"
	"errors"
	"sync"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
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
		return nil, errors.Join(err, raw.close())
	}
	return &Incident{cfg: cfg, raw: raw, guarded: guarded}, nil
}

// Close ends both upstreams.
func (i *Incident) Close() error { return errors.Join(i.raw.close(), i.guarded.close()) }

// Registry holds the wrapper's breaker.
func (i *Incident) Registry() *cb.Registry { return i.guarded.registry }

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
	var playing sync.WaitGroup
	playing.Go(func() { i.offer(load, work, start) })
	playing.Go(func() { i.infect(load, start) })

	total := i.cfg.Plan.Total()
	for at := time.Second; at <= total && sleepUntil(load, start.Add(at)); at += time.Second {
		watch(i.Snapshot())
	}
	sleepUntil(load, start.Add(total))
	stop()
	playing.Wait()

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

// offer sends the load, the same to both sides at the same moments: a prompt and a reading in turn. Should the machine
// fall behind, it catches up.
func (i *Incident) offer(load, work context.Context, start time.Time) {
	step := time.Second / time.Duration(2*i.cfg.Rate)
	for n := 0; ; n++ {
		due := time.Duration(n) * step
		if due >= i.cfg.Plan.Total() || !sleepUntil(load, start.Add(due)) {
			return
		}
		phase := i.cfg.Plan.At(due)
		for _, side := range []*Side{i.raw, i.guarded} {
			request := side.prompt
			if n%2 == 1 {
				request = side.read
			}
			i.requests.Go(func() { request(work, phase, n/2) })
		}
	}
}

// infect makes the upstreams sick and well again.
func (i *Incident) infect(load context.Context, start time.Time) {
	for _, turn := range []struct {
		at   time.Duration
		sick bool
	}{
		{i.cfg.Plan.Healthy, true},
		{i.cfg.Plan.Healthy + i.cfg.Plan.Sick, false},
	} {
		if !sleepUntil(load, start.Add(turn.at)) {
			return
		}
		i.raw.upstream.SetSick(turn.sick)
		i.guarded.upstream.SetSick(turn.sick)
	}
}

// sleepUntil says whether ctx let it sleep to the end.
func sleepUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

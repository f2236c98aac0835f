// Package strategy plays what a service can do for its callers while a provider is down, an act for each way: give them what was
// answered before (cache), what somebody else answers (standby), or an answer later (queue).
package strategy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/pace"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
)

// Config says how an act is played.
type Config struct {
	Length   time.Duration    // how long prompts come
	Rate     int              // prompts per second
	Latency  time.Duration    // mean time of a healthy call to an upstream
	Seed     uint64           // of the latencies
	Network  upstream.Network // nil: [upstream.Loopback]
	Registry *cb.Registry     // that lists the breakers
	Options  []cb.Option      // of every wrapper, beside the registry
	Say      func(string)     // is told what is worth a line, by any goroutine; nil: nobody
}

// Default returns the config of acts that long.
func Default(length time.Duration) Config {
	return Config{Length: length, Rate: 10, Latency: 300 * time.Millisecond, Seed: 1}
}

// Names are the acts, in their order.
func Names() []string { return []string{"cache", "standby", "queue"} }

// New sets the act of that name up. Close ends it.
func New(name string, cfg Config) (*Act, error) {
	if cfg.Registry == nil {
		cfg.Registry = cb.NewRegistry()
	}
	if cfg.Say == nil {
		cfg.Say = func(string) {}
	}
	set, ok := map[string]func(*Act) error{"cache": (*Act).setCache, "standby": (*Act).setStandby, "queue": (*Act).setQueue}[name]
	if !ok {
		return nil, fmt.Errorf("there is no act %q: %s", name, strings.Join(Names(), ", "))
	}
	a := &Act{Name: name, Breakers: "breaker", cfg: cfg}
	if err := set(a); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// Act is one strategy, played once.
type Act struct {
	Name     string
	Story    string // what is about to happen
	Breakers string // what their states are headed with
	Turns    []Turn // of the upstreams' health, in their order; the first at 0

	cfg       Config
	upstreams []*upstream.Host
	breakers  []*cb.Breaker
	scene     scene
	requests  sync.WaitGroup

	mu    sync.Mutex
	start time.Time
}

// Turn is a change of the upstreams' health.
type Turn struct {
	At       time.Duration
	Upstream string // in a word or two
	Sick     bool
	health   []upstream.Health // of each upstream
}

// scene is what differs between acts.
type scene interface {
	ask(ctx context.Context, n int) // one prompt, the n-th
	work(ctx context.Context)       // runs beside the prompts, until ctx ends
	waiting() int                   // prompts that work has to answer yet
	columns() []Column
	figures() []Figure
}

// Column is a number to watch.
type Column struct {
	Head  string
	N     int
	Level bool // how many there are now, not how many there were so far
}

// Figure is a line of what came of an act.
type Figure struct {
	Label  string
	N      int
	Remark string
}

// Snapshot is an act at one moment.
type Snapshot struct {
	Elapsed, Length time.Duration
	Breaker         string // the state, or each breaker's
	Columns         []Column
}

// drain is how long what was stored is waited for after the last prompt.
const drain = 30 * time.Second

// host starts one more upstream.
func (a *Act) host() (*upstream.Host, error) {
	h, err := upstream.Start(upstream.Config{Latency: a.cfg.Latency, Seed: a.cfg.Seed}, a.cfg.Network, a.cfg.Rate)
	if err != nil {
		return nil, fmt.Errorf("upstream of the act %q: %w", a.Name, err)
	}
	a.upstreams = append(a.upstreams, h)
	return h, nil
}

// options are those of one wrapper.
func (a *Act) options(more ...cb.Option) []cb.Option {
	return slices.Concat(a.cfg.Options, []cb.Option{cb.WithRegistry(a.cfg.Registry)}, more)
}

// watch has the breaker of a client be watched.
func (a *Act) watch(client string) *cb.Breaker {
	b, _ := a.cfg.Registry.Breaker(client, "Complete")
	a.breakers = append(a.breakers, b)
	return b
}

// Close ends the upstreams.
func (a *Act) Close() (err error) {
	for _, h := range a.upstreams {
		err = errors.Join(err, h.Close())
	}
	return err
}

// Run plays the act and calls watch every second. It returns when all prompts have been dealt with, or soon after ctx has ended.
func (a *Act) Run(ctx context.Context, watch func(Snapshot)) {
	start := time.Now()
	a.mu.Lock()
	a.start = start
	a.mu.Unlock()

	var asking, working sync.WaitGroup
	asking.Go(func() { a.ask(ctx, start) })
	work, stop := context.WithCancel(ctx)
	defer stop()
	working.Go(func() { a.scene.work(work) })

	for at := time.Second; at <= a.cfg.Length || a.scene.waiting() > 0 && at <= a.cfg.Length+drain; at += time.Second {
		if !pace.Until(ctx, start.Add(at)) {
			break
		}
		watch(a.Snapshot())
	}
	asking.Wait()
	a.requests.Wait()
	stop()
	working.Wait()
}

// ask has the prompts come. The upstreams turn before the first prompt of a turn, so that each prompt finds them as its moment has
// them.
func (a *Act) ask(ctx context.Context, start time.Time) {
	step := time.Second / time.Duration(a.cfg.Rate)
	pace.Each(ctx, start, step, a.cfg.Length, func(n int) {
		for i, health := range a.TurnAt(time.Duration(n) * step).health {
			a.upstreams[i].SetHealth(health)
		}
		a.requests.Go(func() { a.scene.ask(ctx, n) })
	})
}

// TurnAt is how the upstreams are at that time after the start.
func (a *Act) TurnAt(elapsed time.Duration) Turn {
	now := a.Turns[0]
	for _, turn := range a.Turns {
		if turn.At <= elapsed {
			now = turn
		}
	}
	return now
}

// Snapshot may be taken at any time, by any goroutine.
func (a *Act) Snapshot() Snapshot {
	snap := Snapshot{Length: a.cfg.Length, Columns: a.scene.columns()}
	a.mu.Lock()
	if !a.start.IsZero() {
		snap.Elapsed = time.Since(a.start)
	}
	a.mu.Unlock()
	states := make([]string, len(a.breakers))
	for i, b := range a.breakers {
		states[i] = b.State().String()
	}
	snap.Breaker = strings.Join(states, " / ")
	return snap
}

// Figures is what came of the act.
func (a *Act) Figures() []Figure {
	figures := a.scene.figures()
	sick := 0
	for _, h := range a.upstreams {
		sick += h.Stats().WhileSick
	}
	return append(figures, Figure{Label: "calls that an upstream got while down", N: sick})
}

// outage has the upstreams, of which there is one, be down from a quarter of the length to two thirds.
func (a *Act) outage() (from, to time.Duration) {
	from, to = a.cfg.Length/4, a.cfg.Length*2/3
	a.Turns = []Turn{
		{0, "healthy", false, []upstream.Health{upstream.Healthy}},
		{from, "DOWN", true, []upstream.Health{upstream.Down}},
		{to, "healthy", false, []upstream.Health{upstream.Healthy}},
	}
	return from, to
}

// short is a time with as many decimals as it is read for.
func short(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

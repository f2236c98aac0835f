package cb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// TestChaos gives breakers of random policies, some of one group and some keyed, calls that end in every way there is, while hands and
// observers interfere. Whatever happens, afterwards every call has been counted once, nothing is held, and calls go through.
func TestChaos(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newChaos(seed).run(t) })
		})
	}
}

type chaos struct {
	seed     uint64
	policy   cb.Policy
	registry *cb.Registry
	breakers []*cb.Breaker
	keyed    *cb.Keyed[int]
	events   atomic.Uint64
	over     atomic.Bool

	mu   sync.Mutex
	made map[*cb.Breaker]*atomic.Uint64 // calls, also of keyed breakers that have lost their places
}

func newChaos(seed uint64) *chaos {
	c := &chaos{seed: seed, policy: randomPolicy(rand.New(rand.NewPCG(seed, 0))), made: map[*cb.Breaker]*atomic.Uint64{}}
	c.registry = cb.NewRegistry(quiet(), cb.WithObserver(chaosObserver{c}))
	client := cb.NewClient("chaos", cb.WithRegistry(c.registry))
	grouped := c.policy
	grouped.Group = "shared"
	for i := range 3 {
		c.breakers = append(c.breakers, client.Breaker(fmt.Sprint("Grouped", i), grouped))
	}
	c.breakers = append(c.breakers, client.Breaker("Alone", c.policy))
	c.keyed = cb.KeyedBreaker[int](client, "Keyed", c.policy, 4)
	return c
}

func randomPolicy(r *rand.Rand) cb.Policy {
	half := func() bool { return r.IntN(2) == 0 }
	some := func(most time.Duration) time.Duration {
		if half() {
			return 0
		}
		return time.Millisecond + time.Duration(r.Int64N(int64(most)))
	}
	p := cb.Policy{
		Timeout: time.Duration(5+r.IntN(20)) * time.Millisecond, MaxRequests: r.IntN(4), Window: some(100 * time.Millisecond),
		Slow: some(10 * time.Millisecond), Ramp: some(40 * time.Millisecond),
		Ignore:    cb.Match{Codes: "404"},
		Fallbacks: []cb.Fallback{{Name: "first", On: [...]cb.On{cb.OnAll, cb.OnOpen, cb.OnFailure}[r.IntN(3)]}, {Name: "second"}},
	}
	if half() {
		p.Ratio, p.Min = 0.1+0.9*r.Float64(), 1+r.IntN(10)
	}
	if half() {
		p.Threshold = 1 + r.IntN(5)
	}
	if half() {
		p.MaxTimeout = p.Timeout * time.Duration(1+r.IntN(8))
	}
	if half() {
		p.Surge = 1 + 3*r.Float64()
	}
	if half() {
		p.Deadline = p.Slow + 5*time.Millisecond
	}
	if half() {
		p.Bulkhead = cb.Bulkhead{Max: 1 + r.IntN(6), Wait: some(10 * time.Millisecond)}
	}
	if half() {
		p.Retry = cb.Retry{Max: 1 + r.IntN(3), Backoff: time.Millisecond, MaxBackoff: 4 * time.Millisecond, Budget: r.Float64()}
	}
	return p
}

func (c *chaos) run(t *testing.T) {
	t.Helper()
	var callers sync.WaitGroup
	for g := range uint64(12) {
		callers.Go(func() {
			r := rand.New(rand.NewPCG(c.seed, g+1))
			for range 150 {
				var call sync.WaitGroup // of a goroutine that may end
				call.Go(func() { c.call(r) })
				call.Wait()
			}
		})
	}
	callers.Wait()
	c.over.Store(true)
	c.check(t)
}

func (c *chaos) breaker(r *rand.Rand) *cb.Breaker {
	if n := r.IntN(len(c.breakers) + 1); n < len(c.breakers) {
		return c.breakers[n]
	}
	return c.keyed.For(r.IntN(8))
}

func (c *chaos) counter(b *cb.Breaker) *atomic.Uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made[b] == nil {
		c.made[b] = &atomic.Uint64{}
	}
	return c.made[b]
}

// interfere does what an operator or another replica may.
func (c *chaos) interfere(r *rand.Rand) {
	b := c.breaker(r)
	soon := time.Now().Add(10 * time.Millisecond)
	[...]func(){
		b.Trip, b.Reset, b.Reset, b.ForceOpen, b.ForceClose, b.Disable, b.AdoptClosed,
		func() { b.AdoptOpen(soon, errDown) }, func() { b.HoldProbes(soon) }, func() { _ = b.Snapshot() },
	}[r.IntN(10)]()
}

// misbehave does, now and then, what no function should.
func (c *chaos) misbehave(r *rand.Rand) {
	switch r.IntN(40) {
	case 0:
		panic("chaos")
	case 1:
		runtime.Goexit()
	case 2:
		c.interfere(r)
	}
}

func (c *chaos) call(r *rand.Rand) {
	defer func() { _ = recover() }()
	c.misbehave(r)
	some := func(most int) time.Duration { return time.Duration(r.IntN(most)) * time.Millisecond }
	time.Sleep(some(5))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	switch r.IntN(5) {
	case 0:
		ctx, cancel = context.WithTimeout(ctx, some(8))
		defer cancel()
	case 1:
		time.AfterFunc(some(8)+1, cancel) // due timers of one bubble crash Go 1.26's race detector
	}
	b := c.breaker(r)
	made := c.counter(b)
	fallback := func(context.Context, error) (int, error) {
		c.misbehave(r)
		return 0, [...]error{nil, errDown}[r.IntN(2)]
	}
	_, _ = cb.Call(ctx, b, func(ctx context.Context) (int, error) {
		made.Add(1)
		switch r.IntN(4) {
		case 0:
			time.Sleep(some(25))
		case 1:
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(some(25) + 1): // as above
			}
		}
		c.misbehave(r)
		return 0, [...]error{nil, nil, errDown, errDown, statusError(404)}[r.IntN(5)]
	}, fallback, fallback)
}

// chaosObserver misbehaves as well.
type chaosObserver struct{ c *chaos }

func (o chaosObserver) told() {
	if n := o.c.events.Add(1); !o.c.over.Load() {
		o.c.misbehave(rand.New(rand.NewPCG(o.c.seed, n)))
	}
}

func (o chaosObserver) StateChanged(cb.Event)                       { o.told() }
func (o chaosObserver) Rejected(context.Context, *cb.RejectedError) { o.told() }
func (o chaosObserver) Retried(context.Context, cb.RetryEvent)      { o.told() }
func (o chaosObserver) FellBack(context.Context, cb.FallbackEvent)  { o.told() }

func (c *chaos) check(t *testing.T) {
	t.Helper()
	for b, made := range c.made {
		what := fmt.Sprintf("%s[%s] of %+v", b.Method(), b.Key(), c.policy)
		s := b.Snapshot()
		assert.Zero(t, s.InFlight, what)
		assert.Zero(t, s.Bulkhead.Running, what)
		assert.Zero(t, s.Bulkhead.Waiting, what)
		ended := s.Counts.Success + s.Counts.Failure + s.Counts.Ignored
		if c.policy.Bulkhead.Max == 0 {
			assert.Equal(t, made.Load(), ended, what)
		} else { // whose callers have gone before there was a place are ignored too
			assert.LessOrEqual(t, made.Load(), ended, what)
		}

		b.Reset()
		b.Trip()
		row := 0
		for start := time.Now(); row < 20; row++ {
			time.Sleep(100 * time.Millisecond)
			if err := end(b, nil); err != nil {
				require.ErrorAs(t, err, new(*cb.RejectedError), what)
				require.Less(t, time.Since(start), time.Hour, "it recovers: %s", what)
				row = -1
			}
		}
		assert.Equal(t, cb.Closed, b.State(), what)
	}
}

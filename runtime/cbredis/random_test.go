package cbredis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// upstream is how it is at the moment.
const (
	well = iota
	down
	hanging
	upstreams
)

// TestWhateverHappens_TheFleetEndsWell has replicas whose policies differ meet an upstream that comes and goes, while Redis does too,
// people hold and release states, replicas are replaced, and what was said long ago is said again. After quiet all are closed.
func TestWhateverHappens_TheFleetEndsWell(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { liveThrough(t, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

func liveThrough(t *testing.T, random *rand.Rand) {
	m := newMemory(time.Duration(1+random.IntN(40)) * time.Millisecond)
	var opts []Option
	if random.IntN(2) == 0 {
		opts = append(opts, WithFleetThreshold(3+random.IntN(5), 10*time.Second))
	}
	nodes := make([]*node, 2+random.IntN(6))
	for i := range nodes {
		nodes[i] = newNode(t, m, fmt.Sprint("r", i), randomPolicy(random), opts...)
	}
	var upstream atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	for _, n := range nodes {
		calls := rand.New(rand.NewPCG(random.Uint64(), 0))
		go func() {
			for ctx.Err() == nil {
				time.Sleep(time.Duration(calls.ExpFloat64() * float64(200*time.Millisecond)))
				_ = n.breaker.Do(ctx, func(ctx context.Context) error {
					time.Sleep(20 * time.Millisecond)
					switch upstream.Load() {
					case down:
						return errDown
					case hanging:
						<-ctx.Done()
						return ctx.Err()
					}
					return nil
				})
			}
		}()
	}
	for range 80 {
		time.Sleep(time.Duration(random.Int64N(int64(4 * time.Second))))
		n := nodes[random.IntN(len(nodes))]
		switch random.IntN(12) {
		case 0:
			n.breaker.Trip()
		case 1:
			n.breaker.Reset()
		case 2:
			n.breaker.ForceOpen()
		case 3:
			n.breaker.ForceClose()
		case 4:
			m.fail(time.Duration(random.Int64N(int64(8 * time.Second))))
		case 5: // a replica is replaced, and tells nobody
			n.sharing.Stop()
			name := fmt.Sprint("new", random.Uint32())
			n.sharing = share(t.Context(), m.as(name), name, n.registry, n.sharing.settings)
		case 6:
			kinds := []kind{opened, probing, closed}
			n.sharing.adopt(message{Kind: kinds[random.IntN(len(kinds))], From: "late", ID: circuitID{Client: "chat", Circuit: "Complete"},
				For: time.Duration(random.Int64N(int64(30 * time.Second)))})
		default:
			upstream.Store(random.Int64N(upstreams))
		}
	}
	upstream.Store(well)
	for _, n := range nodes {
		if state := n.breaker.State(); state == cb.ForcedOpen || state == cb.ForcedClosed {
			n.breaker.Reset()
		}
	}
	time.Sleep(3 * time.Minute)
	require.Equal(t, map[cb.State]int{cb.Closed: len(nodes)}, states(nodes))
	for _, n := range nodes {
		joined, err := n.sharing.Joined()
		require.True(t, joined, "%v", err)
	}
	quiet := m.told()
	time.Sleep(10 * time.Minute)
	require.Equal(t, quiet, m.told(), "they agree")
	cancel()
	stop(nodes)
	time.Sleep(time.Minute)
}

func randomPolicy(random *rand.Rand) cb.Policy {
	p := cb.Policy{
		Threshold: 2 + random.IntN(2), MaxRequests: 1 + random.IntN(3),
		Timeout: time.Duration(1+random.IntN(20)) * time.Second, Deadline: time.Duration(1+random.IntN(3)) * time.Second,
	}
	if random.IntN(2) == 0 {
		p.Ramp = 5 * time.Second
	}
	if random.IntN(3) == 0 {
		p.MaxTimeout = 2 * time.Minute
	}
	return p
}

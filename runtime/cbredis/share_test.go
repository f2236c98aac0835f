package cbredis_test

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbredis"
)

const fleetSize = 50

// plainFleet are as many breakers as there are replicas, each of which a subscriber opens and resets on a plain message of Redis, with
// nothing but go-redis.
func plainFleet(t *testing.T, server *server, policy cb.Policy) (fleet []*cb.Breaker, tell func(state cb.State)) {
	t.Helper()
	ctx := context.Background()
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	for range fleetSize {
		registry := cb.NewRegistry(cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
		breaker := cb.NewClient("chat", cb.WithRegistry(registry)).Breaker("Complete", policy)
		fleet = append(fleet, breaker)
		client := server.client()
		sub := client.Subscribe(ctx, "plain")
		_, err := sub.Receive(ctx)
		require.NoError(t, err)
		wg.Go(func() {
			for {
				said, err := sub.ReceiveMessage(ctx)
				if err != nil {
					return
				}
				if said.Payload == cb.Open.String() {
					breaker.Trip()
				} else {
					breaker.Reset()
				}
			}
		})
		t.Cleanup(func() {
			_ = sub.Close()
			_ = client.Close()
		})
	}
	publisher := server.client()
	t.Cleanup(func() { _ = publisher.Close() })
	return fleet, func(state cb.State) { require.NoError(t, publisher.Publish(ctx, "plain", state.String()).Err()) }
}

// TestOneFindsOut_AllKnow measures from one replica's trip until the last of fifty rejects, often enough that a hundredth are several.
// Fifty replicas share the processors of one here: where the machine is so busy that a plain message that opens as many breakers takes
// long, a trip, which is more work in each of them, may take four times that. At leisure that is no more than the limits.
func TestOneFindsOut_AllKnow(t *testing.T) {
	server := startRedis(t)
	policy := cb.Policy{Timeout: time.Minute}
	plainBreakers, tell := plainFleet(t, server, policy)
	fleet := newFleet(t, server.addr, fleetSize, policy)
	var shared []*cb.Breaker
	for _, r := range fleet {
		shared = append(shared, r.breaker)
	}
	all := func(breakers []*cb.Breaker, state cb.State, since time.Time) time.Duration {
		for _, b := range breakers {
			for b.State() != state {
				require.Less(t, time.Since(since), 5*time.Second)
				time.Sleep(100 * time.Microsecond)
			}
		}
		return time.Since(since)
	}
	const trips = 500
	var took, plain []time.Duration
	for n := range trips {
		tripped := shared[n%fleetSize]
		began := time.Now()
		tripped.Trip()
		took = append(took, all(shared, cb.Open, began))
		tripped.Reset()
		all(shared, cb.Closed, time.Now())

		began = time.Now()
		tell(cb.Open)
		plain = append(plain, all(plainBreakers, cb.Open, began))
		tell(cb.Closed)
		all(plainBreakers, cb.Closed, time.Now())
	}
	slices.Sort(took)
	slices.Sort(plain)
	const median, p99 = trips / 2, trips * 99 / 100
	t.Logf("from a trip to all %d rejecting: median %v, p99 %v, worst of %d %v; from a plain message to as many: median %v, p99 %v",
		fleetSize, took[median], took[p99], trips, took[trips-1], plain[median], plain[p99])
	assert.LessOrEqual(t, took[median], max(20*time.Millisecond, 4*plain[median]))
	assert.LessOrEqual(t, took[p99], max(100*time.Millisecond, 4*plain[p99]))
}

// TestOutage has fifty replicas with twenty calls a second each meet an upstream that is down for a while.
func TestOutage(t *testing.T) {
	server := startRedis(t)
	const timeout = 2 * time.Second
	fleet := newFleet(t, server.addr, fleetSize, cb.Policy{Timeout: timeout, Deadline: time.Second})
	before, _ := server.commands()
	var down, ending atomic.Bool
	var seen, wrong atomic.Int64
	var mu sync.Mutex
	var probes []time.Time
	var wg sync.WaitGroup
	for _, r := range fleet {
		wg.Go(func() {
			for !ending.Load() {
				_ = r.call(func() error {
					seen.Add(1)
					if r.breaker.State() == cb.HalfOpen {
						mu.Lock()
						probes = append(probes, time.Now())
						mu.Unlock()
					}
					if down.Load() {
						wrong.Add(1)
						return errDown
					}
					return nil
				})
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	time.Sleep(time.Second)
	well, byName := server.commands()
	assert.Equal(t, before, well, "a successful call is no command: %v", byName)
	down.Store(true)
	require.Eventually(t, fleet[0].is(cb.Open), 5*time.Second, time.Millisecond)
	const periods = 5
	time.Sleep(periods*timeout + timeout/2)
	down.Store(false)
	for _, r := range fleet {
		require.Eventually(t, r.is(cb.Closed), 10*time.Second, time.Millisecond)
	}
	ending.Store(true)
	wg.Wait()
	after, byName := server.commands()
	t.Logf("%d commands in %d open periods: %v; the upstream saw %d probes", after-well, periods+1, byName, len(probes))
	// A probe that fails begins a period of nine tenths of Timeout at least.
	for i := range probes[1:] {
		assert.GreaterOrEqual(t, probes[i+1].Sub(probes[i]), timeout*8/10, "two probes in one period")
	}
	assert.GreaterOrEqual(t, len(probes), periods-1)
	assert.LessOrEqual(t, len(probes), periods+2)
	assert.LessOrEqual(t, after-well, 2000)
}

func TestANewReplicaAdoptsWhatStands(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	fleet := newFleet(t, server.addr, 2, cb.Policy{Timeout: time.Minute})
	fleet[0].breaker.Trip()
	require.Eventually(t, fleet[1].is(cb.Open), 5*time.Second, time.Millisecond)
	late := newReplica(t, server.addr, cb.Policy{Timeout: time.Second})
	require.Eventually(t, late.is(cb.Open), 5*time.Second, time.Millisecond)
	var rejected *cb.RejectedError
	require.ErrorAs(t, late.call(func() error { return nil }), &rejected)
	assert.InDelta(t, fleet[0].breaker.Snapshot().OpenUntil.Unix(), time.Now().Add(rejected.RetryAfter).Unix(), 1, "until then")
	var fleetError *cbredis.FleetError
	require.ErrorAs(t, rejected.Cause, &fleetError)
	require.ErrorAs(t, fleet[1].call(func() error { return nil }), &rejected)
	assert.ErrorContains(t, rejected.Cause, "tripped by hand")

	fleet[1].breaker.Reset()
	for _, r := range append(fleet, late) {
		require.Eventually(t, r.is(cb.Closed), 5*time.Second, time.Millisecond)
	}
	later := newReplica(t, server.addr, cb.Policy{})
	later.join(t)
	assert.Equal(t, cb.Closed, later.breaker.State(), "nothing stands any more")
}

// TestFleetThreshold_InRedis counts in the real thing.
func TestFleetThreshold_InRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	fleet := newFleet(t, server.addr, 5, cb.Policy{}, cbredis.WithFleetThreshold(10, time.Minute))
	for range 2 {
		for _, r := range fleet {
			assert.Equal(t, cb.Closed, r.breaker.State())
			require.ErrorIs(t, r.call(func() error { return errDown }), errDown)
		}
	}
	for _, r := range fleet {
		require.Eventually(t, r.is(cb.Open), 5*time.Second, time.Millisecond)
	}
	assert.ErrorContains(t, fleet[0].breaker.Snapshot().OpenedBy, "the fleet saw 10 failures within 1m0s")
}

// TestAClosedBreakerCostsNoMore: what is shared is its state, and a success does not change it.
func TestAClosedBreakerCostsNoMore(t *testing.T) {
	server := startRedis(t)
	r := newReplica(t, server.addr, cb.Policy{})
	r.join(t)
	fn := func(context.Context) error { return nil }
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _ = r.breaker.Do(context.Background(), fn) }))
}

// TestNobodyIsHeldByWhatIsWrongInRedis: what has passed opens nothing, and what says for ever opens for as long as the policy could.
func TestNobodyIsHeldByWhatIsWrongInRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	const chat = `{"client":"chat","circuit":"Complete"}`
	now := time.Now().UnixMilli()
	server.do(t, "ZADD", "{cb}:open", now-1, chat, now+60_000, "no circuit", now+60_000, `{"client":"chat","circuit":"Gone"}`)
	r := newReplica(t, server.addr, cb.Policy{Timeout: time.Second, MaxTimeout: 10 * time.Second})
	r.join(t)
	assert.Equal(t, cb.Closed, r.breaker.State())
	for _, said := range []string{"", "{}", `{"kind":"open","ms":-1,"id":` + chat + `}`, `{"kind":"shut","id":` + chat + `}`} {
		server.do(t, "PUBLISH", "{cb}:verdicts", said)
	}
	server.do(t, "PUBLISH", "{cb}:verdicts", `{"kind":"open","from":"x","ms":86400000,"id":`+chat+`}`)
	require.Eventually(t, r.is(cb.Open), 5*time.Second, time.Millisecond)
	assert.LessOrEqual(t, time.Until(r.breaker.Snapshot().OpenUntil), 10*time.Second)

	server.do(t, "ZADD", "{cb}:open", now+1e15, chat)
	late := newReplica(t, server.addr, cb.Policy{Timeout: time.Second, MaxTimeout: 10 * time.Second})
	require.Eventually(t, late.is(cb.Open), 5*time.Second, time.Millisecond)
	assert.LessOrEqual(t, time.Until(late.breaker.Snapshot().OpenUntil), 10*time.Second)
}

package cbredis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

var silent = slog.New(slog.DiscardHandler)

// node is a replica on a [memory].
type node struct {
	registry *cb.Registry
	client   *cb.Client
	breaker  *cb.Breaker
	sharing  *Sharing
}

func (n *node) call(err error) error {
	return n.breaker.Do(context.Background(), func(context.Context) error { return err })
}

// beBusy makes a call that is rejected, so that the replica is one that has calls.
func (n *node) beBusy() { _ = n.call(nil) }

func newNode(t testing.TB, m *memory, name string, policy cb.Policy, opts ...Option) *node {
	settings, err := newSettings(append([]Option{WithLogger(silent)}, opts...))
	require.NoError(t, err)
	n := &node{registry: cb.NewRegistry(cb.WithLogger(silent))}
	n.client = cb.NewClient("chat", cb.WithRegistry(n.registry))
	n.breaker = n.client.Breaker("Complete", policy)
	n.sharing = share(context.Background(), m.as(name), name, n.registry, settings)
	return n
}

func newNodes(t testing.TB, m *memory, size int, policy cb.Policy, opts ...Option) []*node {
	nodes := make([]*node, size)
	for i := range nodes {
		nodes[i] = newNode(t, m, fmt.Sprint("r", i), policy, opts...)
	}
	time.Sleep(time.Second)
	synctest.Wait()
	return nodes
}

func stop(nodes []*node) {
	for _, n := range nodes {
		n.sharing.Stop()
	}
}

func states(nodes []*node) map[cb.State]int {
	states := map[cb.State]int{}
	for _, n := range nodes {
		states[n.breaker.State()]++
	}
	return states
}

var policy = cb.Policy{Threshold: 2, Timeout: 10 * time.Second, Deadline: 2 * time.Second}

func inFleet(t *testing.T, size int, test func(t *testing.T, m *memory, nodes []*node), opts ...Option) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(2 * time.Millisecond)
		nodes := newNodes(t, m, size, policy, opts...)
		defer stop(nodes)
		test(t, m, nodes)
	})
}

// settle lets everything be said.
func settle() {
	time.Sleep(20 * time.Millisecond)
	synctest.Wait()
}

func TestTheLongerPeriodWins(t *testing.T) {
	inFleet(t, 3, func(t *testing.T, _ *memory, nodes []*node) {
		nodes[0].breaker.Trip()
		settle()
		until := nodes[0].breaker.Snapshot().OpenUntil
		assert.WithinDuration(t, until, nodes[1].breaker.Snapshot().OpenUntil, 5*time.Millisecond)
		nodes[1].breaker.Reset()
		settle()
		require.Equal(t, map[cb.State]int{cb.Closed: 3}, states(nodes), "closed by hand, closed for all")

		asks := &asking{time.Minute}
		require.ErrorIs(t, nodes[2].call(asks), asks)
		require.ErrorIs(t, nodes[2].call(asks), asks)
		settle()
		for _, n := range nodes {
			assert.WithinDuration(t, time.Now().Add(time.Minute), n.breaker.Snapshot().OpenUntil, 100*time.Millisecond)
		}
		nodes[0].sharing.adopt(message{Kind: opened, From: "x", ID: circuitID{Client: "chat", Circuit: "Complete"}, For: time.Second})
		assert.WithinDuration(t, time.Now().Add(time.Minute), nodes[0].breaker.Snapshot().OpenUntil, 100*time.Millisecond)
		nodes[0].sharing.adopt(message{Kind: opened, From: "x", ID: circuitID{Client: "chat", Circuit: "Complete"}, For: 20 * time.Hour})
		assert.WithinDuration(t, time.Now().Add(5*time.Minute), nodes[0].breaker.Snapshot().OpenUntil, 100*time.Millisecond,
			"nobody keeps it open for longer than it could itself")
	})
}

// asking is a failure that asks to be left alone.
type asking struct{ d time.Duration }

func (a *asking) Error() string             { return "too many requests" }
func (a *asking) RetryAfter() time.Duration { return a.d }

func TestOneProbes_TheOthersWait(t *testing.T) {
	inFleet(t, 5, func(t *testing.T, m *memory, nodes []*node) {
		probe := func() (who *node) {
			for who == nil {
				time.Sleep(time.Millisecond)
				for _, n := range nodes {
					if n.breaker.Snapshot().OpenUntil.Before(time.Now()) && n.breaker.State() == cb.Open {
						require.Nil(t, who, "two may probe")
						who = n
					}
				}
			}
			return who
		}
		nodes[0].breaker.Trip()
		settle()
		for _, n := range nodes {
			n.beBusy()
		}
		who := probe()
		require.ErrorIs(t, who.call(errDown), errDown)
		settle()
		require.Equal(t, map[cb.State]int{cb.Open: 5}, states(nodes), "its verdict holds for all")
		for _, n := range nodes {
			assert.WithinDuration(t, time.Now().Add(policy.Timeout), n.breaker.Snapshot().OpenUntil, 2*time.Second)
			n.beBusy()
		}

		dies := probe()
		go func() {
			_ = dies.breaker.Do(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		}()
		synctest.Wait()
		require.Equal(t, cb.HalfOpen, dies.breaker.State())
		settle()
		dies.sharing.Stop() // it will tell nobody
		dead := time.Now()
		nodes = slices.DeleteFunc(slices.Clone(nodes), func(n *node) bool { return n == dies })
		for _, n := range nodes {
			n.beBusy() // calls still come
		}
		next := probe()
		assert.InDelta(t, policy.Deadline+leaseMargin+nextWithin, time.Since(dead), float64(time.Second), "when its lease is over")
		require.NoError(t, next.call(nil))
		settle()
		require.Equal(t, map[cb.State]int{cb.Closed: 4}, states(nodes))
	})
}

func TestThoseThatHadCallsOnce_KeepNobodyWaiting(t *testing.T) {
	inFleet(t, 50, func(t *testing.T, _ *memory, nodes []*node) {
		nodes[0].breaker.Trip()
		settle()
		for _, n := range nodes {
			n.beBusy()
		}
		began := time.Now()
		for nodes[0].breaker.State() != cb.Closed {
			time.Sleep(100 * time.Millisecond)
			nodes[0].beBusy()
			require.Less(t, time.Since(began), policy.Timeout/10*11+2*(maxLead+startWithin+nextWithin), "one idle replica may have a lease")
		}
	})
}

func TestWithoutRedis_EachGoesByItself(t *testing.T) {
	inFleet(t, 3, func(t *testing.T, m *memory, nodes []*node) {
		m.fail(time.Minute)
		settle()
		joined, err := nodes[0].sharing.Joined()
		assert.False(t, joined)
		require.Error(t, err)
		nodes[0].breaker.Trip()
		settle()
		assert.Equal(t, map[cb.State]int{cb.Open: 1, cb.Closed: 2}, states(nodes))
		time.Sleep(12 * time.Second)
		require.NoError(t, nodes[0].call(nil), "its own probe")
		nodes[1].breaker.Trip()
		time.Sleep(30 * time.Second)
		nodes[2].breaker.Trip()
		time.Sleep(20 * time.Second)
		assert.Equal(t, map[cb.State]int{cb.Closed: 1, cb.Open: 2}, states(nodes), "what has passed is not told")
		require.NoError(t, nodes[2].call(nil))
		settle()
		assert.Equal(t, map[cb.State]int{cb.Closed: 3}, states(nodes), "they are a fleet again")
	})
}

func TestAnIdleFleetIsSilent(t *testing.T) {
	inFleet(t, 3, func(t *testing.T, m *memory, nodes []*node) {
		nodes[0].breaker.Trip()
		time.Sleep(time.Hour)
		assert.Equal(t, 4, m.sent(), "no call waits for a probe")
		require.NoError(t, nodes[1].call(nil), "the first that comes is one")
		settle()
		assert.Equal(t, map[cb.State]int{cb.Closed: 3}, states(nodes))
	})
}

func TestShare_TellsWhatIsOpenAlready(t *testing.T) {
	inFleet(t, 2, func(t *testing.T, m *memory, nodes []*node) {
		n := &node{registry: cb.NewRegistry(cb.WithLogger(silent))}
		n.breaker = cb.NewClient("chat", cb.WithRegistry(n.registry)).Breaker("Complete", policy)
		n.breaker.Trip()
		n.sharing = share(t.Context(), m.as("late"), "late", n.registry, settings{logger: silent, check: defaultCheck})
		defer n.sharing.Stop()
		settle()
		assert.Equal(t, map[cb.State]int{cb.Open: 2}, states(nodes))
	})
}

func TestKeyedBreakersFollowTheirKeys(t *testing.T) {
	inFleet(t, 2, func(t *testing.T, m *memory, nodes []*node) {
		one := cb.KeyedBreaker[string](nodes[0].client, "Embed", policy, 1)
		two := cb.KeyedBreaker[string](nodes[1].client, "Embed", policy, 1)
		one.For("a").Trip()
		settle()
		assert.Equal(t, cb.Open, two.For("a").State(), "the first call for a value that is known to be in trouble")
		overflow := one.For("b")
		require.Equal(t, cb.OverflowKey, overflow.Key())
		overflow.Trip()
		settle()
		assert.Equal(t, cb.Closed, two.For("b").State(), "what values share is another thing in each replica")
		two.For("a").Reset()
		settle()
		assert.Equal(t, cb.Closed, one.For("a").State())
		s := nodes[0].sharing
		for n := range 3 * minSurplus {
			one.For(fmt.Sprint(n))
		}
		assert.LessOrEqual(t, len(s.circuits), minSurplus+1, "values that are gone leave nothing behind")
	})
}

func TestAGroupIsOneCircuit(t *testing.T) {
	inFleet(t, 2, func(t *testing.T, m *memory, nodes []*node) {
		grouped := policy
		grouped.Group = "api"
		for _, n := range nodes {
			n.client.Breaker("A", grouped)
			n.client.Breaker("B", grouped)
		}
		a, _ := nodes[0].registry.Breaker("chat", "A")
		b, _ := nodes[1].registry.Breaker("chat", "B")
		a.Trip()
		settle()
		assert.Equal(t, cb.Open, b.State())
		assert.Equal(t, 1, m.told())
		b.Reset()
		settle()
		assert.Equal(t, cb.Closed, a.State())
	})
}

func TestTheFleetRampsUpAsOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ramping := policy
		ramping.Ramp = 10 * time.Second
		nodes := newNodes(t, newMemory(2*time.Millisecond), 20, ramping)
		defer stop(nodes)
		nodes[0].breaker.Trip()
		settle()
		time.Sleep(11 * time.Second)
		require.NoError(t, nodes[7].call(nil))
		settle()
		for _, n := range nodes {
			require.InDelta(t, 0.1, n.breaker.Snapshot().Admitted, 0.01, "they begin together")
		}
		time.Sleep(5 * time.Second)
		let := 0
		for _, n := range nodes {
			for range 20 {
				if n.call(nil) == nil {
					let++
				}
			}
		}
		assert.InDelta(t, 0.55, float64(let)/float64(20*len(nodes)), 0.05, "half way, a little more than half of the fleet's calls")
	})
}

func TestFleetThreshold(t *testing.T) {
	inFleet(t, 10, func(t *testing.T, m *memory, nodes []*node) {
		fail := func(n *node) {
			require.ErrorIs(t, n.call(errDown), errDown)
			require.NoError(t, n.call(nil))
		}
		for _, n := range nodes[:5] {
			fail(n)
		}
		time.Sleep(time.Second)
		assert.Equal(t, map[cb.State]int{cb.Closed: 10}, states(nodes))
		assert.Equal(t, 5, m.sent(), "one batch of each that saw any")
		time.Sleep(time.Minute)
		assert.Equal(t, 5, m.sent())
		for _, n := range nodes[1:9] {
			fail(n)
		}
		time.Sleep(time.Second)
		require.Equal(t, map[cb.State]int{cb.Open: 10}, states(nodes), "none of them has seen two in a row")
		var rejected *cb.RejectedError
		require.ErrorAs(t, nodes[9].call(nil), &rejected)
		assert.ErrorContains(t, rejected.Cause, "the fleet saw 8 failures within 30s")
		nodes[0].breaker.Reset()
		settle()
		fail(nodes[0])
		time.Sleep(time.Second)
		assert.Equal(t, map[cb.State]int{cb.Closed: 10}, states(nodes), "it counts from the beginning")
		time.Sleep(time.Minute)
		m.fail(time.Minute)
		for _, n := range nodes {
			fail(n)
		}
		time.Sleep(2 * time.Minute)
		assert.Equal(t, map[cb.State]int{cb.Closed: 10}, states(nodes), "what could not be told in time is not told late")
	}, WithFleetThreshold(8, 30*time.Second))
}

func TestShare_RefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := Share(t.Context(), nil, cb.NewRegistry())
	require.ErrorContains(t, err, "needs a client and a registry")
	for want, opt := range map[string]Option{
		`the prefix "" must be`:    WithPrefix(""),
		`the prefix "{a}" must be`: WithPrefix("{a}"),
		`threshold of 0 in 1m0s`:   WithFleetThreshold(0, time.Minute),
		`threshold of 5 in 500ms`:  WithFleetThreshold(5, time.Second/2),
		`threshold of -1 in 1m0s`:  WithFleetThreshold(-1, time.Minute),
	} {
		_, err := newSettings([]Option{opt, nil})
		require.ErrorContains(t, err, want)
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range []message{
		{Kind: opened, From: "r", ID: circuitID{"chat", "Complete", "gpt"}, For: time.Minute, Cause: "down"},
		{Kind: closed}, {Kind: probing, For: time.Hour},
	} {
		f.Add(string(m.encode()))
	}
	f.Add(`{"kind":"open","ms":-1}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := decode(text)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, m.For, time.Duration(0))
		require.LessOrEqual(t, m.For, maxPeriod)
		require.LessOrEqual(t, len(m.Cause), maxCause)
		again, err := decode(string(m.encode()))
		require.NoError(t, err)
		again.Milli, again.For = m.Milli, m.For // one that says nothing says the least
		require.Equal(t, m, again)
	})
}

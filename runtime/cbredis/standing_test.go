package cbredis

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestAKeyedBreakerAdoptsNoMoreThanItsPolicyAllows(t *testing.T) {
	inFleet(t, 1, func(t *testing.T, _ *memory, nodes []*node) {
		keyed := cb.KeyedBreaker[string](nodes[0].client, "Embed", policy, 0)
		nodes[0].sharing.adopt(message{Kind: opened, ID: circuitID{"chat", "Embed", "a"}, For: 20 * time.Hour})
		made := keyed.For("a")
		require.Equal(t, cb.Open, made.State())
		assert.LessOrEqual(t, time.Until(made.Snapshot().OpenUntil), longest(policy))
		time.Sleep(longest(policy) + time.Second)
		require.NoError(t, made.Do(t.Context(), func(context.Context) error { return nil }))
		assert.Equal(t, cb.Closed, made.State())
	})
}

func TestABreakerMadeAfterJoiningAdoptsWhatStands(t *testing.T) {
	inFleet(t, 2, func(t *testing.T, m *memory, nodes []*node) {
		nodes[0].client.Breaker("Embed", policy).Trip()
		settle()
		assert.Equal(t, cb.Open, nodes[1].client.Breaker("Embed", policy).State(), "it was told before there was one")

		late := &node{registry: cb.NewRegistry(cb.WithLogger(silent))}
		late.sharing = share(t.Context(), m.as("late"), "late", late.registry, settings{logger: silent, check: defaultCheck})
		defer late.sharing.Stop()
		settle()
		late.client = cb.NewClient("chat", cb.WithRegistry(late.registry))
		assert.Equal(t, cb.Open, late.client.Breaker("Embed", policy).State(), "it stood before there was one")
		assert.Equal(t, cb.Closed, late.client.Breaker("Complete", policy).State())
	})
}

// mute is an error that cannot say what it is.
type mute struct{}

func (*mute) Error() string { panic("no text") }

func TestAnErrorThatPanicsIsTold(t *testing.T) {
	inFleet(t, 2, func(t *testing.T, m *memory, nodes []*node) {
		fail := func(n *node) {
			for range policy.Threshold {
				_ = n.call(&mute{})
			}
		}
		fail(nodes[0])
		settle()
		require.Equal(t, map[cb.State]int{cb.Open: 2}, states(nodes))
		assert.ErrorContains(t, nodes[1].breaker.Snapshot().OpenedBy, "opened by replica r0: *cbredis.mute, whose Error panicked")

		nodes[0].breaker.Reset()
		late := &node{registry: cb.NewRegistry(cb.WithLogger(silent))}
		late.breaker = cb.NewClient("chat", cb.WithRegistry(late.registry)).Breaker("Complete", policy)
		fail(late)
		settle()
		require.Equal(t, map[cb.State]int{cb.Closed: 2}, states(nodes))
		late.sharing = share(t.Context(), m.as("late"), "late", late.registry, settings{logger: silent, check: defaultCheck})
		defer late.sharing.Stop()
		settle()
		assert.Equal(t, map[cb.State]int{cb.Open: 2}, states(nodes), "it was open before it was shared")
	})
}

func TestShare_LetsGoOfTheRegistryWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(2 * time.Millisecond)
		n := &node{registry: cb.NewRegistry(cb.WithLogger(silent))}
		ctx, cancel := context.WithCancel(t.Context())
		n.sharing = share(ctx, m.as("r"), "r", n.registry, settings{logger: silent, check: defaultCheck})
		settle()
		cancel()
		synctest.Wait()
		cb.NewClient("chat", cb.WithRegistry(n.registry)).Breaker("Complete", policy).Trip()
		assert.Empty(t, n.sharing.circuits)
		n.sharing.Stop()
	})
}

func TestWithoutRedis_ValuesThatAreGoneLeaveNothingBehind(t *testing.T) {
	inFleet(t, 1, func(t *testing.T, m *memory, nodes []*node) {
		m.fail(240 * time.Hour)
		settle()
		keyed := cb.KeyedBreaker[string](nodes[0].client, "Embed", policy, 10)
		for n := range 3 * minSurplus {
			if n%10 == 0 {
				time.Sleep(3 * policy.Timeout)
			}
			b := keyed.For(fmt.Sprint(n))
			require.NotEqual(t, cb.OverflowKey, b.Key())
			b.Trip()
		}
		assert.LessOrEqual(t, len(nodes[0].sharing.circuits), minSurplus+1)
	})
}

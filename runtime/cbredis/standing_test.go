package cbredis

import (
	"context"
	"testing"
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

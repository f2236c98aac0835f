package cb_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// alike has values that are different and the same text.
type alike struct{ n int }

func (alike) String() string { return "same" }

func TestRegistry_SnapshotsHaveOneOfEachName(t *testing.T) {
	t.Parallel()
	registry := cb.NewRegistry(quiet())
	client := cb.NewClient("chat", cb.WithRegistry(registry))
	plain := client.Breaker("Name", cb.Policy{})
	fail(plain, 1)
	keyed := cb.KeyedBreaker[alike](client, "Complete", cb.Policy{
		Threshold: 2, Bulkhead: cb.Bulkhead{Max: 3}, Fallbacks: []cb.Fallback{{Name: "cache"}},
	}, 4)
	fail(keyed.For(alike{1}), 2) // opens
	_ = end(keyed.For(alike{1}), nil)
	_ = end(keyed.For(alike{2}), nil)

	list := registry.Snapshots()
	require.Len(t, list, 3)
	assert.Equal(t, cb.OverflowKey, list[0].Key)
	assert.Equal(t, plain.Snapshot().Counts, list[2].Counts)
	joined := list[1]
	assert.Equal(t, "same", joined.Key)
	assert.Equal(t, cb.Open, joined.State, "one of them rejects")
	assert.Equal(t, joined.Since, joined.DownSince, "its outage")
	assert.Zero(t, joined.Admitted)
	assert.Equal(t, cb.Counts{Success: 1, Failure: 2}, joined.Counts)
	assert.Equal(t, uint64(1), joined.Rejections[cb.ReasonOpen])
	assert.Equal(t, uint64(1), joined.Trips)
	assert.Equal(t, 6, joined.Bulkhead.Max)
	assert.Equal(t, []cb.FallbackCounts{{Name: "cache"}}, joined.Fallbacks)
	assert.Equal(t, errDown, joined.LastFailure)
}

func TestState_Gauge(t *testing.T) {
	t.Parallel()
	for state, want := range map[cb.State]float64{
		cb.Closed: 0, cb.HalfOpen: 0.5, cb.Open: 1, cb.ForcedOpen: 1, cb.ForcedClosed: 0, cb.Off: 0,
	} {
		assert.InDelta(t, want, state.Gauge(), 0, state)
	}
}

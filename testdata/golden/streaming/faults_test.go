package streaming

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbtest"
)

// TestFaultsInStreams breaks every shape of a stream off on purpose, though its upstream would go on, and holds items back. The
// upstream takes a second for each item, and for its end.
func TestFaultsInStreams(t *testing.T) {
	t.Parallel()
	for name, s := range shapes() {
		for _, test := range []struct {
			name   string
			fault  cbtest.Fault
			items  []string
			err    error
			took   time.Duration
			counts cb.Counts
		}{
			{"cut", cbtest.Fault{Kind: cbtest.Cut, Items: 2, Err: errDown}, []string{"a", "b"}, errDown, 3 * time.Second, cb.Counts{Failure: 1}},
			{"delayed", cbtest.Fault{Kind: cbtest.Delay, Delay: time.Second, Items: 1}, []string{"a", "b", "c"}, nil, 5 * time.Second, cb.Counts{Success: 1}},
			{"too late to be cut", cbtest.Fault{Kind: cbtest.Cut, Items: 3}, []string{"a", "b", "c"}, nil, 4 * time.Second, cb.Counts{Success: 1}},
		} {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					faults, start := cbtest.NewFaults(), time.Now()
					faults.Add(test.fault)
					b := NewFeedBreaker(plays(script{items: []string{"a", "b", "c"}}), &archive{}, nil, cb.WithInjector(faults))
					items, err := s.read(t.Context(), b, -1)
					assert.Equal(t, test.items, items)
					require.ErrorIs(t, err, test.err)
					assert.Equal(t, test.took, time.Since(start))
					assert.Equal(t, test.counts, s.breaker(b).Snapshot().Counts)
					assert.Zero(t, s.breaker(b).Snapshot().InFlight)
				})
			})
		}
	}
}

package cbcache

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNearestBesideWrites has a text go and come back while others search: that is no error of theirs.
func TestNearestBesideWrites(t *testing.T) {
	t.Parallel()
	x, vector := newIndex(), []float32{1, 0}
	require.NoError(t, x.add("stays", vector))
	require.NoError(t, x.add("comes and goes", vector))
	over := make(chan struct{})
	var writer, readers sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
			}
			x.remove("comes and goes")
			if err := x.add("comes and goes", vector); err != nil {
				t.Errorf("adding a text: %v", err)
			}
		}
	})
	for range 4 {
		readers.Go(func() {
			for range 500 {
				found, err := x.nearest(vector, ties)
				if err != nil || len(found) == 0 {
					t.Errorf("found %d texts, error %v", len(found), err)
					return
				}
			}
		})
	}
	readers.Wait()
	close(over)
	writer.Wait()
}

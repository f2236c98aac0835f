package gateway

import (
	"cmp"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// Many streams at once through all routes: none is cut, no event is lost or comes out of its order, and nothing is left behind.
// They last CBGEN_STREAMS, 2s where it is not set.
func TestManyStreams(t *testing.T) {
	t.Parallel()
	const (
		streams = 100
		pace    = 50 * time.Millisecond
	)
	lasting, err := time.ParseDuration(cmp.Or(os.Getenv("CBGEN_STREAMS"), "2s"))
	require.NoError(t, err)
	u, registry := newUpstream(t, tcp{}), quiet()
	u.pace, u.events = pace, int(lasting/pace)
	policy := cb.Policy{Threshold: 1, Stream: cb.Stream{First: time.Minute, Idle: time.Minute}}
	var readers []client
	for provider := range clients {
		for _, connect := range routes {
			readers = append(readers, connect(t, tcp{}, provider, u.url, policy, registry))
		}
	}
	var wg sync.WaitGroup
	for i := range streams {
		wg.Go(func() {
			said, err := collect(t.Context(), readers[i%len(readers)])
			assert.NoError(t, err)
			assert.Equal(t, texts(u.events), said)
		})
	}
	wg.Wait()
	requireCounts(t, registry, cb.Counts{Success: streams})
}

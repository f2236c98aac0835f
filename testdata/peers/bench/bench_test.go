package bench

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const question = "how are you?"

var errDown = errors.New("down")

// scenarios are all that is measured, in the order of the table.
var scenarios = []string{closed, ratio, slow, keyed, rejected, twice, layers}

// callFor is how c is called in a scenario, nil where it does not take part.
func callFor(tb testing.TB, c contender, scenario string) call {
	if scenario != rejected {
		return c.calls(&Upstream{})[scenario]
	}
	ask := c.calls(&Upstream{Err: errDown})[closed]
	if c.name == "direct" || ask == nil {
		return nil
	}
	for range 10_000 { // hystrix-go counts on a goroutine of its own, later
		if _, err := ask(tb.Context(), question); !errors.Is(err, errDown) {
			return ask
		}
	}
	require.Fail(tb, "the breaker does not open", c.name)
	return nil
}

// TestContendersAnswer proves that all of them are measured doing what they are there for.
func TestContendersAnswer(t *testing.T) {
	for _, c := range contenders() {
		for _, scenario := range scenarios {
			ask := callFor(t, c, scenario)
			if ask == nil {
				continue
			}
			answer, err := ask(t.Context(), question)
			if scenario == rejected {
				require.Error(t, err, c.name)
				require.NotErrorIs(t, err, errDown, c.name)
				continue
			}
			require.NoError(t, err, "%s %s", c.name, scenario)
			require.Same(t, happy, answer, "%s %s", c.name, scenario)
		}
	}
}

// TestLayersFallBack proves that every composed stack answers all the same, after its retries.
func TestLayersFallBack(t *testing.T) {
	t.Parallel()
	for _, c := range contenders() {
		if c.name == "hystrix-go" {
			continue // its monitors never end, which virtual time waits for
		}
		synctest.Test(t, func(t *testing.T) {
			ask := c.calls(&Upstream{Err: errDown})[layers]
			if ask == nil {
				return
			}
			start := time.Now()
			answer, err := ask(t.Context(), question)
			require.NoError(t, err, c.name)
			require.Same(t, spare, answer, c.name)
			require.NotZero(t, time.Since(start), "%s did not wait to retry", c.name)
		})
	}
}

// TestAllocations holds the generated wrapper to its budget: nothing while closed, nothing in a flood of rejections, which share
// their error, and with all layers no more than a stack written by hand.
func TestAllocations(t *testing.T) {
	allocations := func(c contender, scenario string) float64 {
		ask, ctx := callFor(t, c, scenario), context.Background()
		return testing.AllocsPerRun(1000, func() { _, _ = ask(ctx, question) })
	}
	cbgen, hand := contender{"cbgen", generated}, contender{"by-hand", byHand}
	for _, scenario := range []string{closed, ratio, slow, keyed, rejected} {
		assert.Zero(t, allocations(cbgen, scenario), scenario)
	}
	assert.LessOrEqual(t, allocations(cbgen, twice), allocations(hand, twice))
	assert.LessOrEqual(t, allocations(cbgen, layers), allocations(hand, layers))
}

// BenchmarkSerial is one call after the other.
func BenchmarkSerial(b *testing.B) {
	eachCall(b, func(b *testing.B, ask call) {
		ctx := context.Background()
		for b.Loop() {
			_, _ = ask(ctx, question)
		}
	})
}

// BenchmarkParallel has a goroutine per processor call the same guard: compare -cpu 1 with -cpu 2.
func BenchmarkParallel(b *testing.B) {
	eachCall(b, func(b *testing.B, ask call) {
		b.RunParallel(func(pb *testing.PB) {
			ctx := context.Background()
			for pb.Next() {
				_, _ = ask(ctx, question)
			}
		})
	})
}

// eachCall comes to hystrix-go last: its monitors stay for ever, and cost whoever allocates after them.
func eachCall(b *testing.B, measure func(b *testing.B, ask call)) {
	for _, c := range contenders() {
		for _, scenario := range scenarios {
			if ask := callFor(b, c, scenario); ask != nil {
				b.Run(scenario+"/"+c.name, func(b *testing.B) {
					b.ReportAllocs()
					measure(b, ask)
				})
			}
		}
	}
}

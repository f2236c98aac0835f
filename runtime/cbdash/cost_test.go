package cbdash_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
)

// calls are the ways a call goes: through, and not.
var calls = map[string]func(*cb.Breaker){"closed": func(*cb.Breaker) {}, "rejected": (*cb.Breaker).ForceOpen}

// pair is a breaker without a page, and one with a page and a timeline.
func pair() map[string]*cb.Breaker {
	timeline := cbdash.NewTimeline(0)
	registry := newRegistry(cb.WithObserver(timeline))
	cbdash.Handler(registry, cbdash.WithTimeline(timeline))
	return map[string]*cb.Breaker{
		"without": cb.New(cb.Policy{}, cb.WithLogger(quiet())), "with": newBreaker(registry, "c", "M", cb.Policy{}),
	}
}

func succeed(b *cb.Breaker) {
	_, _ = cb.Call(context.Background(), b, func(context.Context) (int, error) { return 1, nil })
}

func TestAPageAllocatesNothingInACall(t *testing.T) { // not parallel: allocations of others would count
	for name, prepare := range calls {
		allocations := make(map[string]float64)
		for which, b := range pair() {
			prepare(b)
			allocations[which] = testing.AllocsPerRun(1000, func() { succeed(b) })
		}
		assert.InDelta(t, allocations["without"], allocations["with"], 0, name)
	}
}

func BenchmarkCall(b *testing.B) {
	for name, prepare := range calls {
		for which, breaker := range pair() {
			prepare(breaker)
			b.Run(name+"/"+which, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					succeed(breaker)
				}
			})
		}
	}
}

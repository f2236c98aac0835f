package cbprom_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbprom"
)

func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type trace struct{}
		latency := cbprom.NewLatency(nil, cbprom.WithExemplar(func(ctx context.Context) prometheus.Labels {
			if id, ok := ctx.Value(trace{}).(string); ok {
				return prometheus.Labels{"trace_id": id}
			}
			return nil
		}))
		registry := newRegistry(cb.WithObserver(latency))
		models := cb.KeyedBreaker[string](cb.NewClient("chat.Provider", cb.WithRegistry(registry)), "Complete", cb.Policy{}, 0)
		take := func(ctx context.Context, took time.Duration, model string, err error) {
			_ = models.For(model).Do(ctx, func(context.Context) error { time.Sleep(took); return err })
		}
		take(t.Context(), 2*time.Second, "small", nil)
		take(context.WithValue(t.Context(), trace{}, "abc"), 4*time.Second, "large", nil)
		take(t.Context(), 30*time.Second, "large", errDown)

		families, err := gatherer(t, latency).Gather()
		require.NoError(t, err)
		require.Len(t, families, 1)
		assert.Equal(t, "circuit_breaker_call_duration_seconds", families[0].GetName())
		metrics := families[0].GetMetric()
		require.Len(t, metrics, 2, "by outcome, and not by key")
		assert.Equal(t, map[string]string{"client": "chat.Provider", "method": "Complete", "outcome": "failure"}, labels(metrics[0]))
		assert.InDelta(t, 30, metrics[0].GetHistogram().GetSampleSum(), 1e-9)
		success := metrics[1].GetHistogram()
		assert.Equal(t, "success", labels(metrics[1])["outcome"])
		assert.Equal(t, uint64(2), success.GetSampleCount())
		assert.InDelta(t, 6, success.GetSampleSum(), 1e-9)
		assert.Len(t, success.GetPositiveDelta(), 2, "native buckets")
		assert.Len(t, success.GetBucket(), len(prometheus.DefBuckets), "and classic ones")
		require.Len(t, success.GetExemplars(), 1)
		assert.Equal(t, "abc", success.GetExemplars()[0].GetLabel()[0].GetValue())
	})
}

func labels(m *dto.Metric) map[string]string {
	pairs := map[string]string{}
	for _, label := range m.GetLabel() {
		pairs[label.GetName()] = label.GetValue()
	}
	return pairs
}

// scraped is a breaker whose registry is collected, or one beside it.
func scraped(t testing.TB, collect bool) *cb.Breaker {
	t.Helper()
	registry := newRegistry()
	b := cb.NewClient("chat.Provider", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{})
	if collect {
		_ = exposition(t, cbprom.New(registry))
	}
	return b
}

func happy(context.Context) (int, error) { return 1, nil }

// TestCollectingAddsNothing to a call: no allocation. BenchmarkCall compares its time.
func TestCollectingAddsNothing(t *testing.T) { //nolint:paralleltest // it counts all allocations
	b := scraped(t, true)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = cb.Call(t.Context(), b, happy) }))
}

func BenchmarkCall(b *testing.B) {
	for _, bench := range []struct {
		name    string
		breaker *cb.Breaker
	}{
		{"alone", scraped(b, false)},
		{"collected", scraped(b, true)},
		{"latency", cb.New(cb.Policy{}, cb.WithLogger(discard()), cb.WithObserver(cbprom.NewLatency()))},
	} {
		b.Run(bench.name, func(b *testing.B) {
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = cb.Call(ctx, bench.breaker, happy)
			}
		})
	}
}

// BenchmarkScrape is one scrape of a thousand breakers.
func BenchmarkScrape(b *testing.B) {
	registry := newRegistry()
	models := cb.KeyedBreaker[int](cb.NewClient("chat.Provider", cb.WithRegistry(registry)), "Complete", cb.Policy{}, 1000)
	for k := range 1000 {
		models.For(k)
	}
	scrape := gatherer(b, cbprom.New(registry))
	for b.Loop() {
		if _, err := scrape.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}

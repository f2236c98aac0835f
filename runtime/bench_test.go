package cb_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"

	cb "github.com/cbgen/cbgen/runtime"
)

// benchAnswer is a result of a usual size. The function behind the breaker is kept from being inlined, as a method behind an
// interface is.
type benchAnswer struct{ text string }

type benchNext interface {
	complete(ctx context.Context, prompt string) (*benchAnswer, error)
}

type benchUpstream struct {
	answer *benchAnswer
	err    error
}

//go:noinline
func (u *benchUpstream) complete(context.Context, string) (*benchAnswer, error) {
	return u.answer, u.err
}

var (
	errBench   = errors.New("down")
	benchHappy = &benchUpstream{answer: &benchAnswer{"hi"}}
)

func quiet() cb.Option { return cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

// generated is what cbgen writes.
type generated struct {
	next benchNext
	b    *cb.Breaker
}

func (g *generated) complete(ctx context.Context, prompt string) (*benchAnswer, error) {
	return cb.Call(ctx, g.b, func(ctx context.Context) (*benchAnswer, error) { return g.next.complete(ctx, prompt) })
}

// composed is what cbgen writes for a method with a fallback. Its policy has all layers.
type composed struct{ *generated }

var benchComposed = cb.Policy{
	Retry: cb.Retry{Max: 2}, Deadline: time.Second, Bulkhead: cb.Bulkhead{Max: 100, Wait: time.Second},
	Fallbacks: []cb.Fallback{{Name: "Cached"}},
}

func (c *composed) complete(ctx context.Context, prompt string) (*benchAnswer, error) {
	return cb.Call(ctx, c.b, func(ctx context.Context) (*benchAnswer, error) { return c.next.complete(ctx, prompt) },
		func(ctx context.Context, _ error) (*benchAnswer, error) { return benchHappy.complete(ctx, prompt) },
	)
}

// byHand is the same with gobreaker alone.
type byHand struct {
	next benchNext
	b    *gobreaker.CircuitBreaker[*benchAnswer]
}

func (h *byHand) complete(ctx context.Context, prompt string) (*benchAnswer, error) {
	return h.b.Execute(func() (*benchAnswer, error) { return h.next.complete(ctx, prompt) })
}

// keyed is what cbgen writes for a method that is keyed by its prompt.
type keyed struct {
	next benchNext
	b    *cb.Keyed[string]
}

func (k *keyed) complete(ctx context.Context, prompt string) (*benchAnswer, error) {
	return cb.Call(ctx, k.b.For(prompt), func(ctx context.Context) (*benchAnswer, error) { return k.next.complete(ctx, prompt) })
}

func newByHand(next benchNext) *byHand {
	return &byHand{next, gobreaker.NewCircuitBreaker[*benchAnswer](gobreaker.Settings{Timeout: time.Hour})}
}

func newGenerated(next benchNext, p cb.Policy) *generated {
	p.Timeout = time.Hour
	return &generated{next, cb.New(p, quiet())}
}

func benchClients() map[string]benchNext {
	opened, openedByHand := newGenerated(&benchUpstream{err: errBench}, cb.Policy{}), newByHand(&benchUpstream{err: errBench})
	for range 6 {
		_, _ = opened.complete(context.Background(), "")
		_, _ = openedByHand.complete(context.Background(), "")
	}
	return map[string]benchNext{
		"direct":               benchHappy,
		"closed":               newGenerated(benchHappy, cb.Policy{}),
		"closed-window":        newGenerated(benchHappy, cb.Policy{Threshold: 5, Window: time.Minute}),
		"keyed":                &keyed{benchHappy, cb.KeyedBreaker[string](cb.NewClient("", quiet()), "", cb.Policy{}, 0)},
		"ratio":                newGenerated(benchHappy, cb.Policy{Ratio: 0.5}),
		"slow":                 newGenerated(benchHappy, cb.Policy{Slow: time.Second}),
		"surge":                newGenerated(benchHappy, cb.Policy{Surge: 1.2}),
		"deadline":             newGenerated(benchHappy, cb.Policy{Deadline: time.Second}),
		"retry":                newGenerated(benchHappy, cb.Policy{Retry: cb.Retry{Max: 2}}),
		"bulkhead":             newGenerated(benchHappy, cb.Policy{Bulkhead: cb.Bulkhead{Max: 100, Wait: time.Second}}),
		"composed":             &composed{newGenerated(benchHappy, benchComposed)},
		"composed-no-deadline": &composed{newGenerated(benchHappy, cb.Policy{Retry: benchComposed.Retry, Bulkhead: benchComposed.Bulkhead})},
		"failing":              newGenerated(&benchUpstream{err: errBench}, cb.Policy{Threshold: 1_000_000, Ratio: 1, Min: 1_000_000, Window: time.Millisecond}),
		"rejected":             opened,
		"gobreaker/closed":     newByHand(benchHappy),
		"gobreaker/rejected":   openedByHand,
	}
}

var benchOrder = []string{
	"direct", "closed", "closed-window", "gobreaker/closed", "keyed", "ratio", "slow", "surge", "deadline", "retry", "bulkhead", "composed-no-deadline", "composed", "failing", "rejected", "gobreaker/rejected",
}

func BenchmarkCall(b *testing.B) {
	clients := benchClients()
	for _, name := range benchOrder {
		b.Run(name, func(b *testing.B) {
			client, ctx := clients[name], context.Background()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = client.complete(ctx, "hello")
			}
		})
	}
}

func BenchmarkCallParallel(b *testing.B) {
	clients := benchClients()
	for _, name := range benchOrder {
		b.Run(name, func(b *testing.B) {
			client, ctx := clients[name], context.Background()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, _ = client.complete(ctx, "hello")
				}
			})
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	breaker := cb.New(cb.Policy{}, quiet())
	b.ReportAllocs()
	for b.Loop() {
		_ = breaker.Snapshot()
	}
}

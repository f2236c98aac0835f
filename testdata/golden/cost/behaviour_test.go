package cost

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

// service is a Service that does next to nothing, so that the guard is all that is measured.
type service struct{ err error }

var reply Reply

//go:noinline
func (s service) Value(_ context.Context, n int) (int, error)        { return n, s.err }
func (s service) Ratio(_ context.Context, n int) (int, error)        { return n, s.err }
func (s service) Plain(context.Context, int) error                   { return s.err }
func (s service) Results(_ context.Context, n int) (int, int, error) { return n * n, n * n * n, s.err }
func (s service) Carried(context.Context, int) *Reply                { return &reply }
func (s service) Fallback(_ context.Context, n int) (int, error)     { return n, s.err }
func (s service) Backup(_ context.Context, n int, _ error) (int, error) {
	return n, nil
}

func quiet() cb.Option { return cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

func wrapped(err error) *ServiceBreaker {
	s := service{err: err}
	return NewServiceBreaker(s, s, quiet())
}

// TestClosedCallsAllocateNothing holds for every function that generated code goes through.
func TestClosedCallsAllocateNothing(t *testing.T) {
	b, ctx := wrapped(nil), context.Background()
	for name, call := range map[string]func(){
		"Value":    func() { _, _ = b.Value(ctx, 7) },
		"Ratio":    func() { _, _ = b.Ratio(ctx, 7) },
		"Plain":    func() { _ = b.Plain(ctx, 7) },
		"Results":  func() { _, _, _ = b.Results(ctx, 7) },
		"Carried":  func() { _ = b.Carried(ctx, 7) },
		"Fallback": func() { _, _ = b.Fallback(ctx, 7) },
	} {
		assert.Zero(t, testing.AllocsPerRun(1000, call), name)
	}
}

func TestRejectedCallsShareTheirError(t *testing.T) {
	b, ctx := wrapped(errors.New("down")), context.Background()
	for range 5 {
		_ = b.Plain(ctx, 7)
	}
	assert.ErrorIs(t, b.Plain(ctx, 7), cb.ErrOpen)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _ = b.Plain(ctx, 7) }), "but for one a millisecond")
}

// byHand is what a team writes without cbgen.
type byHand struct {
	next  Service
	value *gobreaker.CircuitBreaker[int]
}

func (b *byHand) Value(ctx context.Context, n int) (int, error) {
	return b.value.Execute(func() (int, error) { return b.next.Value(ctx, n) })
}

func newByHand(s Service) *byHand {
	return &byHand{next: s, value: gobreaker.NewCircuitBreaker[int](gobreaker.Settings{
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 5 },
	})}
}

// BenchmarkCall has the direct call, gobreaker by hand and the generated wrapper side by side: make bench.
func BenchmarkCall(b *testing.B) {
	ctx := context.Background()
	var direct Service = service{}
	hand, generated := newByHand(direct), wrapped(nil)
	for _, contender := range []struct {
		name string
		call func() error
	}{
		{"direct", func() error { _, err := direct.Value(ctx, 7); return err }},
		{"gobreaker", func() error { _, err := hand.Value(ctx, 7); return err }},
		{"cbgen", func() error { _, err := generated.Value(ctx, 7); return err }},
		{"cbgen-ratio", func() error { _, err := generated.Ratio(ctx, 7); return err }},
		{"cbgen-results", func() error { _, _, err := generated.Results(ctx, 7); return err }},
		{"cbgen-fallback", func() error { _, err := generated.Fallback(ctx, 7); return err }},
	} {
		b.Run(contender.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if contender.call() != nil {
					b.Fatal("the call failed")
				}
			}
		})
		b.Run(contender.name+"-parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_ = contender.call()
				}
			})
		})
	}
}

// BenchmarkRejected has a rejection by gobreaker and by the generated wrapper side by side.
func BenchmarkRejected(b *testing.B) {
	ctx, down := context.Background(), service{err: errors.New("down")}
	hand := newByHand(down)
	generated := wrapped(down.err)
	for range 5 {
		_, _ = hand.Value(ctx, 7)
		_, _ = generated.Value(ctx, 7)
	}
	b.Run("gobreaker", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = hand.Value(ctx, 7)
		}
	})
	b.Run("cbgen", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = generated.Value(ctx, 7)
		}
	})
}

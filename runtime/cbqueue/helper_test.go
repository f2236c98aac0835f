package cbqueue_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"

	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestMain(m *testing.M) {
	if runWorker() { // this process is the worker of a test
		return
	}
	goleak.VerifyTestMain(m)
}

var errDown = errors.New("down")

func quiet() cb.Option { return cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

type job struct{ Prompt string }

// service is a client with one method that falls back to a queue, and what its worker's callback was told.
type service struct {
	breaker *cb.Breaker
	queue   cb.Queue
	call    func(ctx context.Context, prompt string) (string, error)

	mu    sync.Mutex
	ended []string
}

func newService(queue cb.Queue, policy cb.Policy, call func(context.Context, string) (string, error)) *service {
	policy.Fallbacks = []cb.Fallback{{Name: "queue"}}
	return &service{breaker: cb.NewClient("chat", quiet()).Breaker("Complete", policy), queue: queue, call: call}
}

func (s *service) complete(ctx context.Context, prompt string) (string, error) {
	return cb.Call(ctx, s.breaker, func(ctx context.Context) (string, error) { return s.call(ctx, prompt) },
		func(ctx context.Context, cause error) (string, error) {
			return cb.Enqueue[string](ctx, s.breaker, s.queue, job{prompt}, cause)
		})
}

// worker makes what was stored.
func (s *service) worker() *cb.Worker {
	return cb.NewWorker("chat", cb.ReplayCall("Complete",
		func(j job) (*cb.Breaker, func(context.Context) (string, error)) {
			return s.breaker, func(ctx context.Context) (string, error) { return s.call(ctx, j.Prompt) }
		},
		func(_ context.Context, taskID string, j job, answer string, err error) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if err != nil {
				answer = err.Error()
			}
			s.ended = append(s.ended, taskID+" "+j.Prompt+": "+answer)
			return nil
		}))
}

func (s *service) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.ended...)
}

package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/sony/gobreaker/v2"
)

func newGobreaker() *gobreaker.CircuitBreaker[*Answer] {
	return gobreaker.NewCircuitBreaker[*Answer](gobreaker.Settings{
		Timeout:     openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= threshold },
	})
}

func gobreakerExecute(next Service) map[string]call {
	breaker := newGobreaker()
	byRatio := gobreaker.NewCircuitBreaker[*Answer](gobreaker.Settings{
		Timeout: openFor, Interval: time.Minute, BucketPeriod: 3 * time.Second,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.Requests >= 10 && float64(c.TotalFailures)/float64(c.Requests) >= 0.5
		},
	})
	return map[string]call{
		closed: func(ctx context.Context, question string) (*Answer, error) {
			return breaker.Execute(func() (*Answer, error) { return next.Ask(ctx, question) })
		},
		ratio: func(ctx context.Context, question string) (*Answer, error) {
			return byRatio.Execute(func() (*Answer, error) { return next.Ask(ctx, question) })
		},
	}
}

func gobreakerTwoStep(next Service) map[string]call {
	breaker := gobreaker.NewTwoStepCircuitBreaker[*Answer](gobreaker.Settings{
		Timeout:     openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= threshold },
	})
	return map[string]call{closed: func(ctx context.Context, question string) (*Answer, error) {
		done, err := breaker.Allow()
		if err != nil {
			return nil, err
		}
		answer, err := next.Ask(ctx, question)
		done(err)
		return answer, err
	}}
}

// stack is what a good engineer writes around gobreaker: a semaphore, context.WithTimeout, and a loop.
type stack struct {
	next    Service
	breaker *gobreaker.CircuitBreaker[*Answer]
	places  chan struct{} // nil: no bulkhead
}

var errFull = errors.New("too many calls at once")

func byHand(next Service) map[string]call {
	twofold := &stack{next: next, breaker: newGobreaker()}
	layered := &stack{next: next, breaker: newGobreaker(), places: make(chan struct{}, places)}
	return map[string]call{
		twice: twofold.retried,
		layers: func(ctx context.Context, question string) (*Answer, error) {
			answer, err := layered.retried(ctx, question)
			if err != nil && !errors.Is(err, context.Canceled) {
				return Spare(ctx, question, err)
			}
			return answer, err
		},
	}
}

func (s *stack) retried(ctx context.Context, question string) (*Answer, error) {
	wait := minBackoff
	for attempt := 0; ; attempt++ {
		answer, err := s.breaker.Execute(func() (*Answer, error) { return s.limited(ctx, question) })
		if err == nil || attempt == maxRetries || !worthRetrying(err) {
			return answer, err
		}
		timer := time.NewTimer(rand.N(wait)) //nolint:gosec // jitter is no secret
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return answer, err
		}
		wait = min(2*wait, maxBackoff)
	}
}

func worthRetrying(err error) bool {
	return !errors.Is(err, gobreaker.ErrOpenState) && !errors.Is(err, gobreaker.ErrTooManyRequests) &&
		!errors.Is(err, errFull) && !errors.Is(err, context.Canceled)
}

func (s *stack) limited(ctx context.Context, question string) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if s.places != nil {
		select {
		case s.places <- struct{}{}:
			defer func() { <-s.places }()
		default:
			return nil, errFull
		}
	}
	return s.next.Ask(ctx, question)
}

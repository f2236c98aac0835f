package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/afex/hystrix-go/hystrix"
	"github.com/eapache/go-resiliency/breaker"
	limit "github.com/eapache/go-resiliency/deadline"
	"github.com/eapache/go-resiliency/retrier"
	"github.com/eapache/go-resiliency/semaphore"
)

func goResiliency(next Service) map[string]call {
	newBreaker := func() *breaker.Breaker { return breaker.New(threshold, 1, openFor) }
	single := newBreaker()
	// The deadline leaves the call behind on a goroutine of its own, so each attempt has a result of its own.
	retried := func(b *breaker.Breaker, places *semaphore.Semaphore) call {
		retry := retrier.New(retrier.LimitedExponentialBackoff(maxRetries, minBackoff, maxBackoff),
			retrier.BlacklistClassifier{breaker.ErrBreakerOpen, semaphore.ErrNoTickets})
		attempt := limit.New(deadline)
		return func(ctx context.Context, question string) (answer *Answer, err error) {
			err = retry.RunCtx(ctx, func(ctx context.Context) error {
				return b.Run(func() error {
					var got *Answer
					err := attempt.Run(func(<-chan struct{}) (err error) {
						if places != nil {
							if err := places.Acquire(); err != nil {
								return err
							}
							defer places.Release()
						}
						got, err = next.Ask(ctx, question)
						return err
					})
					if err == nil {
						answer = got
					}
					return err
				})
			})
			return answer, err
		}
	}
	layered := retried(newBreaker(), semaphore.New(places, time.Millisecond)) // without patience it rejects at random
	return map[string]call{
		closed: func(ctx context.Context, question string) (answer *Answer, err error) {
			err = single.Run(func() error {
				answer, err = next.Ask(ctx, question)
				return err
			})
			return answer, err
		},
		twice: retried(newBreaker(), nil),
		layers: func(ctx context.Context, question string) (*Answer, error) {
			answer, err := layered(ctx, question)
			if err != nil {
				return Spare(ctx, question, err)
			}
			return answer, nil
		},
	}
}

// hystrixCommands has a deadline and a bulkhead even where a breaker alone is measured: a command cannot be without. Retries it
// has none; the loop around it waits as the others do, which a call that succeeds never meets.
func hystrixCommands(next Service) map[string]call {
	command := func() call {
		name := rand.Text() // commands are global: each is one of its own
		hystrix.ConfigureCommand(name, hystrix.CommandConfig{
			Timeout: int(deadline.Milliseconds()), MaxConcurrentRequests: places, SleepWindow: int(openFor.Milliseconds()),
		})
		return func(ctx context.Context, question string) (*Answer, error) {
			result := make(chan *Answer, 1)
			err := hystrix.DoC(ctx, name, func(ctx context.Context) error {
				answer, err := next.Ask(ctx, question)
				result <- answer
				return err
			}, nil)
			if err != nil {
				return nil, err
			}
			return <-result, nil
		}
	}
	single, twofold, layered := command(), retrying(command(), hystrix.ErrCircuitOpen, hystrix.ErrMaxConcurrency), command()
	layered = retrying(layered, hystrix.ErrCircuitOpen, hystrix.ErrMaxConcurrency)
	return map[string]call{closed: single, twice: twofold, layers: spared(layered)}
}

// retrying is the loop of the decorators: a fixed interval, as gowrap's template has it.
func retrying(next call, final ...error) call {
	return func(ctx context.Context, question string) (answer *Answer, err error) {
		for attempt := 0; ; attempt++ {
			answer, err = next(ctx, question)
			if err == nil || attempt == maxRetries {
				return answer, err
			}
			for _, e := range final {
				if errors.Is(err, e) {
					return answer, err
				}
			}
			select {
			case <-ctx.Done():
				return answer, err
			case <-time.After(minBackoff):
			}
		}
	}
}

func spared(next call) call {
	return func(ctx context.Context, question string) (*Answer, error) {
		answer, err := next(ctx, question)
		if err != nil {
			return Spare(ctx, question, err)
		}
		return answer, nil
	}
}

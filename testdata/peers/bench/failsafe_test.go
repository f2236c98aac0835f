package bench

import (
	"context"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/fallback"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/failsafe-go/failsafe-go/timeout"
)

func failsafeBreaker() circuitbreaker.Builder[*Answer] {
	return circuitbreaker.NewBuilder[*Answer]().WithFailureThreshold(threshold).WithSuccessThreshold(1).WithDelay(openFor)
}

func failsafeRetry() retrypolicy.RetryPolicy[*Answer] {
	return retrypolicy.NewBuilder[*Answer]().WithMaxRetries(maxRetries).WithBackoff(minBackoff, maxBackoff).
		AbortOnErrors(circuitbreaker.ErrOpen, bulkhead.ErrFull, context.Canceled).ReturnLastFailure().Build()
}

// failsafeExecutor composes policies as failsafe-go's documentation does, outermost first.
func failsafeExecutor(next Service) map[string]call {
	through := func(policies ...failsafe.Policy[*Answer]) call {
		executor := failsafe.With(policies...)
		return func(ctx context.Context, question string) (*Answer, error) {
			return executor.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[*Answer]) (*Answer, error) {
				return next.Ask(e.Context(), question)
			})
		}
	}
	return map[string]call{
		closed: through(failsafeBreaker().Build()),
		ratio: through(circuitbreaker.NewBuilder[*Answer]().
			WithFailureRateThreshold(0.5, 10, time.Minute).WithSuccessThreshold(1).WithDelay(openFor).Build()),
		twice: through(failsafeRetry(), failsafeBreaker().Build(), timeout.New[*Answer](deadline)),
		layers: through(
			fallback.NewWithResult(spare), failsafeRetry(), failsafeBreaker().Build(),
			timeout.New[*Answer](deadline), bulkhead.New[*Answer](places),
		),
	}
}

// failsafePermits uses the breaker without an executor, which loses the permit of a call that panics.
func failsafePermits(next Service) map[string]call {
	breaker := failsafeBreaker().Build()
	return map[string]call{closed: func(ctx context.Context, question string) (*Answer, error) {
		if !breaker.TryAcquirePermit() {
			return nil, circuitbreaker.ErrOpen
		}
		answer, err := next.Ask(ctx, question)
		if err != nil {
			breaker.RecordError(err)
		} else {
			breaker.RecordSuccess()
		}
		return answer, err
	}}
}

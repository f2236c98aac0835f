package incident

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/eapache/go-resiliency/breaker"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/adaptivelimiter"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/timeout"
	"github.com/sony/gobreaker/v2"

	cb "github.com/cbgen/cbgen/runtime"
)

// Guard is what stands between the service and its upstream.
type Guard struct {
	Name string
	// New puts next behind it. The function ends what it has left running.
	New func(next Provider) (Provider, func())
}

// Guards are what people use today, as those who know them set them up, and cbgen last. Where a library asks what counts as a
// failure, it is told: see failed.
func Guards() []Guard {
	return []Guard{
		{"none", plain(func(next complete) complete { return next })},
		{"gobreaker, 5 in a row", plain(func(next complete) complete { return seeds(next) })},
		{"gobreaker, deadline 10s", plain(func(next complete) complete { return seeds(limited(next)) })},
		{"gobreaker, rolling ratio", plain(func(next complete) complete { return rolling(limited(next)) })},
		{"failsafe-go, rate", plain(func(next complete) complete { return failsafeRate(next) })},
		{"failsafe-go, rate, limiter", plain(func(next complete) complete {
			return failsafeRate(next, adaptivelimiter.NewWithDefaults[Answer]())
		})},
		{"eapache/go-resiliency", plain(func(next complete) complete { return eapache(limited(next)) })},
		{"gowrap's template", plain(func(next complete) complete { return gowrap(limited(next)) })},
		{"hystrix-go", newHystrix},
		{"cbgen", cbgen},
	}
}

// complete is [Provider.Complete], and a [Provider].
type complete func(context.Context, Request) (Answer, error)

// Complete calls c.
func (c complete) Complete(ctx context.Context, req Request) (Answer, error) { return c(ctx, req) }

// plain is for guards that leave nothing running.
func plain(guard func(complete) complete) func(Provider) (Provider, func()) {
	return func(next Provider) (Provider, func()) { return guard(next.Complete), func() {} }
}

// What the guards share.
const (
	deadline   = 10 * time.Second
	openPeriod = 30 * time.Second
	threshold  = 5
	least      = 20 // calls that a rate needs
	rate       = 0.5
	window     = 10 * time.Second
)

// failed tells what is the upstream's fault: everything but a user's mistake or leaving.
func failed(err error) bool {
	if status := (*StatusError)(nil); errors.As(err, &status) {
		return status.toBlame()
	}
	return err != nil && !errors.Is(err, context.Canceled)
}

// limited gives each call a deadline.
func limited(next complete) complete {
	return func(ctx context.Context, req Request) (Answer, error) {
		ctx, cancel := context.WithTimeout(ctx, deadline)
		defer cancel()
		return next(ctx, req)
	}
}

// seeds is gobreaker as it is found in services: aibridge's settings.
func seeds(next complete) complete {
	return withGobreaker(next, gobreaker.Settings{
		MaxRequests: 3, Interval: 10 * time.Second, Timeout: openPeriod,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= threshold },
	})
}

// rolling is the ratio of gobreaker's README, over a rolling window.
func rolling(next complete) complete {
	return withGobreaker(next, gobreaker.Settings{
		MaxRequests: 3, Interval: window, BucketPeriod: window / 10, Timeout: openPeriod,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.Requests >= least && float64(c.TotalFailures)/float64(c.Requests) >= rate
		},
	})
}

func withGobreaker(next complete, settings gobreaker.Settings) complete {
	settings.IsSuccessful = func(err error) bool { return !failed(err) }
	b := gobreaker.NewCircuitBreaker[Answer](settings)
	return func(ctx context.Context, req Request) (Answer, error) {
		return b.Execute(func() (Answer, error) { return next(ctx, req) })
	}
}

// failsafeRate is failsafe-go's breaker by rate, with policies inside it and a deadline innermost.
func failsafeRate(next complete, inside ...failsafe.Policy[Answer]) complete {
	b := circuitbreaker.NewBuilder[Answer]().
		HandleIf(func(_ Answer, err error) bool { return failed(err) && !errors.Is(err, adaptivelimiter.ErrExceeded) }).
		WithFailureRateThreshold(rate, least, window).WithDelay(openPeriod).Build()
	policies := append([]failsafe.Policy[Answer]{b}, inside...)
	executor := failsafe.With(append(policies, timeout.New[Answer](deadline))...)
	return func(ctx context.Context, req Request) (Answer, error) {
		return executor.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[Answer]) (Answer, error) {
			return next(e.Context(), req)
		})
	}
}

func eapache(next complete) complete {
	b := breaker.New(threshold, 3, openPeriod)
	return func(ctx context.Context, req Request) (answer Answer, err error) {
		rejected := b.Run(func() error {
			answer, err = next(ctx, req)
			if failed(err) {
				return err
			}
			return nil
		})
		if errors.Is(rejected, breaker.ErrBreakerOpen) {
			return answer, rejected
		}
		return answer, err
	}
}

// gowrap is what gowrap's template circuitbreaker does: after so many errors in a row it rejects for some time, then lets all
// through again. There is no half-open state, and no error is told from another but by a list of values.
func gowrap(next complete) complete {
	var (
		mu        sync.Mutex
		inRow     int
		openUntil time.Time
	)
	return func(ctx context.Context, req Request) (Answer, error) {
		mu.Lock()
		open := inRow >= threshold && time.Now().Before(openUntil)
		mu.Unlock()
		if open {
			return Answer{}, errors.New("circuit breaker is open")
		}
		answer, err := next(ctx, req)
		mu.Lock()
		defer mu.Unlock()
		if err == nil || errors.Is(err, context.Canceled) {
			inRow = 0
			return answer, err
		}
		if inRow++; inRow >= threshold {
			openUntil = time.Now().Add(openPeriod)
		}
		return answer, err
	}
}

// cbgen is the generated wrapper, as the directives of [Provider] say.
func cbgen(next Provider) (Provider, func()) {
	return NewProviderBreaker(next, quietly()...), func() {}
}

// quietly adds that nothing is logged, and that chance is the same in every run.
func quietly(opts ...cb.Option) []cb.Option {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in every run
	var mu sync.Mutex
	jitter := func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64()
	}
	return append(opts, cb.WithJitter(jitter), cb.WithLogger(slog.New(slog.DiscardHandler)))
}

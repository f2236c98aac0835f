package bench

import (
	"context"
	"io"
	"log/slog"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// call is how a contender is called, whoever it is: through one function value.
type call = func(ctx context.Context, question string) (*Answer, error)

// What is measured. A contender takes part where its library offers it.
const (
	closed   = "closed"   // a breaker alone, that opens after failures in a row
	ratio    = "ratio"    // a breaker that judges by the share of failures
	slow     = "slow"     // a breaker that counts calls which still run
	keyed    = "key"      // a breaker for each value of a parameter
	twice    = "retry"    // retry, breaker, deadline
	layers   = "composed" // fallback, retry, breaker, deadline, bulkhead
	rejected = "rejected" // closed, once it has opened
)

// The policies of Service's directives, for those who cannot read them.
const (
	threshold  = 5
	openFor    = time.Hour
	maxRetries = 2
	minBackoff = 200 * time.Millisecond
	maxBackoff = 5 * time.Second
	deadline   = time.Second
	places     = 100
)

// contender makes its calls behind new guards.
type contender struct {
	name  string
	calls func(next Service) map[string]call
}

func contenders() []contender {
	return []contender{
		{"direct", direct},
		{"cbgen", generated},
		{"gobreaker", gobreakerExecute},
		{"gobreaker-two-step", gobreakerTwoStep},
		{"by-hand", byHand},
		{"failsafe-go", failsafeExecutor},
		{"failsafe-go-permits", failsafePermits},
		{"go-resiliency", goResiliency},
		{"gowrap-style", decorated},
		{"hystrix-go", hystrixCommands},
	}
}

func direct(next Service) map[string]call {
	return map[string]call{closed: next.Ask}
}

func generated(next Service) map[string]call {
	s := NewServiceBreaker(next, cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	return map[string]call{
		closed: s.Ask, ratio: s.AskByRatio, slow: s.AskBySlowness, keyed: s.AskByKey, twice: s.AskTwice, layers: s.AskInLayers,
	}
}

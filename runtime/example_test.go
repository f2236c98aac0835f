package cb_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

func ExampleCall() {
	b := cb.New(cb.Policy{Threshold: 2, Failure: cb.Match{Codes: "429,5xx"}}, cb.WithName("openai"), quiet(), exactly())
	ask := func(ctx context.Context) (string, error) { return "", statusError(503) }

	for range 3 {
		_, err := cb.Call(context.Background(), b, ask)
		fmt.Println(err, errors.Is(err, cb.ErrOpen))
	}
	// Output:
	// status 503 false
	// status 503 false
	// openai: circuit breaker is open, retry after 30s, last failure: status 503 true
}

func ExampleCall_fallback() {
	b := cb.New(cb.Policy{Threshold: 1, Fallbacks: []cb.Fallback{{Name: "Cached"}}}, cb.WithName("openai"), quiet(), exactly())
	ask := func(ctx context.Context) (string, error) { return "", errors.New("down") }
	cached := func(ctx context.Context, cause error) (string, error) {
		return fmt.Sprintf("cached, for %v", cause), nil
	}

	for range 2 {
		answer, err := cb.Call(context.Background(), b, ask, cached)
		fmt.Println(answer, err)
	}
	// Output:
	// cached, for down <nil>
	// cached, for openai: circuit breaker is open, retry after 30s, last failure: down <nil>
}

func ExampleRejectedError() {
	b := cb.New(cb.Policy{Threshold: 1, Timeout: 30 * time.Second}, quiet(), exactly())
	_ = b.Do(context.Background(), func(context.Context) error { return errors.New("down") })

	err := b.Do(context.Background(), func(context.Context) error { return nil })
	if rejected, ok := errors.AsType[*cb.RejectedError](err); ok {
		fmt.Println(rejected.Reason, rejected.RetryAfter.Round(time.Second), rejected.Cause)
	}
	// Output: open 30s down
}

func ExampleNewRegistry() {
	registry := cb.NewRegistry(quiet())
	chat := cb.NewClient("chat.Provider", cb.WithRegistry(registry))
	chat.Breaker("Embed", cb.Policy{Ratio: 0.5})
	chat.Breaker("Complete", cb.Policy{}).ForceOpen()

	for _, b := range registry.Breakers() {
		fmt.Println(b.Client(), b.Method(), b.State())
	}
	// Output:
	// chat.Provider Complete forced-open
	// chat.Provider Embed closed
}

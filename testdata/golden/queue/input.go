// Package queue stores calls that need not be answered now, to be made when the upstream is well.
package queue

import "context"

// Request asks.
type Request struct {
	Model  string
	Prompt string
}

// Response answers.
type Response struct{ Text string }

// Provider answers prompts.
//
//cb:breaker threshold=1 timeout=10s ramp=100s
type Provider interface {
	// Complete has a breaker for each model, and comes to the queue last.
	//
	//cb:key req.Model
	//cb:fallback standby
	//cb:fallback queue expires=1h
	Complete(ctx context.Context, req Request) (*Response, error)

	// Notify has an error alone, and a variadic parameter.
	//
	//cb:fallback queue on=open
	Notify(ctx context.Context, user string, words ...string) error

	// Flush has no arguments, and Publish no context.
	//
	//cb:fallback queue
	Flush(ctx context.Context) error
	//cb:fallback queue
	Publish(topic string, job []byte) (int, error)

	// Usage is not stored.
	Usage(ctx context.Context) (int, error)
}

// store is generic and unexported, with names that its worker could hide.
//
//cb:breaker threshold=1
type store[K comparable, V any] interface {
	//cb:fallback queue
	Put(ctx context.Context, job K, done V, Response int) error
	//cb:fallback queue
	Append(_ context.Context, _ K, b, stored []V) (V, error)
}

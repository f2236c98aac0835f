// Package unknowndirective has names that no directive has.
package unknowndirective

import "context"

// Client has a misspelt directive.
//
//cb:braker threshold=5
//cb:breaker
type Client interface { // want-2:6 "braker.*breaker"
	//cb:falback Other
	Do(ctx context.Context) error // want-1:7 "falback.*fallback"

	// Nothing is near this one.
	//
	//cb:circumnavigate
	Go(ctx context.Context) error // want-1:7 "circumnavigate"

	// The limit of a call and the open period have other names.
	//
	//cb:timeout 30s
	Run(ctx context.Context) error // want-1:7 "(?s)timeout.*deadline.*breaker timeout=|timeout.*breaker timeout=.*deadline"

	// What other libraries call it.
	//
	//cb:circuitbreaker
	Walk(ctx context.Context) error // want-1:7 "circuitbreaker"
}

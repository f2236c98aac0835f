// Package chat is the README's example.
package chat

import "context"

//go:generate go tool cbgen

// Provider answers prompts.
//
//cb:breaker threshold=5 timeout=30s
//cb:failure codes=429,503,529
type Provider interface {
	// Complete answers one prompt.
	//
	//cb:deadline 10s
	//cb:fallback CompleteCached
	Complete(ctx context.Context, req Request) (*Response, error)

	// Embed turns text into vectors.
	//
	//cb:breaker ratio=50% min=20
	Embed(ctx context.Context, texts ...string) ([][]float32, error)

	// Name says which provider this is.
	Name() string
}

// Request is a prompt.
type Request struct{ Prompt string }

// Response is an answer.
type Response struct{ Text string }

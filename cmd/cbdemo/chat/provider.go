// Package chat is a small chat service: it answers prompts, with the help of a provider that somebody else runs, and
// shows old conversations, for which it needs nobody. Both kinds of request share its workers.
package chat

import (
	"context"
	"fmt"
)

//go:generate go tool cbgen
//go:generate go tool cbgen rules -for 10s -client chat.TieredProvider=large-model,small-model -o ../monitor/alerts.yml
//go:generate go tool cbgen dashboard -client chat.TieredProvider=large-model,small-model -o ../monitor/dashboard.json

// Provider answers prompts. It is the part that somebody else runs, and that can fall sick.
//
// Half of the calls hanging is a sickness that no row of failures shows, the other half being successes: so the share
// decides. Five probes have to succeed, because one is as good as the toss of a coin.
//
//cb:breaker ratio=30% min=10 window=5s timeout=5s max-requests=5
//cb:failure codes=429,5xx errors=*StatusError
type Provider interface {
	// Complete answers one prompt.
	//
	//cb:deadline 2s
	//cb:fallback CompleteCached
	Complete(ctx context.Context, req Request) (*Response, error)
}

// Request is one prompt.
type Request struct {
	Prompt string `json:"prompt"`
}

// Response is the answer to one prompt.
type Response struct {
	Text   string `json:"text"`
	Source Source `json:"-"`
}

// Source says who gave an answer.
type Source int

// The sources of an answer.
const (
	FromModel   Source = iota // the provider
	FromArchive               // an earlier answer to the same prompt
	Apology                   // nobody: it says so politely
)

// StatusError is an answer of the provider's server other than 200.
type StatusError struct {
	StatusCode int
	Message    string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("provider: status %d: %s", e.StatusCode, e.Message)
}

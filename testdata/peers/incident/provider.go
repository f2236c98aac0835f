// Package incident plays incidents: a service with a bounded number of workers, one method that calls an upstream and one that
// needs nobody, under a steady load, while the upstream is sick. It plays each incident behind every guard that people use, in
// virtual time, and says what each of them saved.
package incident

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

//go:generate go tool cbgen

// Provider is the upstream as the service sees it.
//
//cb:breaker threshold=20 timeout=10s surge=110%
//cb:failure codes=429,5xx
type Provider interface {
	// Complete answers one request.
	//
	//cb:deadline 750ms
	//cb:retry max=1 on=deadline budget=50%
	Complete(ctx context.Context, req Request) (Answer, error)
}

// Request is one call for the upstream.
type Request struct {
	ID    uint64 // unique in a run: what happens to it depends on nothing else
	Model int
	Bad   bool // its caller's mistake: the upstream answers with status 400
}

// Answer is what the upstream gives.
type Answer struct {
	Took time.Duration // by the attempt that brought it
}

// StatusError is an answer of the upstream other than 200.
type StatusError struct {
	Code  int
	After time.Duration // how long it asks to be left alone
}

func (e *StatusError) Error() string { return fmt.Sprintf("upstream: status %d", e.Code) }

// StatusCode is read by cbgen.
func (e *StatusError) StatusCode() int { return e.Code }

// RetryAfter is read by cbgen.
func (e *StatusError) RetryAfter() time.Duration { return e.After }

// toBlame tells whether a status is the upstream's fault.
func (e *StatusError) toBlame() bool {
	return e.Code == http.StatusTooManyRequests || e.Code >= http.StatusInternalServerError
}

// Package composed has every layer on one method, which must stay readable at a glance.
package composed

import "context"

// Request is one prompt for one model.
type Request struct{ Model, Prompt string }

// LLM completes prompts.
//
//cb:breaker threshold=3
//cb:retry
//cb:bulkhead max=20
//cb:deadline 2s
//cb:key req.Model
//cb:fallback standby
//cb:fallback cache key=req.Prompt
//cb:fallback apologize
type LLM interface {
	Complete(ctx context.Context, req Request) (string, error)
}

func apologize(_ context.Context, _ Request, cause error) (string, error) {
	return "sorry: " + cause.Error(), nil
}

// Draw is a request that names another lane each time it is asked.
type Draw struct {
	Prompt string
	drawn  int
}

// Lane draws one.
func (d *Draw) Lane() int {
	d.drawn++
	return d.drawn
}

// Lanes needs the breaker of a call in two places.
//
//cb:breaker
//cb:key draw.Lane()
//cb:fallback cache key=draw.Prompt
type Lanes interface {
	Ask(ctx context.Context, draw *Draw) (string, error)
}

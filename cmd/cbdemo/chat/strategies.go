package chat

import "context"

// What follows is [Provider] three times more, each with another way to answer while the provider is down: from what was answered
// before, by somebody else, or later. A service takes the one that suits its requests.

// CachedProvider answers with the last good answer to the same prompt, else to one that is much like it.
//
//cb:breaker threshold=3 timeout=2s
//cb:failure codes=429,5xx errors=*StatusError
type CachedProvider interface {
	// Complete answers one prompt.
	//
	//cb:deadline 2s
	//cb:fallback cache ttl=10m key=req.Prompt similar=60%
	Complete(ctx context.Context, req Request) (*Response, error)
}

// TieredProvider asks a cheaper model, then takes what was answered before, then apologizes. The cheaper model is a TieredProvider,
// too, with a breaker of its own.
//
//cb:breaker threshold=3 timeout=2s
//cb:failure codes=429,5xx errors=*StatusError
type TieredProvider interface {
	// Complete answers one prompt.
	//
	//cb:deadline 2s
	//cb:fallback standby
	//cb:fallback cache ttl=10m key=req.Prompt
	//cb:fallback Apologize
	Complete(ctx context.Context, req Request) (*Response, error)
}

// QueuedProvider is for prompts whose answers are not awaited: they are stored, and answered when the provider is well again. It
// comes back to load slowly, for all that was stored waits for it.
//
//cb:breaker threshold=3 timeout=2s ramp=3s
//cb:failure codes=429,5xx errors=*StatusError
type QueuedProvider interface {
	// Complete answers one prompt.
	//
	//cb:deadline 2s
	//cb:fallback queue expires=1h
	Complete(ctx context.Context, req Request) (*Response, error)
}

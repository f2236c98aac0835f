// Package degrade degrades step by step: a model, then a cheaper one, then what it last answered, then an apology.
package degrade

import (
	"context"
	"strings"
	"time"
)

// Request asks; its Messages cannot be compared.
type Request struct {
	Prompt   string
	Messages []string
}

// Model answers prompts.
//
//cb:breaker threshold=2 timeout=30s
type Model interface {
	// Complete has the whole chain.
	//
	//cb:fallback standby
	//cb:fallback cache ttl=1h max=2 key=strings.ToLower(req.Prompt)
	//cb:fallback Apologize
	Complete(ctx context.Context, req Request) (string, error)

	// Embed is told apart by its arguments.
	//
	//cb:fallback cache
	Embed(ctx context.Context, text string, size int) ([]float32, error)

	// Price has one argument, and no context.
	//
	//cb:fallback cache on=failure
	Price(model string) (float64, error)

	// Models has no arguments at all.
	//
	//cb:fallback standby on=open
	//cb:fallback cache on=open ttl=1m
	Models(ctx context.Context) (map[string]time.Time, error)

	// Count has more results, Ping none but its error; both have a standby.
	//
	//cb:fallback standby
	Count(ctx context.Context, words ...string) (tokens, cached int, err error)
	//cb:fallback standby
	Ping(context.Context) error
}

// Store is generic, with names that its wrapper could hide.
//
//cb:breaker threshold=1
type Store[K comparable, V any] interface {
	//cb:fallback cache
	Get(ctx context.Context, key K) (V, error)
	//cb:fallback cache
	Two(ctx context.Context, cache K, standby string) (V, error)
	//cb:fallback cache key=fold(cb)
	Hidden(ctx context.Context, cb, b, Reader string) (V, error)
	//cb:fallback standby
	Close() error
}

func fold(s string) string { return strings.ToLower(s) }

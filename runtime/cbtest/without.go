package cbtest

import (
	"context"
	"errors"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// NoCache is a [cb.SimilarCache] that keeps nothing, for wrappers that want a cache.
type NoCache struct{}

var _ cb.SimilarCache = NoCache{}

// Get has no answer.
func (NoCache) Get(context.Context, cb.CacheKey, func() any) (any, time.Time, error) {
	return nil, time.Time{}, cb.ErrNotCached
}

// Set keeps nothing.
func (NoCache) Set(context.Context, cb.CacheKey, any, cb.CacheLimits) {}

// Nearest has no answer.
func (NoCache) Nearest(context.Context, cb.CacheKey, float64, func() any) (any, time.Time, float64, error) {
	return nil, time.Time{}, 0, cb.ErrNotCached
}

// NoQueue is a [cb.Queue] that stores nothing, for wrappers that want a queue.
type NoQueue struct{}

var _ cb.Queue = NoQueue{}

// Enqueue refuses the task.
func (NoQueue) Enqueue(context.Context, cb.Task) (string, error) {
	return "", errors.New("cbtest: this queue stores nothing")
}

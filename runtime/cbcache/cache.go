// Package cbcache keeps the last good answers of `//cb:fallback cache` in the process:
//
//	provider := chat.NewProviderBreaker(client, cbcache.New())
//
// It runs no goroutine: what has expired goes when it is asked for, or when room is needed.
package cbcache

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	cb "github.com/cbgen/cbgen/runtime"
)

// Cache is a [cb.Cache] in the process. Each method of each client has room for as many answers as its directive says (max=); those
// that were used least recently make room for others. It may be shared by any number of wrappers.
type Cache struct {
	mu      sync.Mutex
	methods map[method]*answers
}

var _ cb.Cache = (*Cache)(nil)

type method struct{ client, name string }

// answers are those of one method, by their arguments.
type answers = simplelru.LRU[any, answer]

type answer struct {
	value   any
	stored  time.Time
	expires time.Time
}

// New makes an empty cache.
func New() *Cache { return &Cache{methods: map[method]*answers{}} }

// Get returns the answer that Set was given, until its TTL has passed.
func (c *Cache) Get(_ context.Context, key cb.CacheKey, _ func() any) (any, time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.methods[method{key.Client, key.Method}]
	if kept == nil {
		return nil, time.Time{}, cb.ErrNotCached
	}
	a, ok := kept.Get(key.Args)
	if ok && !time.Now().Before(a.expires) {
		kept.Remove(key.Args)
		ok = false
	}
	if !ok {
		return nil, time.Time{}, cb.ErrNotCached
	}
	return a.value, a.stored, nil
}

// Set keeps an answer. Where Max has changed since, the newer one holds from now on.
func (c *Cache) Set(_ context.Context, key cb.CacheKey, value any, keep cb.CacheLimits) {
	now := time.Now()
	size := max(keep.Max, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	m := method{key.Client, key.Method}
	kept := c.methods[m]
	if kept == nil {
		kept, _ = simplelru.NewLRU[any, answer](size, nil) // fails for a size below 1 only
		c.methods[m] = kept
	} else {
		kept.Resize(size)
	}
	kept.Add(key.Args, answer{value: value, stored: now, expires: now.Add(keep.TTL)})
}

// Len is the number of answers that are kept, those that have expired but are not gone yet included.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, kept := range c.methods {
		n += kept.Len()
	}
	return n
}

// Clear forgets everything.
func (c *Cache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.methods)
}

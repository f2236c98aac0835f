// Package cbcache keeps the last good answers of `//cb:fallback cache` in the process:
//
//	provider := chat.NewProviderBreaker(client, cbcache.New())
//
// What has expired goes when it is asked for, or when room is needed. For `similar=` see [WithEmbedder].
package cbcache

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	cb "github.com/cbgen/cbgen/runtime"
)

// Cache is a [cb.SimilarCache] in the process. Each method of each client has room for as many answers as its directive says
// (max=); those that were used least recently make room for others. It may be shared by any number of wrappers, and used by any
// number of goroutines.
type Cache struct {
	embed   Embedder // nil: lexical
	timeout time.Duration
	logger  *slog.Logger

	mu       sync.Mutex // no embedder runs under it
	methods  map[method]*answers
	backlog  []unplaced
	working  bool // a goroutine is at the backlog
	embedErr bool // the embedder failed when it was last called for the backlog
}

var _ cb.SimilarCache = (*Cache)(nil)

type method struct{ client, name string }

// answers are those of one method.
type answers struct {
	byArgs  *simplelru.LRU[any, *answer]
	vectors *index // of those that are placed
}

type answer struct {
	value   any
	stored  time.Time
	expires time.Time
	placed  bool // its key's vector is in the index
}

// Option sets something of a [Cache]. A nil Option does nothing.
type Option func(*Cache)

// WithLogger sets where it is logged that an embedder begins to fail. Default: slog.Default() when that happens.
func WithLogger(logger *slog.Logger) Option { return func(c *Cache) { c.logger = logger } }

// New makes an empty cache.
func New(opts ...Option) *Cache {
	c := &Cache{methods: map[method]*answers{}}
	for _, opt := range opts {
		if opt != nil {
			opt(c)
		}
	}
	if c.timeout <= 0 {
		c.timeout = defaultEmbedTimeout
	}
	return c
}

func newAnswers(size int) *answers {
	a := &answers{vectors: newIndex()}
	a.byArgs, _ = simplelru.NewLRU(size, func(args any, gone *answer) { // fails for a size below 1 only
		if gone.placed {
			a.vectors.remove(args.(string))
		}
	})
	return a
}

// Get returns the answer that Set was given, until its TTL has passed.
func (c *Cache) Get(_ context.Context, key cb.CacheKey, _ func() any) (any, time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.methods[method{key.Client, key.Method}]
	if kept == nil {
		return nil, time.Time{}, cb.ErrNotCached
	}
	a, ok := kept.byArgs.Get(key.Args)
	if ok && a.expired() {
		kept.byArgs.Remove(key.Args)
		ok = false
	}
	if !ok {
		return nil, time.Time{}, cb.ErrNotCached
	}
	return a.value, a.stored, nil
}

func (a *answer) expired() bool { return !time.Now().Before(a.expires) }

// Set keeps an answer. Where Max has changed since, the newer one holds from now on.
func (c *Cache) Set(_ context.Context, key cb.CacheKey, value any, keep cb.CacheLimits) {
	if key.Args != key.Args { //nolint:staticcheck // a NaN finds nothing, and could never be dropped again
		return
	}
	m := method{key.Client, key.Method}
	if unknown := c.keep(m, key.Args, value, keep); unknown && keep.Similar > 0 {
		if text, ok := key.Args.(string); ok {
			c.learn(unplaced{m, text})
		}
	}
}

// keep reports whether the index does not know the answer's key.
func (c *Cache) keep(m method, args, value any, keep cb.CacheLimits) (unknown bool) {
	now := time.Now()
	size := max(keep.Max, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.methods[m]
	if kept == nil {
		kept = newAnswers(size)
		c.methods[m] = kept
	} else {
		kept.byArgs.Resize(size)
	}
	a := &answer{value: value, stored: now, expires: now.Add(keep.TTL)}
	if before, ok := kept.byArgs.Peek(args); ok {
		a.placed = before.placed // a vector is its key's, whatever the answer
	}
	kept.byArgs.Add(args, a)
	return !a.placed
}

// Len is the number of answers that are kept, those that have expired but are not gone yet included.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, kept := range c.methods {
		n += kept.byArgs.Len()
	}
	return n
}

// Clear forgets everything.
func (c *Cache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.methods)
	c.backlog = nil
}

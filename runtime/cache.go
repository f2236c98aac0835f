package cb

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Cache keeps answers for `//cb:fallback cache`. It is called by many calls at once; Set on the caller's goroutine before the call
// returns, so what is slow should not be waited for there. cbcache has one in the process.
//
// An answer is a pointer to a method's result, *T; nobody writes to it any more. A store outside the process encodes what it
// points to. What T itself points to is shared between all who get the answer, and the wrapper copies nothing.
type Cache interface {
	// Get returns the answer that is kept for key, and when it was stored: the pointer that Set was given, or one that fresh
	// makes, to a zero T, decoded into. Without an answer the error is [ErrNotCached].
	Get(ctx context.Context, key CacheKey, fresh func() any) (answer any, stored time.Time, err error)
	// Set keeps an answer. Where that fails there is none to tell: it is for the cache to report.
	Set(ctx context.Context, key CacheKey, answer any, keep CacheLimits)
}

// SimilarCache is a [Cache] that also answers with what was kept for the most alike key, where a policy's fallback cache is
// [Fallback.Similar].
type SimilarCache interface {
	Cache
	// Nearest returns the answer of key's client and method whose key, a string as key's own Args, is most like it, when it was
	// stored, and how alike the two are: from least up to 1. Alike is what the store says it is. Without such an answer the
	// error is [ErrNotCached]. It is asked after Get had none, with the caller's ctx. Set was given least as CacheLimits.Similar.
	Nearest(ctx context.Context, key CacheKey, least float64, fresh func() any) (
		answer any, stored time.Time, similarity float64, err error)
}

// CacheKey tells answers apart. It is comparable: two are equal where the calls were equal.
type CacheKey struct {
	Client, Method string // of the breaker
	Args           any    // the call's arguments, or what key= makes of them
}

// String is the key as text, for stores that need one: chat.Provider.Complete{...}. Two keys of one client and method have the
// same text only where they are equal, as long as what key= is made of has no GoString method that says less, as [time.Time] has,
// whose text lacks the offset from UTC.
func (k CacheKey) String() string { return fmt.Sprintf("%s%#v", joinName(k.Client, k.Method), k.Args) }

// CacheLimits says how long an answer may be kept, and how many of its method.
type CacheLimits struct {
	TTL time.Duration // above 0
	Max int           // above 0; a store that bounds itself otherwise may ignore it
	// Similar is above 0 where a [SimilarCache] will be asked for the nearest answer: the key's Args is a string then.
	Similar float64
}

// ErrNotCached is the error of a fallback cache that has no answer.
var ErrNotCached = errors.New("no answer is cached")

// What a zero TTL or Max of a [Fallback] means.
const (
	defaultTTL      = 10 * time.Minute
	defaultCacheMax = 1000
)

// CallCached is [Call] for methods that fall back to a cache: an answer of fn without an error is kept for [Cached]. It is stored
// after the call: neither a deadline nor the breaker sees how long that takes.
func CallCached[T any, K comparable](
	ctx context.Context, b *Breaker, cache Cache, key K, fn func(context.Context) (T, error),
	fallbacks ...func(ctx context.Context, cause error) (T, error),
) (T, error) {
	good := false // fn answered: err alone would not tell its answer from a fallback's
	value, err := Call(ctx, b, func(ctx context.Context) (T, error) {
		value, err := fn(ctx)
		good = err == nil
		return value, err
	}, fallbacks...)
	if good && err == nil {
		kept := value
		cache.Set(ctx, b.cacheKey(key), &kept, b.cacheLimits())
	}
	return value, err
}

// Cached is the fallback of [CallCached]: the last good answer of a call with an equal key, else, where the policy's fallback
// cache is [Fallback.Similar], with the most alike one. [Provenance] is told its age, and how alike the keys are.
func Cached[T any, K comparable](ctx context.Context, b *Breaker, cache Cache, key K) (T, error) {
	var none T
	fresh := func() any { return new(T) }
	similarity := 1.0
	answer, stored, err := cache.Get(ctx, b.cacheKey(key), fresh)
	if least := b.cacheLimits().Similar; least > 0 && errors.Is(err, ErrNotCached) {
		answer, stored, similarity, err = b.nearest(ctx, cache, key, least, fresh)
	}
	if err != nil {
		return none, err
	}
	value, ok := answer.(*T)
	if !ok || value == nil {
		return none, fmt.Errorf("the cache has a %T for %s, not a %T", answer, joinName(b.client, b.method), value)
	}
	provenanceOf(ctx).stale(time.Since(stored), similarity)
	return *value, nil
}

// nearest asks for the most alike key. That the cache can tell is checked when the wrapper is made; that the key is a string is
// checked by cbgen, for the policies that the directives say.
func (b *Breaker) nearest(
	ctx context.Context, cache Cache, key any, least float64, fresh func() any,
) (answer any, stored time.Time, similarity float64, err error) {
	similar, ok := cache.(SimilarCache)
	if !ok {
		return nil, time.Time{}, 0, notSimilar(cache)
	}
	if _, ok := key.(string); !ok {
		return nil, time.Time{}, 0, fmt.Errorf("only strings are alike: the policy says Similar, and the key is a %T", key)
	}
	return similar.Nearest(ctx, b.cacheKey(key), least, fresh)
}

// CheckCache panics where the policy's fallback cache is [Fallback.Similar], and the cache is no [SimilarCache]. Generated
// constructors call it for each method that falls back to cache and whose key is a string.
func (c *Client) CheckCache(method string, policy Policy, cache Cache) {
	if _, ok := cache.(SimilarCache); !ok && policy.cacheLimits().Similar > 0 {
		panic(fmt.Sprintf("cb: %s: %v", joinName(c.name, method), notSimilar(cache)))
	}
}

// CheckEqualKeys panics where the policy's fallback cache is [Fallback.Similar]. Generated constructors call it for each method
// that falls back to a cache and whose key is no string.
func (c *Client) CheckEqualKeys(method string, policy Policy) {
	if similar := policy.cacheLimits().Similar; similar > 0 {
		panic(fmt.Sprintf("cb: %s: Similar is %v, and the method's key is no string: write what is to be compared with key=",
			joinName(c.name, method), similar))
	}
}

func notSimilar(cache Cache) error {
	return fmt.Errorf("a %T finds equal keys only, it is no cb.SimilarCache: use another, such as cbcache.New(), or no similar=", cache)
}

func (b *Breaker) cacheKey(args any) CacheKey {
	return CacheKey{Client: b.client, Method: b.method, Args: args}
}

func (b *Breaker) cacheLimits() CacheLimits { return b.policy.cacheLimits() }

// cacheLimits are those of the fallback called cache.
func (p *Policy) cacheLimits() CacheLimits {
	limits := CacheLimits{TTL: defaultTTL, Max: defaultCacheMax}
	for _, f := range p.Fallbacks {
		if f.Name == "cache" {
			limits = CacheLimits{TTL: f.TTL, Max: f.Max, Similar: f.Similar}
		}
	}
	return limits
}

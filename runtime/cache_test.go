package cb_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// store is a cache that tells what it was asked for.
type store struct {
	sets   []cb.CacheKey
	limits cb.CacheLimits
	get    func(key cb.CacheKey, fresh func() any) (any, time.Time, error)
}

func (s *store) Get(_ context.Context, key cb.CacheKey, fresh func() any) (any, time.Time, error) {
	return s.get(key, fresh)
}

func (s *store) Set(_ context.Context, key cb.CacheKey, _ any, keep cb.CacheLimits) {
	s.sets, s.limits = append(s.sets, key), keep
}

// cached calls fn with a cache behind it, and asks where the answer came from.
func cached(t *testing.T, b *cb.Breaker, s *store, fn func(context.Context) (string, error)) (string, cb.Served, error) {
	t.Helper()
	ctx, provenance := cb.WithProvenance(t.Context())
	text, err := cb.CallCached(ctx, b, s, 7, fn, func(ctx context.Context, _ error) (string, error) {
		return cb.Cached[string](ctx, b, s, 7)
	})
	return text, provenance.Served(), err
}

func cachePolicy(f cb.Fallback) cb.Policy {
	f.Name = "cache"
	return cb.Policy{Threshold: 100, Fallbacks: []cb.Fallback{{Name: "first"}, f}}
}

// withFirst is cachePolicy's order: a fallback before the cache.
func withFirst(ctx context.Context, b *cb.Breaker, s *store, fn func(context.Context) (string, error), first error) error {
	_, err := cb.CallCached(ctx, b, s, 7, fn, says("first", first), func(ctx context.Context, _ error) (string, error) {
		return cb.Cached[string](ctx, b, s, 7)
	})
	return err
}

// TestWhatIsCached stores the upstream's own good answers and nothing else.
func TestWhatIsCached(t *testing.T) {
	t.Parallel()
	good := func(context.Context) (string, error) { return "good", nil }
	s := &store{get: func(cb.CacheKey, func() any) (any, time.Time, error) { return nil, time.Time{}, cb.ErrNotCached }}
	b := newBreaker(cachePolicy(cb.Fallback{TTL: time.Minute, Max: 3}), cb.WithName("client"))

	require.NoError(t, withFirst(t.Context(), b, s, isDown, nil))
	assert.Empty(t, s.sets, "the answer of another fallback")
	err := withFirst(t.Context(), b, s, isDown, errors.New("lame"))
	require.ErrorIs(t, err, errDown)
	require.ErrorIs(t, err, cb.ErrNotCached)
	assert.Empty(t, s.sets, "a failure")
	ignoring := newBreaker(cb.Policy{Ignore: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(errDown)}}})
	require.ErrorIs(t, withFirst(t.Context(), ignoring, s, isDown, nil), errDown)
	assert.Empty(t, s.sets, "an ignored error")
	assert.Panics(t, func() { _ = withFirst(t.Context(), b, s, func(context.Context) (string, error) { panic("oh") }, nil) })
	assert.Empty(t, s.sets, "a panic")

	require.NoError(t, withFirst(t.Context(), b, s, good, nil))
	assert.Equal(t, []cb.CacheKey{{Client: "client", Args: 7}}, s.sets)
	assert.Equal(t, cb.CacheLimits{TTL: time.Minute, Max: 3}, s.limits)
	require.NoError(t, withFirst(t.Context(), newBreaker(cb.Policy{}), s, good, nil))
	assert.Equal(t, cb.CacheLimits{TTL: 10 * time.Minute, Max: 1000}, s.limits, "where the policy does not say")
}

// TestCached is what becomes of what a store returns.
func TestCached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("connection refused")
		stored := time.Now()
		time.Sleep(time.Minute)
		for name, test := range map[string]struct {
			get    func(cb.CacheKey, func() any) (any, time.Time, error)
			want   string
			served cb.Served
			err    string
		}{
			"as it was": {
				get:  func(cb.CacheKey, func() any) (any, time.Time, error) { text := "kept"; return &text, stored, nil },
				want: "kept", served: cb.Served{By: "cache", Stale: true, Age: time.Minute, Similarity: 1},
			},
			"decoded": {
				get: func(_ cb.CacheKey, fresh func() any) (any, time.Time, error) {
					into := fresh()
					*into.(*string) = "decoded"
					return into, stored, nil
				},
				want: "decoded", served: cb.Served{By: "cache", Stale: true, Age: time.Minute, Similarity: 1},
			},
			"nothing":      {get: func(cb.CacheKey, func() any) (any, time.Time, error) { return nil, stored, cb.ErrNotCached }, err: "fallback cache: no answer is cached"},
			"broken":       {get: func(cb.CacheKey, func() any) (any, time.Time, error) { return nil, stored, broken }, err: "fallback cache: connection refused"},
			"another type": {get: func(cb.CacheKey, func() any) (any, time.Time, error) { return new(int), stored, nil }, err: "the cache has a *int for openai, not a *string"},
			"nil":          {get: func(cb.CacheKey, func() any) (any, time.Time, error) { return (*string)(nil), stored, nil }, err: "the cache has a *string"},
		} {
			b := newBreaker(cb.Policy{Fallbacks: []cb.Fallback{{Name: "cache"}}}, cb.WithName("openai"))
			text, served, err := cached(t, b, &store{get: test.get}, isDown)
			assert.Equal(t, test.want, text, name)
			assert.Equal(t, test.served, served, name)
			if test.err == "" {
				assert.NoError(t, err, name)
				continue
			}
			require.ErrorIs(t, err, errDown, name)
			assert.ErrorContains(t, err, test.err, name)
		}
	})
}

func TestCacheKeyText(t *testing.T) {
	t.Parallel()
	type args struct {
		a string
		n int
	}
	key := func(args any) string {
		return cb.CacheKey{Client: "chat.Provider", Method: "Complete", Args: args}.String()
	}
	assert.Equal(t, `chat.Provider.Complete"hello"`, key("hello"))
	assert.Equal(t, `chat.Provider.Complete7`, key(7))
	assert.NotEqual(t, key(args{`x", n:1`, 2}), key(args{"x", 1}), "strings are quoted")
}

func TestCachePolicy(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]cb.Fallback{
		"Fallbacks[0].TTL is -1s":                                     {TTL: -time.Second},
		"Fallbacks[0].Max is -1":                                      {Max: -1},
		"Fallbacks[0].TTL is 10µs":                                    {TTL: 10 * time.Microsecond},
		"Fallbacks[0].Similar is -0.1, must be above 0 and at most 1": {Similar: -0.1},
		"Fallbacks[0].Similar is 1.01":                                {Similar: 1.01},
		"Fallbacks[0].Similar is NaN":                                 {Similar: math.NaN()},
	} {
		assert.ErrorContains(t, cb.Policy{Fallbacks: []cb.Fallback{f}}.Validate(), want)
	}
	assert.NoError(t, cb.Policy{Fallbacks: []cb.Fallback{{TTL: time.Hour, Max: 1, Similar: 1}}}.Validate())
}

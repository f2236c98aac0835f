package cbcache_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbcache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

func key(method string, args any) cb.CacheKey {
	return cb.CacheKey{Client: "chat.Provider", Method: method, Args: args}
}

// get is the text that is kept, "" for none.
func get(t *testing.T, c *cbcache.Cache, k cb.CacheKey) string {
	t.Helper()
	value, _, err := c.Get(t.Context(), k, nil)
	if err != nil {
		require.Equal(t, cb.ErrNotCached, err)
		return ""
	}
	return *value.(*string)
}

func set(t *testing.T, c *cbcache.Cache, k cb.CacheKey, text string, keep cb.CacheLimits) {
	t.Helper()
	c.Set(t.Context(), k, &text, keep)
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, hour := cbcache.New(), cb.CacheLimits{TTL: time.Hour, Max: 10}
		assert.Empty(t, get(t, c, key("Complete", "a")))
		set(t, c, key("Complete", "a"), "A", hour)
		time.Sleep(time.Hour - 1)
		assert.Equal(t, "A", get(t, c, key("Complete", "a")), "asking does not make it younger")
		time.Sleep(time.Nanosecond)
		assert.Empty(t, get(t, c, key("Complete", "a")))
		assert.Zero(t, c.Len())

		set(t, c, key("Complete", "a"), "B", hour)
		time.Sleep(30 * time.Minute)
		set(t, c, key("Complete", "a"), "C", hour)
		time.Sleep(45 * time.Minute)
		assert.Equal(t, "C", get(t, c, key("Complete", "a")))
		_, stored, err := c.Get(t.Context(), key("Complete", "a"), nil)
		require.NoError(t, err)
		assert.Equal(t, 45*time.Minute, time.Since(stored))
	})
}

func TestBounds(t *testing.T) {
	t.Parallel()
	c, two := cbcache.New(nil), cb.CacheLimits{TTL: time.Hour, Max: 2} // a nil option does nothing
	for _, args := range []string{"a", "b"} {
		set(t, c, key("Complete", args), args, two)
		set(t, c, key("Embed", args), args, two)
	}
	require.Equal(t, "a", get(t, c, key("Complete", "a")), "a is used, b is not")
	set(t, c, key("Complete", "c"), "c", two)
	assert.Equal(t, "a", get(t, c, key("Complete", "a")))
	assert.Empty(t, get(t, c, key("Complete", "b")))
	assert.Equal(t, "b", get(t, c, key("Embed", "b")), "each method has room of its own")

	set(t, c, key("Complete", "d"), "d", cb.CacheLimits{TTL: time.Hour, Max: 1})
	assert.Empty(t, get(t, c, key("Complete", "a")), "a smaller max")
	assert.Equal(t, 3, c.Len())
	c.Clear()
	assert.Zero(t, c.Len())
}

// TestBehindABreaker is the fallback of a call, as generated code makes it.
func TestKeepsNothingThatNoKeyFinds(t *testing.T) {
	t.Parallel()
	cache := cbcache.New()
	type args struct{ x float64 }
	for range 3 {
		cache.Set(t.Context(), cb.CacheKey{Args: args{math.NaN()}}, new(int), cb.CacheLimits{TTL: time.Hour, Max: 10})
	}
	assert.Zero(t, cache.Len(), "a NaN is equal to nothing, so a map could never let go of it")
}

func TestBehindABreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cbcache.New()
		b := cb.New(cb.Policy{Threshold: 1, Timeout: time.Minute, Fallbacks: []cb.Fallback{{Name: "cache", TTL: time.Hour}}})
		type args struct {
			prompt string
			size   int
		}
		ask := func(a args, err error) (string, cb.Served, error) {
			ctx, provenance := cb.WithProvenance(t.Context())
			text, err := cb.CallCached(ctx, b, c, a,
				func(context.Context) (string, error) { return fmt.Sprint(a), err },
				func(ctx context.Context, _ error) (string, error) { return cb.Cached[string](ctx, b, c, a) },
			)
			return text, provenance.Served(), err
		}
		text, served, err := ask(args{"p", 1}, nil)
		require.NoError(t, err)
		require.Equal(t, "{p 1}", text)
		require.Zero(t, served)

		time.Sleep(time.Second)
		text, served, err = ask(args{"p", 1}, errDown)
		require.NoError(t, err)
		assert.Equal(t, "{p 1}", text)
		assert.Equal(t, cb.Served{By: "cache", Stale: true, Age: time.Second, Similarity: 1}, served)
		_, _, err = ask(args{"p", 2}, nil)
		require.ErrorIs(t, err, cb.ErrOpen)
		require.ErrorIs(t, err, cb.ErrNotCached)
		assert.Equal(t, 1, c.Len())
	})
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	c := cbcache.New()
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 200 {
				k := key(fmt.Sprintf("M%d", i%3), i%20)
				set(t, c, k, fmt.Sprint(i%20), cb.CacheLimits{TTL: time.Hour, Max: 10 + n%2})
				if text := get(t, c, k); text != "" {
					assert.Equal(t, fmt.Sprint(i%20), text)
				}
			}
		})
	}
	wg.Wait()
	assert.LessOrEqual(t, c.Len(), 33)
}

package cb_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// nearStore has nothing for equal keys, and for others what nearest returns.
type nearStore struct {
	store
	asked   []cb.CacheKey
	least   float64
	nearest func() (any, time.Time, float64, error)
}

func (s *nearStore) Nearest(
	_ context.Context, key cb.CacheKey, least float64, _ func() any,
) (answer any, stored time.Time, similarity float64, err error) {
	s.asked, s.least = append(s.asked, key), least
	return s.nearest()
}

func notCached(cb.CacheKey, func() any) (any, time.Time, error) {
	return nil, time.Time{}, cb.ErrNotCached
}

// askSimilar calls fn with the key and a cache behind it.
func askSimilar[K comparable](ctx context.Context, b *cb.Breaker, cache cb.Cache, key K, fn func(context.Context) (string, error)) (string, error) {
	return cb.CallCached(ctx, b, cache, key, fn, func(ctx context.Context, _ error) (string, error) {
		return cb.Cached[string](ctx, b, cache, key)
	})
}

// servedEvents notes what fallbacks answered with.
type servedEvents struct {
	cb.NopObserver
	events *[]cb.FallbackEvent
}

func (o servedEvents) FellBack(_ context.Context, e cb.FallbackEvent) {
	*o.events = append(*o.events, e)
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept, stored := "kept", time.Now()
		time.Sleep(time.Minute)
		s := &nearStore{store: store{get: notCached}, nearest: func() (any, time.Time, float64, error) { return &kept, stored, 0.9, nil }}
		var events []cb.FallbackEvent
		policy := cb.Policy{Threshold: 100, Fallbacks: []cb.Fallback{{Name: "cache", Similar: 0.8}}}
		b := newBreaker(policy, cb.WithName("openai"), cb.WithObserver(servedEvents{events: &events}))

		ctx, provenance := cb.WithProvenance(t.Context())
		text, err := askSimilar(ctx, b, s, "prompt", isDown)
		require.NoError(t, err)
		assert.Equal(t, "kept", text)
		want := cb.Served{By: "cache", Stale: true, Age: time.Minute, Similarity: 0.9}
		assert.Equal(t, want, provenance.Served())
		assert.Equal(t, []cb.CacheKey{{Client: "openai", Args: "prompt"}}, s.asked)
		assert.InDelta(t, 0.8, s.least, 0)
		require.Len(t, events, 1)
		assert.Equal(t, want, events[0].Served, "observers are told, whether the caller asked or not")
		_, err = askSimilar(t.Context(), b, s, "prompt", isDown)
		require.NoError(t, err)
		assert.Equal(t, want, events[1].Served)

		_, err = askSimilar(t.Context(), b, s, "prompt", func(context.Context) (string, error) { return "good", nil })
		require.NoError(t, err)
		assert.Equal(t, cb.CacheLimits{TTL: 10 * time.Minute, Max: 1000, Similar: 0.8}, s.limits)

		s.get = func(cb.CacheKey, func() any) (any, time.Time, error) { return &kept, stored, nil }
		_, err = askSimilar(ctx, b, s, "prompt", isDown)
		require.NoError(t, err)
		assert.InDelta(t, 1, provenance.Served().Similarity, 0)
		assert.Len(t, s.asked, 2, "an equal key comes first")
	})
}

func TestSimilar_Fails(t *testing.T) {
	t.Parallel()
	kept, broken := "kept", errors.New("connection refused")
	policy := cb.Policy{Threshold: 100, Fallbacks: []cb.Fallback{{Name: "cache", Similar: 0.8}}}
	s := &nearStore{store: store{get: notCached}, nearest: func() (any, time.Time, float64, error) { return nil, time.Time{}, 0, broken }}
	var events []cb.FallbackEvent
	b := newBreaker(policy, cb.WithObserver(servedEvents{events: &events}))

	_, err := askSimilar(t.Context(), b, s, "prompt", isDown)
	require.ErrorIs(t, err, errDown)
	require.ErrorIs(t, err, broken)
	require.Len(t, events, 1)
	assert.Zero(t, events[0].Served)

	_, err = askSimilar(t.Context(), b, s, 7, isDown)
	require.ErrorContains(t, err, "only strings are alike: the policy says Similar, and the key is a int")
	_, err = askSimilar(t.Context(), b, &s.store, "prompt", isDown)
	require.ErrorContains(t, err, "a *cb_test.store finds equal keys only")
	require.Len(t, s.asked, 1)

	s.get = func(cb.CacheKey, func() any) (any, time.Time, error) { return nil, time.Time{}, broken }
	_, err = askSimilar(t.Context(), b, s, "prompt", isDown)
	require.ErrorIs(t, err, broken)
	assert.Len(t, s.asked, 1, "a store that is down is not asked again")

	s.store.get, s.nearest = notCached, func() (any, time.Time, float64, error) { return &kept, time.Now(), 1, nil }
	exact := newBreaker(cb.Policy{Fallbacks: []cb.Fallback{{Name: "cache"}}})
	_, err = askSimilar(t.Context(), exact, s, "prompt", isDown)
	assert.ErrorIs(t, err, cb.ErrNotCached, "without Similar")
}

func TestCheckCache(t *testing.T) {
	t.Parallel()
	exact := cb.Policy{Fallbacks: []cb.Fallback{{Name: "cache"}}}
	similar := cb.Policy{Fallbacks: []cb.Fallback{{Name: "standby"}, {Name: "cache", Similar: 1}}}
	c := cb.NewClient("chat.Model")
	assert.NotPanics(t, func() { c.CheckCache("Complete", exact, &store{}) })
	assert.NotPanics(t, func() { c.CheckCache("Complete", similar, &nearStore{}) })
	assert.PanicsWithValue(t,
		"cb: chat.Model.Complete: a *cb_test.store finds equal keys only, it is no cb.SimilarCache: use another, such as cbcache.New(), or no similar=",
		func() { c.CheckCache("Complete", similar, &store{}) })
	assert.NotPanics(t, func() { c.CheckEqualKeys("Price", exact) })
	assert.PanicsWithValue(t,
		"cb: chat.Model.Price: Similar is 1, and the method's key is no string: write what is to be compared with key=",
		func() { c.CheckEqualKeys("Price", similar) })
}

package cbcache_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbcache"
)

var similar = cb.CacheLimits{TTL: time.Hour, Max: 10, Similar: 0.8}

// nearest is the text that is kept for the most alike key, "" for none, and how alike it is.
func nearest(t *testing.T, c *cbcache.Cache, k cb.CacheKey, least float64) (string, float64) {
	t.Helper()
	value, _, similarity, err := c.Nearest(t.Context(), k, least, nil)
	if err != nil {
		require.Equal(t, cb.ErrNotCached, err)
		return "", 0
	}
	return *value.(*string), similarity
}

func TestLexical(t *testing.T) {
	t.Parallel()
	c := cbcache.New()
	const france, cake = "What is the capital of France?", "How do I bake a chocolate cake without eggs?"
	for _, prompt := range []string{france, cake, "日本の首都はどこですか"} {
		set(t, c, key("Complete", prompt), prompt, similar)
	}
	for prompt, want := range map[string]struct {
		text     string
		from, to float64
	}{
		france:                                        {france, 1, 1},
		"what is  the capital of FRANCE":              {france, 1, 1},
		"What is the capital of France, please?":      {france, 0.8, 0.95},
		"What's the capital of France?":               {france, 0.8, 0.95},
		"How do I bake a chocolate cake without milk": {cake, 0.8, 0.95},
		"日本の首都はどこですか？":                                {"日本の首都はどこですか", 1, 1},
		"What is the weather in Paris tomorrow?":      {},
		"":                                            {},
		"?!":                                          {},
	} {
		text, similarity := nearest(t, c, key("Complete", prompt), 0.8)
		assert.Equal(t, want.text, text, prompt)
		assert.GreaterOrEqual(t, similarity, want.from, prompt)
		assert.LessOrEqual(t, similarity, want.to, prompt)
	}
	_, close := nearest(t, c, key("Complete", "capital of France"), 0.1)
	assert.Greater(t, close, 0.5)
	text, _ := nearest(t, c, key("Complete", "capital of France"), close)
	assert.Equal(t, france, text, "at the similarity itself")
	text, _ = nearest(t, c, key("Complete", "capital of France"), close+1e-6)
	assert.Empty(t, text, "below it")
	text, _ = nearest(t, c, key("Embed", france), 0.1)
	assert.Empty(t, text, "another method's are its own")
	text, _ = nearest(t, c, cb.CacheKey{Client: "other", Method: "Complete", Args: france}, 0.1)
	assert.Empty(t, text, "another client's are its own")
	text, _ = nearest(t, c, key("Complete", 7), 0.1)
	assert.Empty(t, text)
}

// TestUnlike holds the noise of hashing down: long texts of other words are not alike.
func TestUnlike(t *testing.T) {
	t.Parallel()
	c := cbcache.New()
	var one, other strings.Builder
	for n := range 3000 {
		fmt.Fprintf(&one, "%c%c%c", 'a'+n%13, 'a'+n/13%13, 'a'+n/169%13)
		fmt.Fprintf(&other, "%c%c%c", 'n'+n%13, 'n'+n/13%13, 'n'+n/169%13)
	}
	set(t, c, key("Complete", one.String()), "one", similar)
	_, similarity := nearest(t, c, key("Complete", other.String()), 0.15)
	assert.Zero(t, similarity)
}

func TestOfEquallyAlike(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cbcache.New()
		for _, prompt := range []string{"hello world", "Hello World", "HELLO WORLD"} {
			set(t, c, key("Complete", prompt), prompt, similar)
			time.Sleep(time.Minute)
		}
		for range 20 {
			text, similarity := nearest(t, c, key("Complete", "hello, world"), 1)
			require.Equal(t, "HELLO WORLD", text, "the youngest")
			require.InDelta(t, 1, similarity, 0)
		}
	})
}

func TestSimilarBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, two := cbcache.New(), cb.CacheLimits{TTL: time.Hour, Max: 2, Similar: 0.5}
		ask := func(prompt string) string {
			text, _ := nearest(t, c, key("Complete", prompt), 0.5)
			return text
		}
		set(t, c, key("Complete", "the first question"), "1", two)
		set(t, c, key("Complete", "something else"), "2", two)
		require.Equal(t, "1", ask("the first question?"), "which is a use")
		set(t, c, key("Complete", "zzz"), "3", two)
		assert.Empty(t, ask("something else?"), "made room")
		assert.Equal(t, "1", ask("the first question?"))

		time.Sleep(30 * time.Minute)
		set(t, c, key("Complete", "the first question"), "1a", two)
		time.Sleep(30 * time.Minute)
		assert.Equal(t, "1a", ask("the first question?"), "a newer answer to the same")
		assert.Empty(t, ask("zzz!"), "expired")
		assert.Equal(t, 1, c.Len())
		time.Sleep(30 * time.Minute)
		assert.Empty(t, ask("the first question?"))
		assert.Zero(t, c.Len())

		set(t, c, key("Complete", "the first question"), "1b", two)
		c.Clear()
		assert.Empty(t, ask("the first question?"))
		set(t, c, key("Complete", "the first question"), "1c", cb.CacheLimits{TTL: time.Hour, Max: 2})
		assert.Empty(t, ask("the first question?"), "kept without similar=")
	})
}

// TestExpiredAreNotInTheWay looks past any number of nearer ones that have expired.
func TestExpiredAreNotInTheWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cbcache.New()
		for n := range 50 {
			prompt := "hello" + strings.Repeat("!", n)
			set(t, c, key("Complete", prompt), prompt, cb.CacheLimits{TTL: time.Minute, Max: 100, Similar: 0.3})
		}
		set(t, c, key("Complete", "hello there"), "there", cb.CacheLimits{TTL: time.Hour, Max: 100, Similar: 0.3})
		time.Sleep(time.Minute)
		text, _ := nearest(t, c, key("Complete", "hello?"), 0.3)
		assert.Equal(t, "there", text)
		assert.Equal(t, 1, c.Len())
	})
}

// TestSimilarBehindABreaker is the fallback of a call, as generated code makes it.
func TestSimilarBehindABreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cbcache.New()
		policy := cb.Policy{Threshold: 1, Fallbacks: []cb.Fallback{{Name: "cache", TTL: time.Hour, Similar: 0.8}}}
		client := cb.NewClient("chat.Provider")
		client.CheckCache("Complete", policy, c)
		b := client.Breaker("Complete", policy)
		ask := func(prompt string, err error) (string, cb.Served, error) {
			ctx, provenance := cb.WithProvenance(t.Context())
			text, err := cb.CallCached(ctx, b, c, prompt,
				func(context.Context) (string, error) { return "answer to " + prompt, err },
				func(ctx context.Context, _ error) (string, error) { return cb.Cached[string](ctx, b, c, prompt) },
			)
			return text, provenance.Served(), err
		}
		_, _, err := ask("Who wrote Faust?", nil)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		text, served, err := ask("who wrote 'Faust'", errDown)
		require.NoError(t, err)
		assert.Equal(t, "answer to Who wrote Faust?", text)
		assert.Equal(t, cb.Served{By: "cache", Stale: true, Age: time.Minute, Similarity: 1}, served)
		_, _, err = ask("Who was Faust?", nil)
		require.ErrorIs(t, err, cb.ErrNotCached)
		require.ErrorIs(t, err, cb.ErrOpen)
	})
}

func TestSimilarConcurrently(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*cbcache.Cache{
		"lexical":  cbcache.New(),
		"embedder": cbcache.New(cbcache.WithEmbedder(angles)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wg sync.WaitGroup
			for n := range 8 {
				wg.Go(func() {
					for i := range 200 {
						k := key(fmt.Sprintf("M%d", i%3), fmt.Sprint(i%40, " degrees"))
						set(t, c, k, fmt.Sprint(i%40), cb.CacheLimits{TTL: time.Hour, Max: 10 + n%2, Similar: 0.5})
						_, _, _, err := c.Nearest(t.Context(), k, 0.5, nil)
						if err != nil && !errors.Is(err, cb.ErrNotCached) {
							assert.NoError(t, err)
						}
					}
				})
			}
			wg.Wait()
			assert.LessOrEqual(t, c.Len(), 33)
		})
	}
}

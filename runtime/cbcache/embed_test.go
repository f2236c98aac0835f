package cbcache_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbcache"
)

// angles embeds a text that is a number of degrees.
func angles(_ context.Context, text string) ([]float32, error) {
	var degrees float64
	if _, err := fmt.Sscanf(text, "%g", &degrees); err != nil {
		return nil, fmt.Errorf("no number: %w", err)
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return []float32{float32(3 * cos), float32(3 * sin)}, nil
}

func TestEmbedder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := cbcache.New(cbcache.WithEmbedder(func(ctx context.Context, text string) ([]float32, error) {
			calls.Add(1)
			return angles(ctx, text)
		}))
		_, _, _, err := c.Nearest(t.Context(), key("Complete", "0"), 0.5, nil)
		require.Equal(t, cb.ErrNotCached, err)
		require.Zero(t, calls.Load(), "nothing is paid for where nothing is kept")

		for range 3 {
			set(t, c, key("Complete", "0"), "east", similar)
			set(t, c, key("Complete", "90"), "north", similar)
			synctest.Wait()
		}
		assert.EqualValues(t, 2, calls.Load(), "a key is embedded once")
		text, similarity := nearest(t, c, key("Complete", "60"), 0.8)
		assert.Equal(t, "north", text)
		assert.InDelta(t, math.Sqrt(3)/2, similarity, 1e-6)
		text, similarity = nearest(t, c, key("Complete", "360"), 1)
		assert.Equal(t, "east", text)
		assert.InDelta(t, 1, similarity, 0)
		text, _ = nearest(t, c, key("Complete", "180"), 0.01)
		assert.Empty(t, text, "the opposite is not alike")
	})
}

// TestEmbedderThatFails costs nobody an answer: of a good call nothing is lost, and a fallback that cannot look says why.
func TestEmbedderThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logged
		embed := angles
		c := cbcache.New(cbcache.WithLogger(log.logger()),
			cbcache.WithEmbedder(func(ctx context.Context, text string) ([]float32, error) { return embed(ctx, text) }))
		say := func(fail func(context.Context, string) ([]float32, error)) {
			embed = fail
			set(t, c, key("Complete", "10"), "ten", similar)
			synctest.Wait()
			assert.Equal(t, "ten", get(t, c, key("Complete", "10")), "kept all the same")
		}
		set(t, c, key("Complete", "0"), "zero", similar)
		synctest.Wait()
		require.Empty(t, log.String())

		say(func(context.Context, string) ([]float32, error) { return nil, errDown })
		assert.Contains(t, log.String(), "client=chat.Provider method=Complete error=down")
		lines := log.lines()
		say(func(context.Context, string) ([]float32, error) { panic("oh") })
		say(func(context.Context, string) ([]float32, error) { return []float32{1, 2, 3}, nil })
		say(func(context.Context, string) ([]float32, error) { return []float32{0, 0}, nil })
		assert.Equal(t, lines, log.lines(), "the first of a row is logged")
		text, _ := nearestWith(t, c, &embed, "10")
		assert.Equal(t, "zero", text, "what could not be embedded is not found by likeness")

		say(angles)
		text, _ = nearestWith(t, c, &embed, "10")
		assert.Equal(t, "ten", text, "the next answer tried again")
		c.Clear()
		say(func(context.Context, string) ([]float32, error) { return nil, errDown })
		assert.Equal(t, 2*lines, log.lines(), "another row")

		say(angles)
		for want, fail := range map[string]cbcache.Embedder{
			"embedding the key: down":                          func(context.Context, string) ([]float32, error) { return nil, errDown },
			"embedding the key: the vector has no direction":   func(context.Context, string) ([]float32, error) { return nil, nil },
			"the embedder returned 3 dimensions, and 2 before": func(context.Context, string) ([]float32, error) { return []float32{1, 2, 3}, nil },
			"embedding the key: context deadline exceeded":     func(ctx context.Context, _ string) ([]float32, error) { <-ctx.Done(); return nil, ctx.Err() },
		} {
			embed = fail
			_, _, _, err := c.Nearest(t.Context(), key("Complete", "11"), 0.8, nil)
			require.EqualError(t, err, want)
			require.NotErrorIs(t, err, cb.ErrNotCached)
		}
	})
}

// nearestWith looks with an embedder that works.
func nearestWith(t *testing.T, c *cbcache.Cache, embed *func(context.Context, string) ([]float32, error), prompt string) (string, float64) {
	t.Helper()
	*embed = angles
	return nearest(t, c, key("Complete", prompt), 0.9)
}

// TestEmbedderThatHangs holds up neither those who store nor those who find an equal key; one goroutine waits for it, and no longer
// than it may take.
func TestEmbedderThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most, embedded := 0, 0, 0
		c := cbcache.New(cbcache.WithEmbedTimeout(2*time.Second), cbcache.WithLogger(new(logged).logger()),
			cbcache.WithEmbedder(func(ctx context.Context, _ string) ([]float32, error) {
				mu.Lock()
				running, embedded = running+1, embedded+1
				most = max(most, running)
				mu.Unlock()
				<-ctx.Done()
				mu.Lock()
				running--
				mu.Unlock()
				return nil, ctx.Err()
			}))
		limits := cb.CacheLimits{TTL: 24 * time.Hour, Max: 1000, Similar: 0.8}
		start := time.Now()
		for n := range 300 {
			set(t, c, key("Complete", fmt.Sprint(n)), "answer", limits)
			require.Equal(t, "answer", get(t, c, key("Complete", fmt.Sprint(n))))
			synctest.Wait()
		}
		assert.Zero(t, time.Since(start))
		time.Sleep(time.Hour)
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, 1, most)
		assert.Equal(t, 1+256, embedded, "the first, and as many as may wait")
		assert.Zero(t, running)
	})
}

// TestOftenAnswered has a key wait once, however often it is answered, so that it does not crowd out others.
func TestOftenAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cbcache.New(cbcache.WithEmbedder(func(ctx context.Context, text string) ([]float32, error) {
			time.Sleep(time.Second)
			return angles(ctx, text)
		}))
		set(t, c, key("Complete", "0"), "zero", similar)
		set(t, c, key("Complete", "90"), "ninety", similar)
		for range 300 {
			set(t, c, key("Complete", "180"), "back", similar)
		}
		time.Sleep(time.Minute)
		text, _ := nearest(t, c, key("Complete", "91"), 0.9)
		assert.Equal(t, "ninety", text)
	})
}

// TestEmbedderThatEndsItsGoroutine is followed by another.
func TestEmbedderThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		exit := true
		c := cbcache.New(cbcache.WithEmbedder(func(ctx context.Context, text string) ([]float32, error) {
			if exit {
				runtime.Goexit()
			}
			return angles(ctx, text)
		}))
		set(t, c, key("Complete", "0"), "zero", similar)
		synctest.Wait()
		exit = false
		set(t, c, key("Complete", "0"), "zero", similar)
		synctest.Wait()
		text, _ := nearest(t, c, key("Complete", "1"), 0.9)
		assert.Equal(t, "zero", text)
	})
}

// TestEmbeddedTooLate leaves nothing in the index of an answer that has gone meanwhile.
func TestEmbeddedTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := cbcache.New(cbcache.WithEmbedder(func(ctx context.Context, text string) ([]float32, error) {
			calls.Add(1)
			time.Sleep(time.Second)
			return angles(ctx, text)
		}))
		one := cb.CacheLimits{TTL: time.Hour, Max: 1, Similar: 0.8}
		for n := range 4 {
			set(t, c, key("Complete", fmt.Sprint(n)), fmt.Sprint(n), one)
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		assert.EqualValues(t, 2, calls.Load(), "the first was under way, the last is kept")
		text, _ := nearest(t, c, key("Complete", "0"), 0.8)
		assert.Equal(t, "3", text)
	})
}

// TestNearestOfACallerWhoLeaves is over when its context is.
func TestNearestOfACallerWhoLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := false
		c := cbcache.New(cbcache.WithEmbedTimeout(0), cbcache.WithEmbedder(func(ctx context.Context, text string) ([]float32, error) {
			if hang {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return angles(ctx, text)
		}))
		set(t, c, key("Complete", "0"), "zero", similar)
		synctest.Wait()
		hang = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, _, _, err := c.Nearest(ctx, key("Complete", "1"), 0.8, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		_, _, _, err = c.Nearest(context.WithoutCancel(ctx), key("Complete", "1"), 0.8, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 6*time.Second, time.Since(start), "5s by default")

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		hang = false
		_, _, _, err = c.Nearest(ended, key("Complete", "1"), 0.8, nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}

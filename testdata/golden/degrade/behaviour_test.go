package degrade

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

var errDown = errors.New("down")

// model answers with its own name, unless it is down.
type model struct {
	name  string
	down  bool
	calls int
}

func answer[T any](m *model, v T) (T, error) {
	m.calls++
	var none T
	if m.down {
		return none, errDown
	}
	return v, nil
}

func (m *model) Complete(_ context.Context, req Request) (string, error) {
	return answer(m, m.name+": "+req.Prompt)
}
func (m *model) Embed(_ context.Context, text string, size int) ([]float32, error) {
	return answer(m, []float32{float32(len(text)), float32(size)})
}
func (m *model) Price(model string) (float64, error) { return answer(m, float64(len(model))) }
func (m *model) Models(context.Context) (map[string]time.Time, error) {
	return answer(m, map[string]time.Time{m.name: {}})
}
func (m *model) Count(_ context.Context, words ...string) (int, int, error) {
	n, err := answer(m, len(words))
	return n, m.calls, err
}
func (m *model) Ping(context.Context) error { _, err := answer(m, 0); return err }

// apology is the last word.
type apology struct{ err error }

func (a apology) Apologize(_ context.Context, req Request, _ error) (string, error) {
	return "sorry: " + req.Prompt, a.err
}

// memory is the simplest cache: it forgets nothing but what has expired.
type memory struct {
	entries map[cb.CacheKey]entry
	limits  cb.CacheLimits
}

type entry struct {
	answer any
	stored time.Time
	ttl    time.Duration
}

func newMemory() *memory { return &memory{entries: map[cb.CacheKey]entry{}} }

func (m *memory) Get(_ context.Context, key cb.CacheKey, _ func() any) (any, time.Time, error) {
	e, ok := m.entries[key]
	if !ok || time.Since(e.stored) >= e.ttl {
		return nil, time.Time{}, cb.ErrNotCached
	}
	return e.answer, e.stored, nil
}

func (m *memory) Set(_ context.Context, key cb.CacheKey, answer any, keep cb.CacheLimits) {
	m.entries[key], m.limits = entry{answer, time.Now(), keep.TTL}, keep
}

// TestDegrade goes down the whole chain and up again: each link behind its own breaker.
func TestDegrade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		large, small, cache := &model{name: "large"}, &model{name: "small"}, newMemory()
		standby := NewModelBreaker(small, apology{errDown}, nil, newMemory(), cb.WithName("small"))
		b := NewModelBreaker(large, apology{}, standby, cache, cb.WithName("large"))
		ask := func(prompt string) (string, cb.Served) {
			ctx, provenance := cb.WithProvenance(t.Context())
			text, err := b.Complete(ctx, Request{Prompt: prompt})
			require.NoError(t, err)
			return text, provenance.Served()
		}

		text, served := ask("Hello")
		assert.Equal(t, "large: Hello", text)
		assert.Zero(t, served)
		assert.Equal(t, cb.CacheLimits{TTL: time.Hour, Max: 2}, cache.limits)

		large.down = true
		text, served = ask("hello")
		assert.Equal(t, "small: hello", text)
		assert.Equal(t, cb.Served{By: "standby"}, served)
		ask("hello")
		assert.Equal(t, 3, large.calls)
		ask("hello")
		assert.Equal(t, 3, large.calls, "large is open, small answers")
		assert.Equal(t, 3, small.calls)

		time.Sleep(time.Second)
		small.down = true
		text, served = ask("HELLO")
		assert.Equal(t, "small: hello", text, "the standby's own cache: its last answer for an equal key")
		assert.Equal(t, cb.Served{By: "standby/cache", Stale: true, Age: time.Second, Similarity: 1}, served)
		require.NoError(t, first(b.Complete(t.Context(), Request{Prompt: "new"})), "an apology is no error")

		standby.cache.(*memory).entries = nil
		text, served = ask("HELLO")
		assert.Equal(t, "large: Hello", text)
		assert.Equal(t, cb.Served{By: "cache", Stale: true, Age: time.Second, Similarity: 1}, served)
		calls := small.calls
		text, served = ask("never asked")
		assert.Equal(t, "sorry: never asked", text)
		assert.Equal(t, cb.Served{By: "Apologize"}, served)
		assert.Equal(t, calls, small.calls, "small is open, too")

		time.Sleep(time.Hour)
		text, _ = ask("HELLO")
		assert.Equal(t, "sorry: HELLO", text, "nothing is kept for longer than an hour")
		large.down, small.down = false, false
		time.Sleep(time.Minute)
		text, served = ask("HELLO")
		assert.Equal(t, "large: HELLO", text)
		assert.Zero(t, served)
	})
}

func first[T any](_ T, err error) error { return err }

func TestNoStandby(t *testing.T) {
	t.Parallel()
	down := &model{down: true}
	b := NewModelBreaker(down, apology{}, nil, newMemory())
	assert.Equal(t, errDown, b.Ping(t.Context()), "as if there were no fallback")
	_, cached, err := b.Count(t.Context(), "a", "b")
	assert.Equal(t, errDown, err)
	assert.Equal(t, 2, cached, "what came with the error")

	b = NewModelBreaker(down, apology{}, &model{}, newMemory())
	require.NoError(t, b.Ping(t.Context()))
	tokens, _, err := b.Count(t.Context(), "a", "b")
	require.NoError(t, err)
	assert.Equal(t, 2, tokens)
}

func TestCache(t *testing.T) {
	t.Parallel()
	m, cache := &model{name: "m"}, newMemory()
	b := NewModelBreaker(m, apology{}, nil, cache)
	vector, err := b.Embed(t.Context(), "text", 3)
	require.NoError(t, err)
	_, err = b.Price("four")
	require.NoError(t, err)
	assert.Equal(t, cb.CacheLimits{TTL: 10 * time.Minute, Max: 1000}, cache.limits, "the defaults")

	m.down = true
	again, err := b.Embed(t.Context(), "text", 3)
	require.NoError(t, err)
	assert.Equal(t, vector, again)
	_, err = b.Embed(t.Context(), "text", 4)
	require.ErrorIs(t, err, errDown, "other arguments")
	require.ErrorIs(t, err, cb.ErrNotCached)
	_, err = b.Price("four")
	require.NoError(t, err, "on=failure: the first failure")
	_, err = b.Price("four")
	require.NoError(t, err)
	_, err = b.Price("four")
	assert.ErrorIs(t, err, cb.ErrOpen, "on=failure: not for rejections")

	require.Len(t, cache.entries, 2, "neither failures nor the cache's own answers are stored")
}

func TestConstructor(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "degrade.NewModelBreaker: cache is nil", func() { NewModelBreaker(&model{}, apology{}, nil, nil) })
	assert.NotPanics(t, func() { NewModelBreaker(&model{}, apology{}, nil, newMemory()) })
}

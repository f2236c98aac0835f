package similar

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

// model answers with what it was asked, unless it is down.
type model struct {
	down  bool
	calls int
}

func (m *model) err() error {
	m.calls++
	if m.down {
		return errDown
	}
	return nil
}

func (m *model) Complete(_ context.Context, req *Request) (string, error) {
	return "re: " + string(req.Prompt), m.err()
}
func (m *model) Search(_ context.Context, query string) ([]string, error) {
	return strings.Fields(query), m.err()
}
func (m *model) Price(model string) (float64, error) { return float64(len(model)), m.err() }
func (m *model) Count(_ context.Context, text string) (int, int, error) {
	err := m.err()
	return len(text), m.calls, err
}
func (m *model) Limits() (int, string, map[string]int, error) {
	err := m.err()
	return m.calls, "a minute", map[string]int{"calls": m.calls}, err
}
func (m *model) Sign(r *http.Request, err string) (string, int, int, bool, error) {
	return r.Host + err, 2, 3, true, m.err()
}
func (m *model) Lookup(_ context.Context, key string) (int, bool, error) {
	return len(key), true, m.err()
}

// memory calls alike what begins alike.
type memory struct{ entries map[cb.CacheKey]entry }

type entry struct {
	answer any
	stored time.Time
	keep   cb.CacheLimits
}

func newMemory() *memory { return &memory{entries: map[cb.CacheKey]entry{}} }

func (m *memory) Get(_ context.Context, key cb.CacheKey, _ func() any) (any, time.Time, error) {
	if e, ok := m.entries[key]; ok {
		return e.answer, e.stored, nil
	}
	return nil, time.Time{}, cb.ErrNotCached
}

func (m *memory) Set(_ context.Context, key cb.CacheKey, answer any, keep cb.CacheLimits) {
	m.entries[key] = entry{answer, time.Now(), keep}
}

func (m *memory) Nearest(
	_ context.Context, key cb.CacheKey, least float64, _ func() any,
) (answer any, stored time.Time, similarity float64, err error) {
	for other, e := range m.entries {
		if other.Method == key.Method && least <= 0.9 && strings.HasPrefix(key.Args.(string), other.Args.(string)) {
			return e.answer, e.stored, 0.9, nil
		}
	}
	return nil, time.Time{}, 0, cb.ErrNotCached
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, cache := &model{}, newMemory()
		b := NewModelBreaker(m, nil, cache)
		ask := func(prompt Text) (string, cb.Served, error) {
			ctx, provenance := cb.WithProvenance(t.Context())
			text, err := b.Complete(ctx, &Request{Prompt: prompt, User: "ann"})
			return text, provenance.Served(), err
		}
		_, _, err := ask("hello")
		require.NoError(t, err)
		kept := cache.entries[cb.CacheKey{Client: "similar.Model", Method: "Complete", Args: "hello"}]
		assert.Equal(t, cb.CacheLimits{TTL: time.Hour, Max: 1000, Similar: 0.8}, kept.keep)

		m.down = true
		time.Sleep(time.Minute)
		text, served, err := ask("hello world")
		require.NoError(t, err)
		assert.Equal(t, "re: hello", text)
		assert.Equal(t, cb.Served{By: "cache", Stale: true, Age: time.Minute, Similarity: 0.9}, served)
		text, served, err = ask("hello")
		require.NoError(t, err)
		assert.Equal(t, "re: hello", text)
		assert.Equal(t, cb.Served{By: "cache", Stale: true, Age: time.Minute, Similarity: 1}, served)
		_, _, err = ask("other")
		require.ErrorIs(t, err, cb.ErrOpen)
		require.ErrorIs(t, err, cb.ErrNotCached)

		m.down = false
		_, err = b.Price("small")
		require.NoError(t, err)
		m.down = true
		_, err = b.Price("small-2")
		require.ErrorIs(t, err, cb.ErrNotCached, "without similar= equal keys only")
	})
}

// TestSeveralResults keeps them as one, and gives partial ones back with their error.
func TestSeveralResults(t *testing.T) {
	t.Parallel()
	m, standby, cache := &model{}, &model{down: true}, newMemory()
	b := NewModelBreaker(m, standby, cache)
	tokens, cached, err := b.Count(t.Context(), "four")
	require.NoError(t, err)
	assert.Equal(t, [2]int{4, 1}, [2]int{tokens, cached})
	calls, per, all, err := b.Limits()
	require.NoError(t, err)
	assert.Equal(t, 2, calls)

	m.down = true
	tokens, cached, err = b.Count(t.Context(), "four and more")
	require.NoError(t, err)
	assert.Equal(t, [2]int{4, 1}, [2]int{tokens, cached}, "the kept answer to a call that is alike")
	assert.Equal(t, 1, standby.calls, "asked before")
	tokens, cached, err = b.Count(t.Context(), "12345678")
	require.NoError(t, err)
	assert.Equal(t, [2]int{2, -1}, [2]int{tokens, cached}, "the guess")
	againCalls, againPer, againAll, err := b.Limits()
	require.NoError(t, err)
	assert.Equal(t, []any{calls, per, all}, []any{againCalls, againPer, againAll})
	standby.down = false
	tokens, _, err = b.Count(t.Context(), "12345678")
	require.NoError(t, err)
	assert.Equal(t, 8, tokens, "the standby")

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com", nil)
	require.NoError(t, err)
	text, two, _, yes, err := b.Sign(req, "!")
	require.ErrorIs(t, err, errDown)
	require.ErrorIs(t, err, cb.ErrNotCached)
	assert.Equal(t, []any{"example.com!", 2, true}, []any{text, two, yes}, "what came with the error")
	m.down = false
	_, _, _, _, err = b.Sign(req, "!")
	require.NoError(t, err)
	m.down = true
	text, _, three, _, err := b.Sign(req, "?")
	require.NoError(t, err)
	assert.Equal(t, []any{"example.com!", 3}, []any{text, three})

	up := &model{}
	index := NewIndexBreaker(Index[string, int](up), newMemory())
	_, _, err = index.Lookup(t.Context(), "key")
	require.NoError(t, err)
	up.down = true
	first, found, err := index.Lookup(t.Context(), "key")
	require.NoError(t, err)
	assert.Equal(t, []any{3, true}, []any{first, found})
}

// exact finds equal keys only.
type exact struct{ cb.Cache }

func TestConstructor(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t,
		"cb: similar.Model.Complete: a similar.exact finds equal keys only, it is no cb.SimilarCache: use another, such as cbcache.New(), or no similar=",
		func() { NewModelBreaker(&model{}, nil, exact{newMemory()}) })

	policies, err := cb.ReadPolicies(DefaultModelPolicies(), []byte(`{
		"Complete": {"fallback": {"cache": {"similar": "off"}}}, "Search": {"fallback": {"cache": {"similar": "off"}}},
		"Count": {"fallback": {"cache": {"similar": "off"}}}
	}`))
	require.NoError(t, err)
	assert.NotPanics(t, func() { NewModelBreaker(&model{}, nil, exact{newMemory()}, WithModelPolicies(policies)) })
	policies, err = cb.ReadPolicies(policies, []byte(`{"Limits": {"fallback": {"cache": {"similar": 0.5}}}}`))
	require.NoError(t, err)
	assert.PanicsWithValue(t,
		"cb: similar.Model.Limits: Similar is 0.5, and the method's key is no string: write what is to be compared with key=",
		func() { NewModelBreaker(&model{}, nil, newMemory(), WithModelPolicies(policies)) })
}

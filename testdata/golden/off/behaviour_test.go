package off

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

type store struct{ keys []string }

func (*store) Get(context.Context, string) (string, error) { return "", errDown }
func (*store) Ping(context.Context) error                  { return errDown }
func (*store) Close() error                                { return errDown }
func (*store) Stats() (hits, misses int)                   { return 1, 2 }

func (s *store) Watch(_ context.Context, keys ...string) (<-chan string, error) {
	s.keys = keys
	return nil, errDown
}

func TestOff(t *testing.T) {
	t.Parallel()
	s, registry := &store{}, cb.NewRegistry()
	b := NewStoreBreaker(s, cb.WithRegistry(registry))
	for range 5 {
		require.ErrorIs(t, b.Ping(t.Context()), errDown)
		require.ErrorIs(t, b.Close(), errDown)
		_, err := b.Watch(t.Context(), "a", "b")
		require.ErrorIs(t, err, errDown)
	}
	assert.Equal(t, []string{"a", "b"}, s.keys)
	hits, misses := b.Stats()
	assert.Equal(t, 1, hits)
	assert.Equal(t, 2, misses)
	assert.Len(t, registry.Breakers(), 1, "only Get has a breaker")
}

package generics

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

type repo[K comparable, V any] struct{ value V }

func (r repo[K, V]) Get(context.Context, K) (V, error)    { return r.value, errDown }
func (r repo[K, V]) Peek(context.Context, K) (V, error)   { return r.value, errDown }
func (r repo[K, V]) Put(context.Context, K, V) error      { return errDown }
func (r repo[K, V]) All(context.Context) (map[K]V, error) { return nil, nil }
func (r repo[K, V]) Len() int                             { return 7 }
func (r repo[K, V]) Extra(context.Context, string) error  { return nil }

type cached[K comparable, V any] struct{ value V }

func (c cached[K, V]) GetCached(_ context.Context, _ K, cause error) (V, error) {
	return c.value, nil
}

func TestRepo(t *testing.T) {
	t.Parallel()
	var b Repo[string, int] = NewRepoBreaker[string, int](repo[string, int]{5}, cached[string, int]{6})
	got, err := b.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, 6, got, "the fallback")
	got, err = NewPeekerBreaker[string, int](repo[string, int]{5}).Peek(t.Context(), "k")
	require.NoError(t, err)
	assert.Zero(t, got, "a generic function is instantiated")
	assert.Equal(t, 7, b.Len())
	for range 2 {
		require.ErrorIs(t, b.Put(t.Context(), "k", 1), errDown)
	}
	require.ErrorIs(t, b.Put(t.Context(), "k", 1), cb.ErrOpen)
}

type number struct{}

func (number) Add(_ context.Context, a, b float64) (float64, error) { return a + b, nil }

func TestInferred(t *testing.T) {
	t.Parallel()
	sum, err := NewLocalBreaker[float64](number{}).Add(t.Context(), 1, 2)
	require.NoError(t, err)
	assert.InDelta(t, 3.0, sum, 0)
}

type clash struct{}

func (clash) Mix(_ context.Context, p1 int, _ string, _ bool, _ byte, _ rune) (int, error) {
	return p1, nil
}

func TestClash(t *testing.T) {
	t.Parallel()
	got, err := NewClashBreaker[int, string, bool, byte, rune](clash{}).Mix(t.Context(), 3, "", true, 0, 0)
	require.NoError(t, err)
	assert.Equal(t, 3, got)
}

// The wrappers of instances are plain types.
var (
	_ Repo[int, string] = (*IntRepoBreaker)(nil)
	_ Sub[string]       = (*SubBreaker[string])(nil)
	_ RepoOf[float64]   = (*ByIDBreaker)(nil)
	_ unexported[int]   = (*unexportedBreaker[int])(nil)
)

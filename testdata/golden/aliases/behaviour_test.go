package aliases

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/testdata/golden/aliases/public"
)

type store struct{ limited bool }

func (s *store) Get(ctx context.Context, id string) ([]string, error) {
	_, s.limited = ctx.Deadline()
	return []string{id}, nil
}

func (s *store) Each(ctx context.Context, ids []string, handle Handler) error {
	return handle(ctx, ids...)
}

func (s *store) Hidden(_ context.Context, h public.Hidden) (*public.Hidden, error) { return &h, nil }

func TestAliasOfContextIsTheContext(t *testing.T) {
	t.Parallel()
	s := &store{}
	b := NewStoreBreaker(s)
	ids, err := b.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, ids)
	assert.True(t, s.limited, "the deadline goes through an alias of context.Context")
}

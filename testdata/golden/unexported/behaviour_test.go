package unexported

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type impl struct{}

func (impl) answer(context.Context, request) (*response, error) { return nil, errors.New("down") }
func (impl) Reset(context.Context) error                        { return nil }

type cached struct{}

func (cached) answerCached(_ context.Context, req request, cause error) (*response, error) {
	return &response{a: req.q + cause.Error()}, nil
}

func TestUnexportedNames(t *testing.T) {
	t.Parallel()
	policies := defaultProviderPolicies()
	assert.Equal(t, 1, policies.answer.Threshold)
	var f providerFallback = cached{}
	var b *providerBreaker = newProviderBreaker(impl{}, f, withProviderPolicies(policies))
	for range 2 {
		resp, err := b.answer(t.Context(), request{"q "})
		require.NoError(t, err)
		assert.Contains(t, resp.a, "q ")
	}
}

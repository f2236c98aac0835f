package retryafter

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

type upstream struct{ err error }

func (u upstream) Do(context.Context) error      { return u.err }
func (u upstream) Ignored(context.Context) error { return u.err }

func TestErrorsWithoutHeadersAreRead(t *testing.T) {
	t.Parallel()
	for _, err := range []error{&ResponseError{StatusCode: 503}, HeaderError{}} {
		breaker := NewClientBreaker(upstream{err})
		for range 5 {
			require.Equal(t, err, breaker.Do(t.Context()))
			require.Equal(t, err, breaker.Ignored(t.Context()))
		}
		require.ErrorIs(t, breaker.Do(t.Context()), cb.ErrOpen, "a reader of headers matches nothing by itself and changes no verdict")
	}
	policies := DefaultClientPolicies()
	assert.Len(t, policies.Do.Failure.Errors, 4)
	assert.Len(t, policies.Ignored.Ignore.Errors, 1)
}

package wrap

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

type upstream struct{ err error }

func (u upstream) Send(context.Context, string) error            { return u.err }
func (u upstream) Open(context.Context) (Channel, error)         { return nil, u.err }
func (u upstream) Name() string                                  { return "upstream" }
func (u upstream) Get(context.Context, int) (string, error)      { return "", u.err }
func (u upstream) Spare(context.Context, error) (Channel, error) { return u, nil }

type spare struct{}

func (spare) Spare(_ context.Context, key int, _ error) (string, error) { return "spare", nil }

func TestNames(t *testing.T) {
	t.Parallel()
	broken := upstream{errors.New("refused")}

	var channel Channel = NewChannelBreaker(broken)
	require.ErrorIs(t, channel.Send(t.Context(), "x"), broken.err)

	var fallback NewChannelFallback = broken
	var factory *GuardedNewChannel = NewGuardedNewChannel(broken, fallback, WithNewChannelPolicies(NewChannelPolicies{Open: cb.Policy{Threshold: 1}}))
	opened, err := factory.Open(t.Context())
	require.NoError(t, err)
	assert.Equal(t, broken, opened)

	var spareStore guardedStoreFallback[int] = spare{}
	store := newGuardedStore(Store[int](broken), spareStore, withGuardedStorePolicies(defaultGuardedStorePolicies()))
	text, err := store.Get(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, "spare", text)
}

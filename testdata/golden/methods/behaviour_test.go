package methods

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// impl implements private and counts.
type impl struct{ calls []string }

func (i *impl) note(name string) error { i.calls = append(i.calls, name); return nil }

func (i *impl) next(context.Context) error       { return i.note("next") }
func (i *impl) get(context.Context) error        { return i.note("get") }
func (i *impl) Get(context.Context) error        { return i.note("Get") }
func (i *impl) nextMethod(context.Context) error { return i.note("nextMethod") }
func (i *impl) b(context.Context) error          { return i.note("b") }
func (i *impl) cb(context.Context) error         { return i.note("cb") }
func (i *impl) len() int                         { return 4 }
func (i *impl) range_(context.Context) error     { return i.note("range_") }

func (i *impl) fallback(context.Context) error {
	_ = i.note("fallback")
	return errors.New("down")
}

type fallbacks struct{ cause error }

func (f *fallbacks) elsewhere(_ context.Context, cause error) error {
	f.cause = cause
	return nil
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	i, f := &impl{}, &fallbacks{}
	var p private = newPrivateBreaker(i, f)
	for _, call := range []func(context.Context) error{
		p.next, p.fallback, p.get, p.Get, p.nextMethod, p.b, p.cb, p.range_,
	} {
		require.NoError(t, call(t.Context()))
	}
	assert.Equal(t, []string{"next", "fallback", "get", "Get", "nextMethod", "b", "cb", "range_"}, i.calls)
	require.EqualError(t, f.cause, "down")
	assert.Equal(t, 4, p.len())
}

package deadline

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// hanging waits for its context in every method.
type hanging struct{ limited bool }

func (h *hanging) wait(ctx context.Context) error {
	_, h.limited = ctx.Deadline()
	<-ctx.Done()
	return ctx.Err()
}

func (h *hanging) Inherit(ctx context.Context) error       { return h.wait(ctx) }
func (h *hanging) Longer(ctx context.Context) error        { return h.wait(ctx) }
func (h *hanging) Unlimited(ctx context.Context) error     { return h.wait(ctx) }
func (h *hanging) NoContext(int) error                     { return nil }
func (h *hanging) Second(_ int, ctx context.Context) error { return h.wait(ctx) }
func (h *hanging) Own(c context.Context, _ string) error   { return h.wait(c) }
func (h *hanging) Free(ctx context.Context)                { _, h.limited = ctx.Deadline() }

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		want time.Duration
		call func(context.Context, *SlowBreaker) error
	}{
		"inherited":    {2 * time.Second, func(ctx context.Context, b *SlowBreaker) error { return b.Inherit(ctx) }},
		"own":          {90 * time.Second, func(ctx context.Context, b *SlowBreaker) error { return b.Longer(ctx) }},
		"second":       {2 * time.Second, func(ctx context.Context, b *SlowBreaker) error { return b.Second(1, ctx) }},
		"another name": {2 * time.Second, func(ctx context.Context, b *SlowBreaker) error { return b.Own(ctx, "") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := NewSlowBreaker(&hanging{})
				start := time.Now()
				require.ErrorIs(t, tt.call(t.Context(), b), context.DeadlineExceeded)
				assert.Equal(t, tt.want, time.Since(start))
				require.ErrorIs(t, tt.call(t.Context(), b), context.DeadlineExceeded)
				require.ErrorIs(t, tt.call(t.Context(), b), cb.ErrOpen, "our own deadline is a failure")
			})
		})
	}
}

func TestNoLimit(t *testing.T) {
	t.Parallel()
	h := &hanging{}
	b := NewSlowBreaker(h)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.Unlimited(ctx), context.Canceled)
	assert.False(t, h.limited)
	b.Free(ctx)
	assert.False(t, h.limited)
	require.NoError(t, b.NoContext(1))
}

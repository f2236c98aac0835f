package cb_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestRetry_OnDeadline(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	tells := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	late := func(err error) func(context.Context) error {
		return func(ctx context.Context) error { <-ctx.Done(); return err }
	}
	for name, tt := range map[string]struct {
		attempts []func(context.Context) error
		want     int
	}{
		"a call that hangs":                     {[]func(context.Context) error{hang, tells(nil)}, 2},
		"all of them":                           {[]func(context.Context) error{hang, hang, hang, hang}, 3},
		"refused":                               {[]func(context.Context) error{tells(errDown)}, 1},
		"refused, the second":                   {[]func(context.Context) error{hang, tells(errDown)}, 2},
		"told to come back":                     {[]func(context.Context) error{tells(pushback(time.Second))}, 1},
		"a deadline of the upstream's own":      {[]func(context.Context) error{tells(context.DeadlineExceeded)}, 1},
		"late, with an error of the upstream's": {[]func(context.Context) error{late(errDown), tells(nil)}, 2},
		"late, and well":                        {[]func(context.Context) error{late(nil)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Deadline: time.Second, Retry: cb.Retry{Max: 2, On: cb.OnDeadline}}, exactly())
				n := 0
				_ = b.Do(t.Context(), func(ctx context.Context) error {
					n++
					return tt.attempts[n-1](ctx)
				})
				assert.Equal(t, tt.want, n)
			})
		})
	}
}

func TestRetry_OnDeadlineIsNotTheCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Deadline: time.Minute, Retry: cb.Retry{Max: 2, On: cb.OnDeadline}}, exactly())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		n := 0
		_ = b.Do(ctx, func(ctx context.Context) error { n++; <-ctx.Done(); return ctx.Err() })
		assert.Equal(t, 1, n)
	})
}

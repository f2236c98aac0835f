package ignore

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

type codeError int

func (e codeError) Error() string   { return fmt.Sprint(int(e)) }
func (e codeError) StatusCode() int { return int(e) }

type store struct{ err error }

func (s *store) answer(ctx context.Context) error {
	if s.err == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.err
}

func (s *store) Get(ctx context.Context, _ string) (string, error) { return "partial", s.answer(ctx) }
func (s *store) Put(ctx context.Context, _, _ string) error        { return s.answer(ctx) }
func (s *store) Drop(ctx context.Context, _ string) error          { return s.answer(ctx) }
func (s *store) Swap(ctx context.Context, _ string) error          { return s.answer(ctx) }

func TestIgnored(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, b *StoreBreaker) error {
		v, err := b.Get(ctx, "k")
		if !errors.Is(err, cb.ErrOpen) {
			assert.Equal(t, "partial", v)
		}
		return err
	}
	put := func(ctx context.Context, b *StoreBreaker) error { return b.Put(ctx, "k", "v") }
	drop := func(ctx context.Context, b *StoreBreaker) error { return b.Drop(ctx, "k") }
	swap := func(ctx context.Context, b *StoreBreaker) error { return b.Swap(ctx, "k") }

	for name, tt := range map[string]struct {
		err   error // nil: until the caller's deadline
		call  func(context.Context, *StoreBreaker) error
		opens bool
	}{
		"value":                          {ErrNotMine, get, false},
		"wrapped value":                  {fmt.Errorf("get: %w", ErrNotMine), get, false},
		"code":                           {codeError(409), get, false},
		"other code":                     {codeError(500), get, true},
		"caller's deadline is a failure": {nil, get, true},
		"unless it is ignored":           {nil, put, false},
		"codes are inherited":            {codeError(404), put, false},
		"off":                            {ErrNotMine, drop, true},
		"ignore beats failure":           {codeError(404), swap, false},
		"failure beside ignore":          {codeError(503), swap, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := NewStoreBreaker(&store{err: tt.err})
				call := func() error {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					return tt.call(ctx, b)
				}
				for range 2 {
					require.NotErrorIs(t, call(), cb.ErrOpen)
				}
				assert.Equal(t, tt.opens, errors.Is(call(), cb.ErrOpen))
			})
		})
	}
}

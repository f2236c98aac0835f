package results

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// shapes fails in every method that can.
type shapes struct{ Shapes }

func (shapes) OnlyError(context.Context) error                  { return errDown }
func (shapes) Named(context.Context) (int, error)               { return 1, errDown }
func (shapes) Three(context.Context) (int, string, error)       { return 1, "a", errDown }
func (shapes) ErrorFirst(context.Context) (error, int)          { return errDown, 1 }
func (shapes) ErrorMiddle(context.Context) (int, error, string) { return 1, errDown, "a" }
func (shapes) TwoErrors(context.Context) (error, error)         { return errDown, nil }
func (shapes) ErrorsAround(context.Context) (error, int, error) { return errDown, 1, nil }
func (shapes) Custom(context.Context) (int, ErrorLike)          { return 1, errDown }
func (shapes) CustomWide(context.Context) (int, Wide)           { return 1, nil }
func (shapes) Concrete(context.Context) *Concrete               { return nil }
func (shapes) Literal(context.Context) (int, interface{ Error() string }) {
	return 1, errDown
}

func TestEveryErrorOpens(t *testing.T) {
	t.Parallel()
	asError := func(e ErrorLike) error {
		err, _ := e.(error)
		return err
	}
	for name, call := range map[string]func(*ShapesBreaker) (partial bool, first, last error){
		"only": func(b *ShapesBreaker) (bool, error, error) {
			err := b.OnlyError(t.Context())
			return true, err, err
		},
		"named": func(b *ShapesBreaker) (bool, error, error) {
			n, err := b.Named(t.Context())
			return n == 1, err, err
		},
		"three": func(b *ShapesBreaker) (bool, error, error) {
			n, s, err := b.Three(t.Context())
			return n == 1 && s == "a", err, err
		},
		"first": func(b *ShapesBreaker) (bool, error, error) {
			err, n := b.ErrorFirst(t.Context())
			return n == 1, err, err
		},
		"middle": func(b *ShapesBreaker) (bool, error, error) {
			n, err, s := b.ErrorMiddle(t.Context())
			return n == 1 && s == "a", err, err
		},
		"two: the first fails, the last carries the rejection": func(b *ShapesBreaker) (bool, error, error) {
			first, last := b.TwoErrors(t.Context())
			return last == nil, first, last
		},
		"around": func(b *ShapesBreaker) (bool, error, error) {
			first, n, last := b.ErrorsAround(t.Context())
			return n == 1, first, last
		},
		"custom": func(b *ShapesBreaker) (bool, error, error) {
			n, e := b.Custom(t.Context())
			return n == 1, asError(e), asError(e)
		},
		"literal": func(b *ShapesBreaker) (bool, error, error) {
			n, e := b.Literal(t.Context())
			return n == 1, asError(e), asError(e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := NewShapesBreaker(shapes{})
			for range 2 {
				partial, first, _ := call(b)
				require.Equal(t, errDown, first)
				assert.True(t, partial, "what comes with an error comes back with it")
			}
			_, _, last := call(b)
			require.ErrorIs(t, last, cb.ErrOpen)
		})
	}
}

func TestNilStaysNil(t *testing.T) {
	t.Parallel()
	b := NewShapesBreaker(shapes{})
	n, wide := b.CustomWide(t.Context())
	assert.Equal(t, 1, n)
	assert.True(t, wide == nil)
	assert.True(t, b.Concrete(t.Context()) == nil)
}

type inside struct {
	err   error
	calls int
}

func (i *inside) cmd() *Cmd { i.calls++; return &Cmd{n: 1, err: i.err} }

func (i *inside) Do(context.Context, string) *Cmd     { return i.cmd() }
func (i *inside) Falls(context.Context, string) *Cmd  { return i.cmd() }
func (i *inside) Both(context.Context) (*Cmd, error)  { return i.cmd(), nil }
func (i *inside) Value(context.Context) Value         { i.calls++; return Value{i.err} }
func (i *inside) Query(context.Context, string) *Rows { i.calls++; return &Rows{i.err} }
func (i *inside) Plain(context.Context, string) *Rows { i.calls++; return &Rows{i.err} }

type cached struct{ cause error }

func (c *cached) DoCached(_ context.Context, _ string, cause error) *Cmd {
	c.cause = cause
	return &Cmd{n: 2}
}

func TestErrorInside(t *testing.T) {
	t.Parallel()
	i := &inside{err: errDown}
	b := NewInsideBreaker(i, &cached{})
	for range 2 {
		cmd := b.Do(t.Context(), "k")
		require.Equal(t, errDown, cmd.Err())
		assert.Equal(t, 1, cmd.n)
	}
	cmd := b.Do(t.Context(), "k")
	require.ErrorIs(t, cmd.Err(), cb.ErrOpen)
	assert.Zero(t, cmd.n)
	assert.Equal(t, 2, i.calls)
}

func TestErrorInsideFallsBack(t *testing.T) {
	t.Parallel()
	i, c := &inside{err: errDown}, &cached{}
	b := NewInsideBreaker(i, c)
	for range 3 {
		require.NoError(t, b.Query(t.Context(), "q").Err())
		cmd := b.Falls(t.Context(), "k")
		require.NoError(t, cmd.Err())
		assert.Equal(t, 2, cmd.n)
	}
	require.ErrorIs(t, c.cause, cb.ErrOpen)
	assert.Equal(t, 4, i.calls, "both are open")
}

func TestWhatCannotCarryARejectionPassesThrough(t *testing.T) {
	t.Parallel()
	i := &inside{err: errDown}
	b := NewInsideBreaker(i, &cached{})
	for range 5 {
		require.Equal(t, errDown, b.Plain(t.Context(), "q").Err())
		require.Equal(t, errDown, b.Value(t.Context()).Err())
	}
	assert.Equal(t, 10, i.calls)
	for range 5 {
		_, err := b.Both(t.Context())
		require.NoError(t, err, "the error beside it is what counts")
	}
}

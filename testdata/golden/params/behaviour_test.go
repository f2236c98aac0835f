package params

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// names records what reaches it: an argument in the wrong place shows.
type names struct {
	Names
	got string
}

func (n *names) record(args ...any) { n.got = fmt.Sprint(args...) }

func (n *names) Imports(_ context.Context, d time.Duration, i int, a, b, c string) (int, error) {
	n.record(d, i, a, b, c)
	return 1, nil
}

func (n *names) Predeclared(_ context.Context, a, b, c, d, e, f, g, h, i, j int) (int, error) {
	n.record(a, b, c, d, e, f, g, h, i, j)
	return 2, nil
}

func (n *names) Types(_ context.Context, a, b, c, d, e, f float64) (float64, []uint8) {
	n.record(a, b, c, d, e, f)
	return 3, []byte("x")
}

func (n *names) Wrapper(a, b, c, d, e, f string) error {
	n.record(a, b, c, d, e, f)
	return nil
}

func (n *names) Results(context.Context) (string, int, error) { return "a", 4, errors.New("e") }

func (n *names) Unnamed(_ context.Context, s string, i int, rest ...string) (int, error) {
	n.record(s, i, rest)
	return 5, nil
}

func TestNames(t *testing.T) {
	t.Parallel()
	n := &names{}
	b := NewNamesBreaker(n)
	ctx := t.Context()

	got, err := b.Imports(ctx, time.Second, 2, "a", "b", "c")
	require.NoError(t, err)
	assert.Equal(t, 1, got)
	assert.Equal(t, fmt.Sprint(time.Second, 2, "a", "b", "c"), n.got)

	got, err = b.Predeclared(ctx, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	require.NoError(t, err)
	assert.Equal(t, 2, got)
	assert.Equal(t, "1 2 3 4 5 6 7 8 9 10", n.got)

	f, raw := b.Types(ctx, 1, 2, 3, 4, 5, 6)
	assert.InDelta(t, 3.0, f, 0)
	assert.Equal(t, "x", string(raw))
	assert.Equal(t, "1 2 3 4 5 6", n.got)

	require.NoError(t, b.Wrapper("a", "b", "c", "d", "e", "f"))
	assert.Equal(t, fmt.Sprint("a", "b", "c", "d", "e", "f"), n.got)

	s, i, err := b.Results(ctx)
	require.EqualError(t, err, "e")
	assert.Equal(t, "a", s)
	assert.Equal(t, 4, i)

	got, err = b.Unnamed(ctx, "s", 1, "x", "y")
	require.NoError(t, err)
	assert.Equal(t, 5, got)
	assert.Equal(t, fmt.Sprint("s", 1, []string{"x", "y"}), n.got)
}

type falling struct{}

var errDown = errors.New("down")

func (falling) Unnamed(context.Context, string, ...int) (int, error) { return 0, errDown }
func (falling) Blank(context.Context, string) error                  { return errDown }
func (falling) Clash(context.Context, error, string, int) error      { return errDown }
func (falling) Function(context.Context, string) (string, error)     { return "", errDown }
func (falling) Variadic(...string) error                             { return errDown }

type fallbacks struct{ got string }

func (f *fallbacks) FromUnnamed(_ context.Context, s string, is []int, cause error) (int, error) {
	f.got = fmt.Sprint(s, is, cause)
	return 1, nil
}

func (f *fallbacks) FromBlank(_ context.Context, s string, cause error) error {
	f.got = fmt.Sprint(s, cause)
	return nil
}

func (f *fallbacks) FromClash(_ context.Context, e error, b string, i int, cause error) error {
	f.got = fmt.Sprint(e, b, i, cause)
	return nil
}

func (f *fallbacks) FromVariadic(ss []string, cause error) error {
	f.got = fmt.Sprint(ss, cause)
	return nil
}

func TestFallbackArguments(t *testing.T) {
	t.Parallel()
	f := &fallbacks{}
	b := NewFallingBreaker(falling{}, f)
	_, err := b.Unnamed(t.Context(), "s", 1, 2)
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint("s", []int{1, 2}, errDown), f.got)
	require.NoError(t, b.Blank(t.Context(), "s"))
	assert.Equal(t, fmt.Sprint("s", errDown), f.got)
	require.NoError(t, b.Clash(t.Context(), context.Canceled, "s", 3))
	assert.Equal(t, fmt.Sprint(context.Canceled, "s", 3, errDown), f.got)
	require.NoError(t, b.Variadic("x"))
	assert.Equal(t, fmt.Sprint([]string{"x"}, errDown), f.got)
	s, err := b.Function(t.Context(), "s")
	require.NoError(t, err)
	assert.Equal(t, "function s", s)
}

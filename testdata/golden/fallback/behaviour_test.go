package fallback

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

// answerer fails in every method but the backups.
type answerer struct {
	calls      int
	backupDown bool
}

func (a *answerer) fail() (string, error) { a.calls++; return "partial", errDown }

func (a *answerer) Method(context.Context, string) (string, error)           { return a.fail() }
func (a *answerer) MethodCause(context.Context, string) (string, error)      { return a.fail() }
func (a *answerer) Func(context.Context, string) (string, error)             { return a.fail() }
func (a *answerer) FuncCause(context.Context, string) (string, error)        { return a.fail() }
func (a *answerer) Ask(context.Context, string) (string, error)              { return a.fail() }
func (a *answerer) AskAgain(context.Context, string) (string, error)         { return a.fail() }
func (a *answerer) Variadic(context.Context, ...string) (string, error)      { return a.fail() }
func (a *answerer) VariadicSame(context.Context, ...string) (string, error)  { return a.fail() }
func (a *answerer) VariadicIface(context.Context, ...string) (string, error) { return a.fail() }
func (a *answerer) Chain(context.Context, string) (string, error)            { return a.fail() }
func (a *answerer) Rejected(context.Context, string) (string, error)         { return a.fail() }
func (a *answerer) Failed(context.Context, string) (string, error)           { return a.fail() }
func (a *answerer) Plain(string) error                                       { a.calls++; return errDown }

func (a *answerer) Several(context.Context, string) (string, float64, error) {
	a.calls++
	return "partial", 0.1, errDown
}

func (a *answerer) Backup(_ context.Context, q string) (string, error) {
	if a.backupDown {
		return "", errDown
	}
	return "backup " + q, nil
}

func (a *answerer) BackupCause(_ context.Context, q string, cause error) (string, error) {
	return "backup " + q + ": " + cause.Error(), nil
}

// elsewhere is the fallback interface.
type elsewhere struct {
	err    error
	causes []error
}

func (e *elsewhere) answer(text string, cause error) (string, error) {
	e.causes = append(e.causes, cause)
	return text, e.err
}

func (e *elsewhere) AskElsewhere(_ context.Context, q string, cause error) (string, error) {
	return e.answer("elsewhere "+q, cause)
}

func (e *elsewhere) VariadicElsewhere(_ context.Context, words []string, cause error) (string, error) {
	return e.answer(strings.Join(words, "+"), cause)
}

func (e *elsewhere) OnlyOpen(_ context.Context, q string, cause error) (string, error) {
	return e.answer("open "+q, cause)
}

func (e *elsewhere) OnlyFailure(_ context.Context, q string, cause error) (string, error) {
	return e.answer("failure "+q, cause)
}

func (e *elsewhere) PlainElsewhere(_ string, cause error) error {
	_, err := e.answer("", cause)
	return err
}

func TestFound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		call func(b *AnswererBreaker) (string, error)
		want string
	}{
		"method":           {func(b *AnswererBreaker) (string, error) { return b.Method(t.Context(), "q") }, "backup q"},
		"method, cause":    {func(b *AnswererBreaker) (string, error) { return b.MethodCause(t.Context(), "q") }, "backup q: down"},
		"function":         {func(b *AnswererBreaker) (string, error) { return b.Func(t.Context(), "q") }, "sorry: q"},
		"function, cause":  {func(b *AnswererBreaker) (string, error) { return b.FuncCause(t.Context(), "q") }, "sorry: q: down"},
		"interface":        {func(b *AnswererBreaker) (string, error) { return b.Ask(t.Context(), "q") }, "elsewhere q"},
		"shared":           {func(b *AnswererBreaker) (string, error) { return b.AskAgain(t.Context(), "q") }, "elsewhere q"},
		"variadic, cause":  {func(b *AnswererBreaker) (string, error) { return b.Variadic(t.Context(), "a", "b") }, "a b: down"},
		"variadic":         {func(b *AnswererBreaker) (string, error) { return b.VariadicSame(t.Context(), "a", "b") }, "a b"},
		"variadic, iface":  {func(b *AnswererBreaker) (string, error) { return b.VariadicIface(t.Context(), "a", "b") }, "a+b"},
		"failure of three": {func(b *AnswererBreaker) (string, error) { return b.Chain(t.Context(), "q") }, "elsewhere q"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &answerer{}
			got, err := tt.call(NewAnswererBreaker(a, &elsewhere{}))
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, 1, a.calls)
		})
	}
}

func TestChainInOrder(t *testing.T) {
	t.Parallel()
	a, e := &answerer{backupDown: true}, &elsewhere{err: errDown}
	b := NewAnswererBreaker(a, e)
	for range 2 {
		got, err := b.Chain(t.Context(), "q")
		require.NoError(t, err)
		assert.Equal(t, "sorry: q", got, "the line before it failed, the first is for rejections")
	}
	a.backupDown = false
	got, err := b.Chain(t.Context(), "q")
	require.NoError(t, err)
	assert.Equal(t, "backup q", got, "open: the first line answers")
	assert.Equal(t, 2, a.calls)
}

func TestOn(t *testing.T) {
	t.Parallel()
	b := NewAnswererBreaker(&answerer{}, &elsewhere{})
	for range 2 {
		got, err := b.Rejected(t.Context(), "q")
		require.ErrorIs(t, err, errDown, "on=open leaves failures alone")
		assert.Equal(t, "partial", got)
		got, err = b.Failed(t.Context(), "q")
		require.NoError(t, err)
		assert.Equal(t, "failure q", got)
	}
	got, err := b.Rejected(t.Context(), "q")
	require.NoError(t, err)
	assert.Equal(t, "open q", got)
	_, err = b.Failed(t.Context(), "q")
	require.ErrorIs(t, err, cb.ErrOpen, "on=failure leaves rejections alone")
}

func TestMethodRunsBehindItsOwnBreaker(t *testing.T) {
	t.Parallel()
	a := &answerer{backupDown: true}
	b := NewAnswererBreaker(a, &elsewhere{})
	for range 2 {
		_, err := b.Method(t.Context(), "q")
		require.ErrorIs(t, err, errDown)
	}
	_, err := b.Backup(t.Context(), "q")
	require.ErrorIs(t, err, cb.ErrOpen, "two failed fallbacks opened Backup")
}

func TestAllFail(t *testing.T) {
	t.Parallel()
	second := errors.New("second")
	b := NewAnswererBreaker(&answerer{}, &elsewhere{err: second})
	got, err := b.Ask(t.Context(), "q")
	require.ErrorIs(t, err, errDown)
	require.ErrorIs(t, err, second)
	assert.Equal(t, "partial", got, "the original's value stays")
}

func TestSeveralResults(t *testing.T) {
	t.Parallel()
	b := NewAnswererBreaker(&answerer{}, &elsewhere{})
	answer, score, err := b.Several(t.Context(), "q")
	require.NoError(t, err)
	assert.Equal(t, "several q", answer)
	assert.InDelta(t, 0.5, score, 0)
}

func TestErrorAlone(t *testing.T) {
	t.Parallel()
	e := &elsewhere{}
	b := NewAnswererBreaker(&answerer{}, e)
	require.NoError(t, b.Plain("q"))
	require.Len(t, e.causes, 1)
	assert.Equal(t, errDown, e.causes[0])
}

type inherited struct{}

func (inherited) First(context.Context, string) (string, error)  { return "", errDown }
func (inherited) Second(context.Context, string) (string, error) { return "", errDown }
func (inherited) Third(context.Context, string) (string, error)  { return "", errDown }
func (inherited) Fourth(context.Context, string) (string, error) { return "", errDown }

func TestInherited(t *testing.T) {
	t.Parallel()
	b := NewInheritedBreaker(inherited{}) // only functions: no fallback parameter
	for _, call := range []func(context.Context, string) (string, error){b.First, b.Second} {
		got, err := call(t.Context(), "q")
		require.NoError(t, err)
		assert.Equal(t, "sorry: q", got)
	}
	got, err := b.Third(t.Context(), "q")
	require.NoError(t, err)
	assert.Equal(t, "sorry: q: down", got)
	_, err = b.Fourth(t.Context(), "q")
	require.ErrorIs(t, err, errDown)
}

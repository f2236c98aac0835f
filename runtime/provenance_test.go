package cb_test

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func says(text string, err error) func(context.Context, error) (string, error) {
	return func(context.Context, error) (string, error) { return text, err }
}

func isDown(context.Context) (string, error) { return "", errDown }

// fallingBackTo is a breaker whose fallbacks have these names.
func fallingBackTo(names ...string) *cb.Breaker {
	var p cb.Policy
	for _, name := range names {
		p.Fallbacks = append(p.Fallbacks, cb.Fallback{Name: name})
	}
	return newBreaker(p)
}

func TestProvenance(t *testing.T) {
	t.Parallel()
	outer, inner := fallingBackTo("lame", "standby"), fallingBackTo("cheap")
	standby := func(ctx context.Context, _ error) (string, error) {
		return cb.Call(ctx, inner, isDown, says("cheap", nil))
	}
	lame := func(ctx context.Context, _ error) (string, error) { // what it had from elsewhere is forgotten with it
		_, err := cb.Call(ctx, fallingBackTo("elsewhere"), isDown, says("", nil))
		require.NoError(t, err)
		return "", io.ErrUnexpectedEOF
	}

	ctx, provenance := cb.WithProvenance(t.Context())
	answer, err := cb.Call(ctx, outer, func(context.Context) (string, error) { return "own", nil }, lame, standby)
	require.NoError(t, err)
	assert.Equal(t, "own", answer)
	assert.Zero(t, provenance.Served(), "the upstream's own")

	answer, err = cb.Call(ctx, outer, isDown, lame, standby)
	require.NoError(t, err)
	assert.Equal(t, "cheap", answer)
	assert.Equal(t, cb.Served{By: "standby/cheap"}, provenance.Served())

	ctx, provenance = cb.WithProvenance(t.Context())
	_, err = cb.Call(ctx, outer, isDown, lame, says("", errDown))
	require.Error(t, err)
	assert.Zero(t, provenance.Served(), "nothing answered")

	_, err = cb.Call(t.Context(), outer, isDown, lame, standby)
	require.NoError(t, err, "nobody has asked")
}

// TestFallbackEvent_Served says where an answer came from, and of a fallback that failed nothing, whatever was behind it.
func TestFallbackEvent_Served(t *testing.T) {
	t.Parallel()
	var events []cb.FallbackEvent
	policy := cb.Policy{Fallbacks: []cb.Fallback{{Name: "lame"}, {Name: "standby"}}}
	outer := newBreaker(policy, cb.WithObserver(servedEvents{events: &events}))
	inner := fallingBackTo("cheap")
	answer, err := cb.Call(t.Context(), outer, isDown,
		func(ctx context.Context, _ error) (string, error) {
			_, err := cb.Call(ctx, inner, isDown, says("cheap", nil))
			require.NoError(t, err)
			return "", io.ErrUnexpectedEOF
		},
		func(ctx context.Context, _ error) (string, error) {
			return cb.Call(ctx, inner, isDown, says("cheap", nil))
		},
	)
	require.NoError(t, err)
	assert.Equal(t, "cheap", answer)
	require.Len(t, events, 2)
	assert.Zero(t, events[0].Served)
	assert.Equal(t, cb.Served{By: "standby/cheap"}, events[1].Served)
}

// observedNames notes which fallbacks were told of.
type observedNames struct {
	cb.NopObserver
	names *[]string
}

func (o observedNames) FellBack(_ context.Context, e cb.FallbackEvent) {
	*o.names = append(*o.names, e.Name)
}

type box struct{ err error }

func (b *box) Err() error { return b.err }

// TestNilFallbacks passes over a fallback that is not there, in every way to call: it is neither told of, counted nor joined.
func TestNilFallbacks(t *testing.T) {
	t.Parallel()
	fallback := func(err error) func(context.Context, error) error {
		return func(context.Context, error) error { return err }
	}
	calls := map[string]func(b *cb.Breaker, there bool, last error) error{
		"Call": func(b *cb.Breaker, there bool, last error) error {
			_, err := cb.Call(t.Context(), b, isDown, cb.When(there, says("", io.EOF)), says("", last))
			return err
		},
		"Do": func(b *cb.Breaker, there bool, last error) error {
			return b.Do(t.Context(), func(context.Context) error { return errDown }, cb.When(there, fallback(io.EOF)), fallback(last))
		},
		"CallResult": func(b *cb.Breaker, there bool, last error) error {
			outcome := func(_ string, err error) cb.Outcome { return cb.Outcome{Err: err} }
			_, err := cb.CallResult(t.Context(), b, outcome, isDown, cb.When(there, says("", io.EOF)), says("", last))
			return err
		},
		"CallErr": func(b *cb.Breaker, there bool, last error) error {
			boxed := func(err error) func(context.Context, error) *box {
				return func(context.Context, error) *box { return &box{err} }
			}
			var called error
			result := cb.CallErr(t.Context(), b, func(context.Context) *box { called = errDown; return &box{errDown} },
				cb.When(there, boxed(io.EOF)), boxed(last))
			require.ErrorIs(t, called, errDown)
			return result.Err()
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var names []string
			policy := cb.Policy{Threshold: 100, Fallbacks: []cb.Fallback{{Name: "standby"}, {Name: "last"}}}
			b := newBreaker(policy, cb.WithObserver(observedNames{names: &names}))

			require.NoError(t, call(b, false, nil))
			assert.Equal(t, []string{"last"}, names)
			err := call(b, false, io.ErrUnexpectedEOF)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "standby")
			assert.Zero(t, b.Snapshot().Fallbacks[0].Failed)

			names = nil
			require.NoError(t, call(b, true, nil))
			assert.Equal(t, []string{"standby", "last"}, names)
			assert.NotZero(t, b.Snapshot().Fallbacks[0].Failed)
		})
	}

	t.Run("none there", func(t *testing.T) {
		t.Parallel()
		b := fallingBackTo("standby")
		value, err := cb.Call(t.Context(), b, isDown, cb.When(false, says("", nil)))
		assert.Equal(t, errDown, err, "the call's own error, as it is")
		assert.Empty(t, value)
	})
}

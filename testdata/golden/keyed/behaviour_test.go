package keyed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

// provider fails for one model alone.
type provider struct {
	Provider
	down  string
	calls map[string]int
}

func (p *provider) Complete(_ context.Context, req *Request) (string, error) {
	p.calls[req.Model]++
	if req.Model == p.down {
		return "", errDown
	}
	return "answer of " + req.Model, nil
}

func (p *provider) Plain(context.Context, *Request) error { return errDown }

func (p *provider) Models(context.Context) ([]string, error) { return nil, errDown }

func quiet() cb.Option { return cb.WithLogger(slog.New(slog.DiscardHandler)) }

func TestOneOfTenModelsIsDown(t *testing.T) {
	t.Parallel()
	const calls = 100
	up := &provider{down: "model-3", calls: map[string]int{}}
	r := cb.NewRegistry(quiet())
	b := NewProviderBreaker(up, cb.WithRegistry(r))
	for range calls {
		for n := range 10 {
			model := fmt.Sprint("model-", n)
			answer, err := b.Complete(t.Context(), &Request{Model: model})
			if model == up.down {
				require.Error(t, err)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, "answer of "+model, answer)
		}
	}
	for n := range 10 {
		model := fmt.Sprint("model-", n)
		if model == up.down {
			assert.Equal(t, 2, up.calls[model], "then it is left alone")
		} else {
			assert.Equal(t, calls, up.calls[model], "loses nothing")
		}
	}
	_, err := b.Complete(t.Context(), &Request{Model: "model-3"})
	var rejected *cb.RejectedError
	require.ErrorAs(t, err, &rejected)
	assert.Equal(t, "model-3", rejected.Key)

	open := 0
	for _, breaker := range r.Breakers() {
		if breaker.State() == cb.Open {
			open++
			assert.Equal(t, "Complete", breaker.Method())
			assert.Equal(t, "model-3", breaker.Key())
		}
	}
	assert.Equal(t, 1, open)
}

func TestNoMoreModelsThanWritten(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry()
	b := NewProviderBreaker(&provider{calls: map[string]int{}}, cb.WithRegistry(r))
	for n := range 100 {
		_, err := b.Complete(t.Context(), &Request{Model: fmt.Sprint("model-", n)})
		require.NoError(t, err)
	}
	complete := 0
	for _, breaker := range r.Breakers() {
		if breaker.Method() == "Complete" {
			complete++
		}
	}
	assert.Equal(t, 16+1, complete, "and one that is shared")
}

func TestWithoutKeyThereIsOneBreaker(t *testing.T) {
	t.Parallel()
	b := NewProviderBreaker(&provider{}, quiet())
	for _, model := range []string{"a", "b"} {
		require.ErrorIs(t, b.Plain(t.Context(), &Request{Model: model}), errDown)
		_, err := b.Models(t.Context())
		require.ErrorIs(t, err, errDown)
	}
	require.ErrorIs(t, b.Plain(t.Context(), &Request{Model: "c"}), cb.ErrOpen)
	_, err := b.Models(t.Context())
	require.ErrorIs(t, err, cb.ErrOpen)
}

// well answers without an allocation of its own.
type well struct{ Provider }

func (well) Complete(context.Context, *Request) (string, error) { return "answer", nil }

func TestClosedCallsAllocateNothing(t *testing.T) {
	b, ctx, req := NewProviderBreaker(well{}, quiet()), context.Background(), &Request{Model: "m"}
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = b.Complete(ctx, req) }))
}

// shapes fails always.
type shapes struct{ Shapes }

func (shapes) Quoted(context.Context, *Request) error           { return errDown }
func (shapes) RawShadow(context.Context, *Request, Named) error { return errDown }
func (shapes) Dotted(...string) error                           { return errDown }
func (shapes) Do(*http.Request) (*http.Response, error)         { return nil, errDown }
func (shapes) Get(context.Context, ID) (string, bool, error)    { return "", false, errDown }

// elsewhere gives each cause back.
type elsewhere struct{}

func (elsewhere) GetElsewhere(_ context.Context, _ ID, cause error) (string, bool, error) {
	return cause.Error(), true, nil
}

func TestKeyIsWhatTheExpressionSays(t *testing.T) {
	t.Parallel()
	b := NewShapesBreaker(shapes{}, elsewhere{}, quiet())
	key := func(call func() error) string {
		for range 2 {
			require.ErrorIs(t, call(), errDown)
		}
		var rejected *cb.RejectedError
		require.ErrorAs(t, call(), &rejected)
		return rejected.Key
	}
	req := &Request{Model: "m", Words: []string{"w"}}
	named := Named{}
	named.Repeat.Name = "n"
	assert.Equal(t, "m/w", key(func() error { return b.Quoted(t.Context(), req) }))
	assert.Equal(t, "[m n]", key(func() error { return b.RawShadow(t.Context(), req, named) }))
	assert.Equal(t, "false", key(func() error { return b.Dotted("a") }))
	assert.ErrorIs(t, b.Dotted(make([]string, 100)...), errDown, "true is another")
	sent, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com/path", http.NoBody)
	require.NoError(t, err)
	assert.Equal(t, "example.com", key(func() error {
		resp, err := b.Do(sent)
		if resp != nil {
			_ = resp.Body.Close()
		}
		return err
	}))

	for range 2 {
		value, _, err := b.Get(t.Context(), "one")
		require.NoError(t, err)
		assert.Equal(t, "down", value)
	}
	value, _, err := b.Get(t.Context(), "one")
	require.NoError(t, err)
	assert.Contains(t, value, `keyed.Shapes.Get["one"]: circuit breaker is open`)
	value, _, err = b.Get(t.Context(), "two")
	require.NoError(t, err)
	assert.Equal(t, "down", value)

	assert.Panics(t, func() { _ = b.Quoted(t.Context(), nil) }, "the caller's nil is the caller's panic")
}

// store is one of a generic kind.
type store struct{ Store[int, string] }

func (store) Get(_ context.Context, key int) (string, error) {
	if key == 1 {
		return "", errDown
	}
	return "value", nil
}

func TestGeneric(t *testing.T) {
	t.Parallel()
	b := NewStoreBreaker(Store[int, string](store{}), quiet())
	for range 2 {
		_, err := b.Get(t.Context(), 1)
		require.ErrorIs(t, err, errDown)
	}
	_, err := b.Get(t.Context(), 1)
	require.ErrorIs(t, err, cb.ErrOpen)
	_, err = b.Get(t.Context(), 2)
	require.NoError(t, err)
}

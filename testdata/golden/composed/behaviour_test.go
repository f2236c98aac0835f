package composed

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// llm answers for its models but those that are down.
type llm struct {
	name string
	down map[string]bool
}

func (l *llm) Complete(_ context.Context, req Request) (string, error) {
	if l.down[req.Model] {
		return "", errors.New(l.name + " is down")
	}
	return l.name + ": " + req.Prompt, nil
}

// kept is a cache without bounds.
type kept map[string]any

func (k kept) Get(_ context.Context, key cb.CacheKey, _ func() any) (any, time.Time, error) {
	return k[key.String()], time.Now(), nil
}

func (k kept) Set(_ context.Context, key cb.CacheKey, answer any, _ cb.CacheLimits) {
	k[key.String()] = answer
}

func TestTheWholeChain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := &llm{name: "first"}, &llm{name: "second"}
		b := NewLLMBreaker(first, second, kept{}, cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
		ask := func(model, prompt string) string {
			answer, err := b.Complete(t.Context(), Request{Model: model, Prompt: prompt})
			require.NoError(t, err)
			return answer
		}
		require.Equal(t, "first: hello", ask("large", "hello"))
		first.down = map[string]bool{"large": true}
		assert.Equal(t, "second: hello", ask("large", "hello"), "the standby")
		second.down = first.down
		assert.Equal(t, "first: hello", ask("large", "hello"), "the last good answer")
		assert.Contains(t, ask("large", "other"), "sorry: ", "nothing is left but words")
		assert.Equal(t, "first: other", ask("small", "other"), "another model has a breaker of its own")
	})
}

// lanes fails.
type lanes struct{}

func (lanes) Ask(context.Context, *Draw) (string, error) { return "", io.ErrUnexpectedEOF }

// The key of a call is evaluated once, before the breaker.
func TestKeyIsEvaluatedOnce(t *testing.T) {
	t.Parallel()
	b := NewLanesBreaker(lanes{}, kept{})
	draw := &Draw{Prompt: "hello"}
	_, err := b.Ask(t.Context(), draw)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 1, draw.drawn)
}

// A method with all policies stays readable: the policies are data, the layers live in the runtime.
func TestTheWrapperStaysShort(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("input_cb.go")
	require.NoError(t, err)
	_, method, ok := strings.Cut(string(source), "func (b *LLMBreaker) Complete(")
	require.True(t, ok)
	method, _, _ = strings.Cut(method, "\n}\n")
	assert.Less(t, strings.Count(method, "\n")+2, 15)
}

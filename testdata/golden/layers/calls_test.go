package layers

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

// upstream fails as long as left is above 0, and takes its time.
type upstream struct {
	mu          sync.Mutex
	calls, left int
	takes       time.Duration
}

func (u *upstream) end() error {
	time.Sleep(u.takes)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls++
	if u.left > 0 {
		u.left--
		return errDown
	}
	return nil
}

func (u *upstream) Defaults(context.Context) error                  { return u.end() }
func (u *upstream) Written(context.Context, string) (string, error) { return "upstream", u.end() }
func (u *upstream) Neither(context.Context) error                   { return u.end() }
func (u *upstream) Partly(context.Context, string) (first, second string, err error) {
	return "first", "second", u.end()
}
func (u *upstream) All(context.Context, string) (string, error) { return "upstream", u.end() }

func (u *upstream) Local(_ context.Context, _ string, cause error) (string, error) {
	return "local: " + cause.Error(), nil
}

func wrapped(u *upstream) *ClientBreaker {
	return NewClientBreaker(u, u, cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
}

func TestRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{left: 2}
		first, second, err := wrapped(u).Partly(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, []string{"first", "second"}, []string{first, second})
		assert.Equal(t, 3, u.calls)

		u = &upstream{left: 1}
		require.ErrorIs(t, wrapped(u).Neither(t.Context()), errDown)
		assert.Equal(t, 1, u.calls, "no directive, no retries")

		u = &upstream{left: 3}
		answer, err := wrapped(u).All(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, "local: down (after 3 attempts)", answer, "the fallback is outermost")
	})
}

func TestBulkhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := wrapped(&upstream{takes: 150 * time.Millisecond})
		ends := make(chan error, 5)
		for range 5 {
			go func() {
				_, err := b.Written(t.Context(), "a")
				ends <- err
			}()
		}
		var full int
		for range 5 {
			if errors.Is(<-ends, cb.ErrBulkheadFull) {
				full++
			}
		}
		assert.Equal(t, 2, full, "three run, and the others wait for 100ms of their 150ms")
	})
}

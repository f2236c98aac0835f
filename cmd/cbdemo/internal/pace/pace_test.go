package pace

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestEach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var beats []time.Duration
		Each(t.Context(), start, 100*time.Millisecond, 300*time.Millisecond, func(n int) {
			beats = append(beats, time.Since(start))
			if n == 0 {
				time.Sleep(150 * time.Millisecond) // too slow: the next comes at once
			}
		})
		assert.Equal(t, []time.Duration{0, 150 * time.Millisecond, 200 * time.Millisecond}, beats, "none at the end")
	})
}

func TestEachEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		beats := 0
		Each(ctx, time.Now(), 100*time.Millisecond, time.Hour, func(int) { beats++ })
		assert.Equal(t, 3, beats)
		assert.False(t, Until(ctx, time.Now()), "what is due in an ended context is not")
	})
}

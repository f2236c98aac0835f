package cbredis

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFailuresCountThatOthersSawByAClockAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const window = time.Minute
		by := func(redisTime time.Time) *redisSession {
			return &redisSession{redisTransport: &redisTransport{prefix: "{cb}"}, clock: redisClock{at: redisTime, read: time.Now()}}
		}
		next := time.Now().Truncate(window).Add(window / buckets)
		id := circuitID{Client: "chat", Circuit: "Complete"}
		ahead, _ := by(next).failureKeys(id, window)
		counted, read := by(next.Add(-time.Millisecond)).failureKeys(id, window)
		require.NotEqual(t, ahead, counted)
		assert.Contains(t, read, ahead)
		assert.Contains(t, read, counted)
		later := by(next.Add(-time.Millisecond + window*(buckets-1)/buckets))
		_, read = later.failureKeys(id, window)
		assert.Contains(t, read, counted, "as long as the window")
		later.clock.at = later.clock.at.Add(window / buckets)
		_, read = later.failureKeys(id, window)
		assert.NotContains(t, read, counted, "and no longer")
	})
}

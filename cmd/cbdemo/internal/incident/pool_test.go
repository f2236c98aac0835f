package incident

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPool(2, 3, 2*time.Second)
		start := time.Now()
		type outcome struct {
			err error
			at  time.Duration
		}
		var (
			all      sync.WaitGroup
			outcomes = make([]outcome, 7)
		)
		submit := func(n int, work time.Duration) {
			all.Go(func() {
				err := p.do(t.Context(), func() { time.Sleep(work) })
				outcomes[n] = outcome{err, time.Since(start)}
			})
			synctest.Wait() // the next one comes after this one
		}
		submit(0, 1*time.Second)
		submit(1, time.Minute)
		submit(2, 500*time.Millisecond) // gets 0's worker after 1s
		submit(3, 5*time.Second)        // gets it from 2 after 1.5s
		submit(4, 0)                    // waits in vain
		assert.Equal(t, 2, p.busy())
		assert.Equal(t, 3, p.waiting())
		submit(5, 0) // finds the queue full
		time.Sleep(1200 * time.Millisecond)
		submit(6, 0) // finds a place in it again, and waits in vain until 3.2s
		all.Wait()

		assert.Equal(t, []outcome{
			{nil, 1 * time.Second},
			{nil, time.Minute},
			{nil, 1500 * time.Millisecond},
			{nil, 6500 * time.Millisecond},
			{errWaited, 2 * time.Second},
			{errQueueFull, 0},
			{errWaited, 3200 * time.Millisecond},
		}, outcomes)
		assert.Zero(t, p.busy())
		assert.Zero(t, p.waiting())
	})
}

func TestPoolGivesUpWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, 1, time.Hour)
		var busy sync.WaitGroup
		busy.Go(func() { assert.NoError(t, p.do(t.Context(), func() { time.Sleep(time.Minute) })) })
		defer busy.Wait()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, p.do(ctx, func() { t.Error("ran") }), context.DeadlineExceeded)
		assert.Zero(t, p.waiting())
	})
}

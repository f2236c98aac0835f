package cb_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestSlow_CountsWhileTheCallRuns(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]cb.Policy{
		"threshold":             {Threshold: 3},
		"threshold in a window": {Threshold: 3, Window: time.Second},
		"ratio":                 {Ratio: 1, Min: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seen := &recorder{}
				policy.Slow = 2 * time.Second
				b := newBreaker(policy, cb.WithObserver(seen))
				calls := []*call{begin(b), begin(b), begin(b)}
				time.Sleep(2*time.Second - 1)
				calls = append(calls, begin(b))
				require.Equal(t, cb.Closed, b.State())
				time.Sleep(time.Nanosecond)
				require.ErrorIs(t, end(b, nil), cb.ErrOpen, "the next call finds them")
				require.Equal(t, cb.Open, b.State())
				require.ErrorContains(t, b.Snapshot().OpenedBy, "call has not ended within 2s")
				for _, c := range calls {
					require.NoError(t, c.end(nil), "the caller gets what came, late")
				}
				assert.Equal(t, []string{"closed>open"}, seen.path(), "nothing counts twice")
				assert.Equal(t, cb.Counts{Success: 1, Failure: 3}, b.Snapshot().Counts)
				assert.Zero(t, b.Snapshot().InFlight)
			})
		})
	}
}

func TestSlow_CountsOnceHoweverItEnds(t *testing.T) {
	t.Parallel()
	for name, finish := range map[string]func(*call){
		"success": func(c *call) { _ = c.end(nil) },
		"failure": func(c *call) { _ = c.end(errDown) },
		"ignored": func(c *call) { _ = c.end(cb.ErrOpen) },
		"panic":   func(c *call) { c.endBy(func() { panic("late") }) },
	} {
		for noticed, notice := range map[string]func(*cb.Breaker){
			"by its end":    func(*cb.Breaker) {},
			"by an earlier": func(b *cb.Breaker) { begin(b).endBy(func() { panic("ignored below") }) },
		} {
			t.Run(name+" noticed "+noticed, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBreaker(cb.Policy{Threshold: 4, Slow: time.Second})
					c := begin(b)
					time.Sleep(time.Second)
					notice(b)
					finish(c)
					failed := b.Snapshot().Counts.Failure
					assert.Equal(t, cb.Counts{Failure: failed}, b.Snapshot().Counts)
					for b.State() == cb.Closed {
						fail(b, 1)
					}
					assert.Equal(t, cb.Counts{Failure: 4}, b.Snapshot().Counts)
				})
			})
		}
	}
}

func TestSlow_QuickCallsAreJudgedAsEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2, Slow: time.Second})
		hanging := begin(b)
		for range 20 { // ended in any order
			x, y, z := begin(b), begin(b), begin(b)
			time.Sleep(10 * time.Millisecond)
			require.NoError(t, y.end(nil))
			require.ErrorIs(t, x.end(errDown), errDown)
			require.NoError(t, z.end(nil))
		}
		require.Equal(t, cb.Closed, b.State())
		time.Sleep(time.Second)
		fail(b, 1) // after the one that hangs
		require.Equal(t, cb.Open, b.State())
		_ = hanging.end(nil)
	})
}

func TestSlow_CountsAtItsMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2, Window: 500 * time.Millisecond, Slow: time.Second})
		first := begin(b)
		time.Sleep(900 * time.Millisecond)
		second := begin(b)
		time.Sleep(time.Hour)
		require.NoError(t, end(b, nil), "found at once, but they were 900ms apart")
		require.NoError(t, first.end(nil))
		require.NoError(t, second.end(nil))
		assert.Equal(t, cb.Closed, b.State())
	})
}

func TestSlow_ProbeIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"noticed by another": false, "noticed by its end": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(cb.Policy{Threshold: 1, Slow: time.Second, Deadline: time.Minute})
				fail(b, 1)
				afterTimeout()
				probe := begin(b)
				time.Sleep(time.Second - 1)
				require.ErrorIs(t, end(b, nil), cb.ErrTooManyProbes)
				time.Sleep(time.Nanosecond)
				if late {
					require.NoError(t, probe.end(nil))
					require.Equal(t, cb.Open, b.State())
					return
				}
				require.ErrorIs(t, end(b, nil), cb.ErrOpen)
				require.NoError(t, probe.end(nil))
				require.Equal(t, cb.Open, b.State())
			})
		})
	}
}

func TestSlow_CallsOfBeforeTheLastChangeAreDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Slow: time.Second})
		early := []*call{begin(b), begin(b), begin(b)}
		b.Reset()
		b.ForceClose()
		held := begin(b)
		b.Reset()
		after := begin(b)
		time.Sleep(time.Second - 1)
		require.NoError(t, after.end(nil))
		time.Sleep(time.Hour)
		require.NoError(t, end(b, nil))
		for _, c := range append(early, held) {
			require.NoError(t, c.end(nil))
		}
		assert.Equal(t, cb.Closed, b.State())
	})
}

func TestSlow_IsOfTheMethodThatWasSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &recorder{}
		client := cb.NewClient("llm", quiet(), exactly(), cb.WithObserver(seen))
		policy := cb.Policy{Threshold: 1, Slow: time.Second, Group: "g"}
		hangs, finds := client.Breaker("Hangs", policy), client.Breaker("Finds", policy)
		c := begin(hangs)
		time.Sleep(time.Second)
		require.ErrorIs(t, end(finds, nil), cb.ErrOpen)
		assert.Equal(t, "Hangs", seen.events[0].Method)
		_ = c.end(nil)
	})
}

func TestSlow_AllocatesNothing(t *testing.T) {
	b := newBreaker(cb.Policy{Slow: time.Second})
	ctx := context.Background()
	fn := func(context.Context) (int, error) { return 1, nil }
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = cb.Call(ctx, b, fn) }))
}

package cb_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// changes are the transitions that were made, "closed>open" and so on.
func changes(s cb.Snapshot) map[string]uint64 {
	made := map[string]uint64{}
	for _, t := range s.Transitions {
		if t.Count > 0 {
			made[t.From.String()+">"+t.To.String()] = t.Count
		}
	}
	return made
}

func TestHistory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2})
		s := b.Snapshot()
		assert.Len(t, s.Transitions, 23)
		assert.Empty(t, changes(s))
		assert.Zero(t, s.Trips)
		assert.Zero(t, s.OpenFor)

		fail(b, 2)
		time.Sleep(10 * time.Second)
		assert.Equal(t, 10*time.Second, b.Snapshot().OpenFor, "it goes on while it is open")
		time.Sleep(25 * time.Second)
		fail(b, 1) // a probe
		time.Sleep(30 * time.Second)
		require.NoError(t, end(b, nil))
		time.Sleep(time.Hour)
		s = b.Snapshot()
		assert.Equal(t, map[string]uint64{"closed>open": 1, "open>half-open": 2, "half-open>open": 1, "half-open>closed": 1}, changes(s))
		assert.Equal(t, uint64(2), s.Trips)
		assert.Equal(t, 65*time.Second, s.OpenFor)

		b.ForceOpen()
		b.ForceOpen()
		time.Sleep(time.Second)
		b.ForceClose()
		b.Reset()
		b.Reset()
		s = b.Snapshot()
		assert.Equal(t, uint64(1), changes(s)["closed>forced-open"])
		assert.Equal(t, uint64(1), changes(s)["forced-open>forced-closed"])
		assert.Equal(t, uint64(1), changes(s)["forced-closed>closed"])
		assert.Len(t, changes(s), 7)
		assert.Equal(t, uint64(2), s.Trips, "held open by hand is no trip")
		assert.Equal(t, 66*time.Second, s.OpenFor)
	})
}

// TestPossibleTransitions makes every change there can be: from each state, by hand, to each other.
func TestPossibleTransitions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reach := []func(*cb.Breaker) func(){
			cb.Closed: func(b *cb.Breaker) func() { b.Reset(); return func() {} },
			cb.Open:   func(b *cb.Breaker) func() { b.Reset(); b.Trip(); return func() {} },
			cb.HalfOpen: func(b *cb.Breaker) func() {
				b.Reset()
				b.Trip()
				time.Sleep(time.Minute)
				probe := begin(b)
				return func() { _ = probe.end(nil) }
			},
			cb.ForcedOpen:   func(b *cb.Breaker) func() { b.ForceOpen(); return func() {} },
			cb.ForcedClosed: func(b *cb.Breaker) func() { b.ForceClose(); return func() {} },
			cb.Off:          func(b *cb.Breaker) func() { b.Disable(); return func() {} },
		}
		told := &recorder{}
		b := newBreaker(cb.Policy{}, cb.WithObserver(told))
		for from, arrive := range reach {
			for _, leave := range []func(){b.Trip, b.Reset, b.ForceOpen, b.ForceClose, b.Disable} {
				done := arrive(b)
				require.Equal(t, cb.State(from), b.State())
				leave()
				done()
			}
		}
		s := b.Snapshot()
		listed := 0
		for _, transition := range s.Transitions {
			assert.NotZero(t, transition.Count, "%s to %s", transition.From, transition.To)
			listed += int(transition.Count)
		}
		assert.Len(t, told.path(), listed, "there are no others")
	})
}

func TestHistoryOfAGroupIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := cb.NewClient("chat.Provider", quiet(), exactly())
		complete := client.Breaker("Complete", cb.Policy{Threshold: 1, Group: "model"})
		embed := client.Breaker("Embed", cb.Policy{Threshold: 1, Group: "model"})
		fail(complete, 1)
		time.Sleep(time.Second)
		assert.Equal(t, uint64(1), embed.Snapshot().Trips)
		assert.Equal(t, time.Second, embed.Snapshot().OpenFor)
	})
}

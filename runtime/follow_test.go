package cb_test

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// follower notes what it is told; then it does what then says.
type follower struct {
	then func()

	mu   sync.Mutex
	told []string
}

func (f *follower) note(what string) {
	f.mu.Lock()
	f.told = append(f.told, what)
	f.mu.Unlock()
	if f.then != nil {
		f.then()
	}
}

func (f *follower) Added(b *cb.Breaker) { f.note("+" + b.Method() + b.Key()) }

func (f *follower) StateChanged(b *cb.Breaker, e cb.Event) {
	f.note(b.Method() + b.Key() + " " + e.To.String())
}

func TestFollow(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry(quiet())
	client := cb.NewClient("c", cb.WithRegistry(r))
	first := client.Breaker("A", cb.Policy{Threshold: 1})
	f := &follower{}
	stop := r.Follow(f)
	keyed := cb.KeyedBreaker[string](client, "B", cb.Policy{Threshold: 1}, 2)
	one := keyed.For("1")
	require.Same(t, one, keyed.For("1"))
	fail(one, 1)
	first.Trip()
	first.Reset()
	stop()
	first.Trip()
	client.Breaker("C", cb.Policy{})
	assert.Equal(t, []string{"+A", "+B(overflow)", "+B1", "B1 open", "A open", "A closed"}, f.told)
}

func TestFollow_SurvivesFollowers(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry(quiet())
	b := cb.NewClient("c", cb.WithRegistry(r)).Breaker("A", cb.Policy{})
	panics, exits, last := &follower{then: func() { panic("follower") }}, &follower{then: runtime.Goexit}, &follower{}
	var wg sync.WaitGroup
	for _, f := range []*follower{panics, exits, last} {
		wg.Go(func() { r.Follow(f) })
		wg.Wait()
	}
	wg.Go(b.Trip) // ends its goroutine
	wg.Wait()
	for _, f := range []*follower{panics, exits, last} {
		assert.Equal(t, []string{"+A", "A open"}, f.told)
	}
}

func TestHoldProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Timeout: 10 * time.Second})
		b.HoldProbes(time.Now().Add(time.Minute))
		require.Equal(t, cb.Closed, b.State(), "it is for open ones")
		b.Trip()
		time.Sleep(9 * time.Second)
		b.HoldProbes(time.Now().Add(5 * time.Second))
		b.HoldProbes(time.Now().Add(2 * time.Second))
		b.HoldProbes(time.Now().Add(-time.Second))
		assert.Equal(t, time.Now().Add(5*time.Second), b.Snapshot().OpenUntil, "the longer one holds")
		time.Sleep(5*time.Second - 1)
		require.ErrorIs(t, end(b, nil), cb.ErrOpen)
		time.Sleep(time.Nanosecond)
		probe := begin(b)
		require.Equal(t, cb.HalfOpen, b.State())
		b.HoldProbes(time.Now().Add(time.Minute))
		require.Equal(t, cb.HalfOpen, b.State())
		probe.how <- func() error { return nil }
		require.NoError(t, <-probe.done)
		assert.Equal(t, cb.Closed, b.State())
	})
}

package cb_test

import (
	"context"
	"io"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// stopwatch notes how calls ended.
type stopwatch struct {
	cb.NopObserver
	mu    sync.Mutex
	ended []cb.CallEvent
	then  func()
}

func (s *stopwatch) CallEnded(_ context.Context, e cb.CallEvent) {
	s.mu.Lock()
	s.ended = append(s.ended, e)
	s.mu.Unlock()
	if s.then != nil {
		s.then()
	}
}

func (s *stopwatch) take() []cb.CallEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := s.ended
	s.ended = nil
	return ended
}

func TestCallObserver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		watch := &stopwatch{}
		client := cb.NewClient("chat.Provider", quiet(), cb.WithObserver(watch))
		b := client.Breaker("Complete", cb.Policy{
			Threshold: 3, Ignore: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(io.EOF)}},
			Deadline: 5 * time.Second, Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Second},
		})
		took := func(d time.Duration, err error) error {
			return b.Do(t.Context(), func(context.Context) error { time.Sleep(d); return err })
		}
		want := func(outcome cb.CallOutcome, took time.Duration) {
			t.Helper()
			assert.Equal(t, []cb.CallEvent{{Client: "chat.Provider", Method: "Complete", Outcome: outcome, Took: took}}, watch.take())
		}
		require.NoError(t, took(time.Second, nil))
		want(cb.OutcomeSuccess, time.Second)
		require.Error(t, took(2*time.Second, io.EOF))
		want(cb.OutcomeIgnored, 2*time.Second)
		require.Error(t, took(3*time.Second, errDown))
		want(cb.OutcomeFailure, 3*time.Second)

		running := begin(b)
		waiting := make(chan error)
		go func() { waiting <- took(time.Second, nil) }()
		synctest.Wait()
		time.Sleep(time.Second / 2)
		require.NoError(t, running.end(nil))
		require.NoError(t, <-waiting)
		ended := watch.take()
		require.Len(t, ended, 2)
		assert.Equal(t, time.Second/2, ended[0].Took)
		assert.Equal(t, time.Second, ended[1].Took, "without its wait in the bulkhead")

		begin(b).endBy(runtime.Goexit)
		want(cb.OutcomeFailure, 0)
		fail(b, 2)
		assert.Len(t, watch.take(), 2)
		require.ErrorIs(t, took(0, nil), cb.ErrOpen)
		assert.Empty(t, watch.take(), "a rejected call did not run")
		b.Disable()
		require.NoError(t, took(7*time.Second, nil))
		want(cb.OutcomeSuccess, 7*time.Second)
	})
}

// TestCallObserverThatFails takes nothing from the breaker: neither a panic nor Goexit in it keeps an outcome from counting.
func TestCallObserverThatFails(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(){"panic": func() { panic("observer") }, "goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBreaker(cb.Policy{Threshold: 2}, cb.WithObserver(&stopwatch{then: then}))
			for range 2 {
				done := make(chan struct{})
				go func() {
					defer close(done)
					fail(b, 1)
				}()
				<-done
			}
			assert.Equal(t, cb.Open, b.State())
		})
	}
}

// TestCallObserverBesideOneThatExits hears how a stream ended, whatever ended the goroutine that read it.
func TestCallObserverBesideOneThatExits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		watch := &stopwatch{}
		b := newBreaker(cb.Policy{}, cb.WithObserver(watch), onChange(func(e cb.Event) {
			if e.To == cb.Closed {
				runtime.Goexit()
			}
		}))
		halfOpen(b)
		seq := openSeq(t, t.Context(), b, source(word("a")))
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = read(seq)
		}()
		<-done
		assert.Equal(t, cb.Closed, b.State())
		ended := watch.take()
		require.Len(t, ended, 1)
		assert.Equal(t, cb.OutcomeSuccess, ended[0].Outcome)
	})
}

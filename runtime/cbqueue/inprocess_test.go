package cbqueue_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbqueue"
)

// run has a queue's tasks made until the test ends.
func run(t *testing.T, q *cbqueue.InProcess, workers ...*cb.Worker) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		q.Run(ctx, workers...)
	}()
	t.Cleanup(func() {
		cancel()
		<-stopped
	})
}

func TestInProcess_MakesWhatWasStoredOnceTheBreakerHasClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := true
		q := cbqueue.NewInProcess()
		made := 0
		s := newService(q, cb.Policy{Threshold: 1, Timeout: 10 * time.Second}, func(context.Context, string) (string, error) {
			if down {
				return "", errDown
			}
			made++
			return "yes", nil
		})
		run(t, q, s.worker())
		for range 3 {
			_, err := s.complete(t.Context(), "hello")
			require.IsType(t, &cb.QueuedError{}, err)
		}
		time.Sleep(9 * time.Second)
		synctest.Wait()
		assert.Zero(t, made, "none while it is open")
		assert.Equal(t, 3, q.Len())
		down = false
		time.Sleep(5 * time.Second)
		synctest.Wait()
		_, err := s.complete(t.Context(), "probe")
		require.NoError(t, err)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		assert.ElementsMatch(t, []string{"1 hello: yes", "2 hello: yes", "3 hello: yes"}, s.told())
		assert.Zero(t, q.Len())
		assert.Empty(t, q.Dead())
	})
}

func TestInProcess_GivesUpAfterSoManyAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := cbqueue.NewInProcess(nil, cbqueue.WithAttempts(3)) // a nil option does nothing
		var at []time.Duration
		start := time.Now()
		s := newService(q, cb.Policy{Threshold: 100}, func(context.Context, string) (string, error) {
			at = append(at, time.Since(start))
			if len(at) == 2 {
				panic("oh")
			}
			return "", errDown
		})
		id, err := q.Enqueue(t.Context(), cb.Task{Client: "chat", Method: "Complete", Payload: []byte(`{"Prompt":"hello"}`)})
		require.NoError(t, err)
		run(t, q, s.worker())
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, []time.Duration{0, time.Second, 3 * time.Second}, at)
		assert.Equal(t, []string{"1 hello: down"}, s.told(), "the callback is told at last")
		dead := q.Dead()
		require.Len(t, dead, 1)
		assert.Equal(t, id, dead[0].Task.ID)
		assert.ErrorIs(t, dead[0].Err, errDown)
	})
}

func TestInProcess_WhatNobodyCanMakeIsDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := cbqueue.NewInProcess()
		s := newService(q, cb.Policy{}, nil)
		for _, task := range []cb.Task{{Client: "mail", Method: "Complete"}, {Client: "chat", Method: "Gone"}, {Client: "chat", Method: "Complete"}} {
			_, err := q.Enqueue(t.Context(), task)
			require.NoError(t, err)
		}
		run(t, q, s.worker())
		synctest.Wait()
		require.Len(t, q.Dead(), 3)
		for _, dead := range q.Dead() {
			assert.ErrorIs(t, dead.Err, cb.ErrBadTask)
		}
	})
}

func TestInProcess_IsBounded(t *testing.T) {
	t.Parallel()
	q := cbqueue.NewInProcess()
	for range 10_000 {
		_, err := q.Enqueue(t.Context(), cb.Task{})
		require.NoError(t, err)
	}
	_, err := q.Enqueue(t.Context(), cb.Task{})
	assert.ErrorIs(t, err, cbqueue.ErrFull)
}

func TestInProcess_StopsWithItsTasksKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := cbqueue.NewInProcess()
		s := newService(q, cb.Policy{}, func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		for range 15 { // more than run at once
			_, err := q.Enqueue(t.Context(), cb.Task{Client: "chat", Method: "Complete", Payload: []byte(`{}`)})
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ctx, stop := context.WithCancel(ctx)
		time.AfterFunc(time.Second/2, stop)
		q.Run(ctx, s.worker())
		assert.Equal(t, 15, q.Len())
		assert.Empty(t, s.told())
	})
}

func TestInProcess_ACallThatEndsItsGoroutineHasFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := cbqueue.NewInProcess(cbqueue.WithAttempts(2))
		s := newService(q, cb.Policy{}, func(context.Context, string) (string, error) { runtime.Goexit(); return "", nil })
		_, err := q.Enqueue(t.Context(), cb.Task{Client: "chat", Method: "Complete", Payload: []byte(`{}`)})
		require.NoError(t, err)
		run(t, q, s.worker())
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Zero(t, q.Len())
		require.Len(t, q.Dead(), 1)
		assert.ErrorContains(t, q.Dead()[0].Err, "ended its goroutine")
	})
}

func TestInProcess_MakesNothingOnceItsTimeIsOver(t *testing.T) {
	t.Parallel()
	for range 64 { // by chance it would not
		q := cbqueue.NewInProcess()
		s := newService(q, cb.Policy{}, func(context.Context, string) (string, error) { t.Error("a call was made"); return "", nil })
		_, err := q.Enqueue(t.Context(), cb.Task{Client: "chat", Method: "Complete", Payload: []byte(`{}`)})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		q.Run(ctx, s.worker())
		assert.Equal(t, 1, q.Len())
	}
}

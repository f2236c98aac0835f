package cb_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// taskList is a queue that keeps what it is given.
type taskList struct {
	mu    sync.Mutex
	tasks []cb.Task
	err   error
	hangs bool
}

func (q *taskList) Enqueue(ctx context.Context, task cb.Task) (string, error) {
	if q.hangs {
		<-ctx.Done()
		return "", ctx.Err()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return "", q.err
	}
	task.ID = "task-" + strconv.Itoa(len(q.tasks)+1)
	q.tasks = append(q.tasks, task)
	return task.ID, nil
}

type job struct {
	Prompt string `json:"prompt"`
}

// queued is a method that falls back to the queue, and to others around it.
func queued(ctx context.Context, b *cb.Breaker, queue cb.Queue, fn func(context.Context) (string, error)) (string, error) {
	return cb.Call(ctx, b, fn,
		func(context.Context, error) (string, error) { return "", errors.New("no earlier answer") },
		func(ctx context.Context, cause error) (string, error) {
			return cb.Enqueue[string](ctx, b, queue, job{"hello"}, cause)
		},
		func(context.Context, error) (string, error) { return "too late", nil },
	)
}

func queuedPolicy() cb.Policy {
	return cb.Policy{Threshold: 1, Fallbacks: []cb.Fallback{{Name: "Earlier"}, {Name: "queue", TTL: time.Hour}, {Name: "Last"}}}
}

func TestQueue_ACallThatFailsIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := cb.NewClient("chat", quiet()).Breaker("Complete", queuedPolicy())
		queue := &taskList{}
		ctx, provenance := cb.WithProvenance(t.Context())
		answer, err := queued(ctx, b, queue, func(context.Context) (string, error) { return "half", errDown })
		assert.Empty(t, answer)
		var stored *cb.QueuedError
		require.ErrorAs(t, err, &stored)
		assert.Equal(t, &cb.QueuedError{Client: "chat", Method: "Complete", TaskID: "task-1", Cause: errDown}, stored)
		assert.NotErrorIs(t, err, errDown, "the cause is told, not wrapped")
		assert.EqualError(t, err, "chat.Complete: queued as task task-1, because: "+errDown.Error())
		assert.Equal(t, []cb.Task{{
			ID: "task-1", Client: "chat", Method: "Complete", Payload: []byte(`{"prompt":"hello"}`),
			Enqueued: time.Now(), Expires: time.Now().Add(time.Hour),
		}}, queue.tasks)
		assert.Equal(t, "queue", provenance.Served().By)
		assert.Equal(t, []cb.FallbackCounts{{Name: "Earlier", Failed: 1}, {Name: "queue", Answered: 1}, {Name: "Last"}}, b.Snapshot().Fallbacks)

		_, err = queued(t.Context(), b, queue, func(context.Context) (string, error) { panic("it is open") })
		require.ErrorAs(t, err, &stored)
		assert.Equal(t, "task-2", stored.TaskID)
		assert.ErrorIs(t, stored.Cause, cb.ErrOpen)
		assert.NotErrorIs(t, err, cb.ErrOpen, "the call was not turned away")
	})
}

// cents writes itself by methods of its pointer, as big.Int does.
type cents struct{ n int }

func (c *cents) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(c.n), 10), nil }

func (c *cents) UnmarshalText(text []byte) (err error) {
	c.n, err = strconv.Atoi(string(text))
	return err
}

func TestQueue_StoresEveryArgumentAsItIs(t *testing.T) {
	t.Parallel()
	type arguments struct {
		Price cents             `json:"price"`
		Each  []cents           `json:"each"`
		By    map[string]*cents `json:"by"`
		Text  string            `json:"text"`
		Raw   []byte            `json:"raw"`
		At    time.Time         `json:"at"`
	}
	want := arguments{
		Price: cents{250}, Each: []cents{{1}, {2}}, By: map[string]*cents{"a": {3}}, Text: "\ufffd \ufffe <\\ufffd> \\", Raw: []byte{0xff, 0},
		At: time.Date(2026, 11, 21, 8, 0, 0, 1, time.UTC),
	}
	b, queue := cb.New(cb.Policy{}), &taskList{}
	require.ErrorAs(t, b.Enqueue(t.Context(), queue, want, errDown), new(*cb.QueuedError))
	require.ErrorAs(t, b.Enqueue(t.Context(), queue, &want, errDown), new(*cb.QueuedError))
	require.Len(t, queue.tasks, 2)
	for _, task := range queue.tasks {
		var got arguments
		require.NoError(t, json.Unmarshal(task.Payload, &got))
		assert.Equal(t, want, got)
	}
}

func TestQueue_StoresNothingThatWouldBeAnotherCall(t *testing.T) {
	t.Parallel()
	for name, job := range map[string]any{
		"a string that is no UTF-8": struct{ Text string }{"caf\xe9"},
		"behind a backslash":        map[string]string{`\`: "\\\xe9"},
		"no number":                 struct{ X float64 }{math.NaN()},
		"a year that JSON has not":  struct{ At time.Time }{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			queue := &taskList{}
			require.ErrorContains(t, cb.New(cb.Policy{}).Enqueue(t.Context(), queue, job, errDown), "its arguments cannot be stored: ")
			assert.Empty(t, queue.tasks)
		})
	}
}

func TestQueue_AQueueThatFailsIsAFallbackThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failing := func(context.Context) (string, error) { return "", errDown }
		b := cb.New(queuedPolicy(), quiet())
		answer, err := queued(t.Context(), b, &taskList{err: errors.New("disk full")}, failing)
		require.NoError(t, err)
		assert.Equal(t, "too late", answer, "the next one is asked")

		start := time.Now()
		answer, err = queued(t.Context(), b, &taskList{hangs: true}, failing)
		require.NoError(t, err)
		assert.Equal(t, "too late", answer)
		assert.Equal(t, time.Second, time.Since(start), "nobody waits for it longer")

		err = b.Enqueue(t.Context(), &taskList{}, func() {}, errDown)
		assert.ErrorContains(t, err, "its arguments cannot be stored: json: unsupported type: func()")
	})
}

func TestQueue_StoresForACallerWhoseDeadlineHasPassed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		queue := &taskList{}
		_, err := queued(ctx, cb.New(queuedPolicy(), quiet()), queue, func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		var stored *cb.QueuedError
		require.ErrorAs(t, err, &stored)
		assert.Len(t, queue.tasks, 1)
	})
}

func TestQueue_AClientInsideThatHasStoredTheCallIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner, outer := cb.New(queuedPolicy(), quiet()), cb.New(queuedPolicy(), quiet())
		queue := &taskList{}
		_, err := queued(t.Context(), outer, queue, func(ctx context.Context) (string, error) {
			return queued(ctx, inner, queue, func(context.Context) (string, error) { return "", errDown })
		})
		var stored *cb.QueuedError
		require.ErrorAs(t, err, &stored)
		assert.Len(t, queue.tasks, 1, "stored once")
		assert.Equal(t, cb.Counts{Ignored: 1}, outer.Snapshot().Counts)
		assert.Equal(t, cb.Closed, outer.State())

		// As a standby it has answered.
		_, err = cb.Call(t.Context(), outer, func(context.Context) (string, error) { return "", errDown },
			func(ctx context.Context, _ error) (string, error) {
				return queued(ctx, inner, queue, func(context.Context) (string, error) { return "", errDown })
			},
			func(context.Context, error) (string, error) { return "twice", nil },
		)
		require.ErrorAs(t, err, &stored)
		assert.Equal(t, "task-2", stored.TaskID)
	})
}

func TestQueue_HoldsForMethodsWithoutAResult(t *testing.T) {
	t.Parallel()
	b := cb.New(cb.Policy{Fallbacks: []cb.Fallback{{Name: "queue"}}})
	queue := &taskList{}
	err := b.Do(t.Context(), func(context.Context) error { return errDown },
		func(ctx context.Context, cause error) error { return b.Enqueue(ctx, queue, job{}, cause) })
	var stored *cb.QueuedError
	require.ErrorAs(t, err, &stored)
	assert.Zero(t, queue.tasks[0].Expires, "no expires= was written")
}

package queue

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errDown = errors.New("down")

// upstream is a provider that is down, or answers.
type upstream struct {
	down   bool
	prompt []string
	tasks  []string // the ids of stored calls
}

func (u *upstream) Complete(ctx context.Context, req Request) (*Response, error) {
	if u.down {
		return nil, errDown
	}
	u.prompt, u.tasks = append(u.prompt, req.Prompt), append(u.tasks, cb.TaskID(ctx))
	return &Response{Text: "answer to " + req.Prompt}, nil
}

func (u *upstream) Notify(_ context.Context, user string, words ...string) error {
	if u.down {
		return errDown
	}
	u.prompt = append(u.prompt, user+strconv.Itoa(len(words)))
	return nil
}

func (u *upstream) Flush(context.Context) error { return nil }

func (u *upstream) Publish(topic string, job []byte) (int, error) {
	if u.down {
		return 0, errDown
	}
	return len(topic) + len(job), nil
}

func (u *upstream) Usage(context.Context) (int, error) { return 0, errDown }

// memory keeps the tasks.
type memory struct{ tasks []cb.Task }

func (m *memory) Enqueue(_ context.Context, task cb.Task) (string, error) {
	task.ID = strconv.Itoa(len(m.tasks) + 1)
	m.tasks = append(m.tasks, task)
	return task.ID, nil
}

// ended is a callback that keeps what it is told.
type ended struct{ texts []string }

func (e *ended) CompleteDone(_ context.Context, taskID string, job ProviderCompleteJob, result *Response, err error) error {
	if err != nil {
		e.texts = append(e.texts, taskID+" "+job.Req.Prompt+" "+err.Error())
		return nil
	}
	e.texts = append(e.texts, taskID+" "+result.Text)
	return nil
}

func (e *ended) NotifyDone(_ context.Context, taskID string, job ProviderNotifyJob, err error) error {
	e.texts = append(e.texts, taskID+" notified "+job.User)
	return err
}

func (e *ended) FlushDone(context.Context, string, ProviderFlushJob, error) error { return nil }

func (e *ended) PublishDone(_ context.Context, taskID string, _ ProviderPublishJob, result int, err error) error {
	e.texts = append(e.texts, taskID+" published "+strconv.Itoa(result))
	return err
}

func TestCallsAreStoredWhileOpenAndMadeWhenClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		quiet := cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
		exactly := cb.WithJitter(func() float64 { return 0.5 })
		u, q, done := &upstream{down: true}, &memory{}, &ended{}
		policies := DefaultProviderPolicies()
		policies.Complete.Ramp, policies.Notify.Ramp, policies.Publish.Ramp = 0, 0, 0
		b := NewProviderBreaker(u, nil, q, quiet, exactly, WithProviderPolicies(policies))
		worker := NewProviderWorker(b, done)

		ctx, provenance := cb.WithProvenance(t.Context())
		_, err := b.Complete(ctx, Request{"gpt", "one"})
		var stored *cb.QueuedError
		require.ErrorAs(t, err, &stored)
		assert.Equal(t, "1", stored.TaskID)
		assert.Equal(t, "gpt", stored.Key)
		assert.Equal(t, errDown, stored.Cause)
		assert.Equal(t, "queue", provenance.Served().By)
		_, err = b.Complete(t.Context(), Request{"gpt", "two"})
		require.ErrorAs(t, err, &stored)
		require.ErrorIs(t, stored.Cause, cb.ErrOpen)
		require.ErrorIs(t, b.Notify(t.Context(), "ann", "x"), errDown, "on=open: a failure is not stored")
		require.ErrorAs(t, b.Notify(t.Context(), "ann", "x", "y"), &stored)
		_, err = b.Publish("news", []byte("!"))
		require.ErrorAs(t, err, &stored)
		require.Len(t, q.tasks, 4)
		assert.Equal(t, time.Now().Add(time.Hour), q.tasks[0].Expires)
		assert.JSONEq(t, `{"req": {"Model": "gpt", "Prompt": "one"}}`, string(q.tasks[0].Payload))

		for _, task := range q.tasks {
			var postponed *cb.PostponedError
			require.ErrorAs(t, worker.Do(t.Context(), task, false), &postponed)
			assert.Equal(t, 10*time.Second, postponed.RetryAfter)
		}
		u.down = false
		time.Sleep(10 * time.Second)
		_, err = b.Complete(t.Context(), Request{"gpt", "probe"})
		require.NoError(t, err)
		require.NoError(t, b.Notify(t.Context(), "probe"))
		_, err = b.Publish("probe", nil)
		require.NoError(t, err)
		for _, task := range q.tasks {
			require.NoError(t, worker.Do(t.Context(), task, false))
		}
		assert.Equal(t, []string{"probe", "probe0", "one", "two", "ann2"}, u.prompt)
		assert.Equal(t, []string{"", "1", "2"}, u.tasks, "an id for idempotency")
		assert.Equal(t, []string{"1 answer to one", "2 answer to two", "3 notified ann", "4 published 5"}, done.texts)

		time.Sleep(time.Hour)
		require.NoError(t, worker.Do(t.Context(), q.tasks[0], false))
		assert.Equal(t, "1 one the stored call has expired", done.texts[4])
	})
}

func TestAStandbyComesFirst(t *testing.T) {
	t.Parallel()
	q := &memory{}
	b := NewProviderBreaker(&upstream{down: true}, &upstream{}, q, cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	answer, err := b.Complete(t.Context(), Request{"gpt", "one"})
	require.NoError(t, err)
	assert.Equal(t, "answer to one", answer.Text)
	assert.Empty(t, q.tasks)
}

func TestConstructorsRefuseNil(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "queue.NewProviderBreaker: queue is nil", func() { NewProviderBreaker(&upstream{}, nil, nil) })
	assert.PanicsWithValue(t, "queue.NewProviderWorker: b is nil", func() { NewProviderWorker(nil, &ended{}) })
	b := NewProviderBreaker(&upstream{}, nil, &memory{})
	assert.PanicsWithValue(t, "queue.NewProviderWorker: done is nil", func() { NewProviderWorker(b, nil) })
}

// pair stores its calls with their type arguments.
type pair struct{ err error }

func (p pair) Put(context.Context, string, int, int) error { return p.err }
func (p pair) Append(_ context.Context, _ string, _, stored []int) (int, error) {
	return len(stored), p.err
}

type pairDone struct{ put, appended int }

func (d *pairDone) PutDone(_ context.Context, _ string, job storePutJob[string, int], err error) error {
	d.put = job.Done
	return err
}

func (d *pairDone) AppendDone(_ context.Context, _ string, _ storeAppendJob[string, int], result int, err error) error {
	d.appended = result
	return err
}

func TestGenericCallsAreStored(t *testing.T) {
	t.Parallel()
	q, done := &memory{}, &pairDone{}
	quiet := cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	down := newStoreBreaker[string, int](pair{errDown}, q, quiet)
	var stored *cb.QueuedError
	require.ErrorAs(t, down.Put(t.Context(), "k", 7, 1), &stored)
	_, err := down.Append(t.Context(), "k", nil, []int{1, 2})
	require.ErrorAs(t, err, &stored)
	worker := newStoreWorker[string, int](newStoreBreaker[string, int](pair{}, q, quiet), done) // in another process
	for _, task := range q.tasks {
		require.NoError(t, worker.Do(t.Context(), task, false))
	}
	assert.Equal(t, &pairDone{put: 7, appended: 2}, done)
}

package cb_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// callbackCall is what a callback was told.
type callbackCall struct {
	taskID, prompt, answer string
	err                    error
}

// workerOf makes the calls of a breaker by fn, and keeps what the callback was told, which then returns *callback.
func workerOf(b *cb.Breaker, fn func(context.Context) (string, error), list *[]callbackCall, callback *error) *cb.Worker {
	return cb.NewWorker("chat",
		cb.ReplayCall("Complete",
			func(j job) (*cb.Breaker, func(context.Context) (string, error)) {
				return b, func(ctx context.Context) (string, error) {
					answer, err := fn(ctx)
					return answer + " to " + j.Prompt + " of " + cb.TaskID(ctx), err
				}
			},
			func(_ context.Context, taskID string, j job, answer string, err error) error {
				*list = append(*list, callbackCall{taskID, j.Prompt, answer, err})
				return *callback
			}),
		cb.ReplayDo("Ping",
			func(job) (*cb.Breaker, func(context.Context) error) {
				return b, func(ctx context.Context) error { _, err := fn(ctx); return err }
			},
			func(_ context.Context, taskID string, _ job, err error) error {
				*list = append(*list, callbackCall{taskID: taskID, err: err})
				return *callback
			}),
	)
}

func task(id string) cb.Task {
	return cb.Task{ID: id, Client: "chat", Method: "Complete", Payload: []byte(`{"prompt":"hello"}`)}
}

func TestWorker_TellsTheCallbackHowTheCallEnded(t *testing.T) {
	t.Parallel()
	answer := errors.New("there is no such model")
	for name, test := range map[string]struct {
		task     cb.Task
		err      error
		last     bool
		callback error
		want     error
		told     []callbackCall
	}{
		"well":               {task: task("1"), told: []callbackCall{{"1", "hello", "answer to hello of 1", nil}}},
		"with an answer":     {task: task("1"), err: answer, told: []callbackCall{{"1", "hello", "answer to hello of 1", answer}}},
		"failed":             {task: task("1"), err: errDown, want: errDown},
		"failed at last":     {task: task("1"), err: errDown, last: true, want: errDown, told: []callbackCall{{"1", "hello", "answer to hello of 1", errDown}}},
		"the callback fails": {task: task("1"), callback: answer, want: answer, told: []callbackCall{{"1", "hello", "answer to hello of 1", nil}}},
		"without a result":   {task: cb.Task{ID: "2", Client: "chat", Method: "Ping", Payload: []byte(`{}`)}, told: []callbackCall{{taskID: "2"}}},
		"another client":     {task: cb.Task{Client: "mail", Method: "Complete"}, want: cb.ErrBadTask},
		"another method":     {task: cb.Task{Client: "chat", Method: "Gone"}, want: cb.ErrBadTask},
		"other arguments":    {task: cb.Task{Client: "chat", Method: "Complete", Payload: []byte(`{"prompt":1}`)}, want: cb.ErrBadTask},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := cb.NewClient("chat", quiet()).Breaker("Complete", cb.Policy{Failure: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(errDown)}}})
			var list []callbackCall
			w := workerOf(b, func(context.Context) (string, error) { return "answer", test.err }, &list, &test.callback)
			err := w.Do(t.Context(), test.task, test.last)
			if test.want == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, test.want)
			}
			assert.Equal(t, test.told, list)
		})
	}
}

func TestWorker_TellsTheCallbackOfAPanicAtLast(t *testing.T) {
	t.Parallel()
	b := cb.NewClient("chat", quiet()).Breaker("Complete", cb.Policy{})
	var list []callbackCall
	var callback error
	w := workerOf(b, func(context.Context) (string, error) { panic("oh") }, &list, &callback)
	require.PanicsWithValue(t, "oh", func() { _ = w.Do(t.Context(), task("1"), false) })
	assert.Empty(t, list, "another attempt follows")
	require.PanicsWithValue(t, "oh", func() { _ = w.Do(t.Context(), task("1"), true) })
	require.Len(t, list, 1)
	assert.EqualError(t, list[0].err, "the stored call panicked: oh")
	assert.Equal(t, uint64(2), b.Snapshot().Counts.Failure)
}

func TestWorker_ACallThatCameTooLateIsNotMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var list []callbackCall
		var callback error
		w := workerOf(cb.New(cb.Policy{}), func(context.Context) (string, error) { panic("expired") }, &list, &callback)
		late := task("1")
		late.Expires = time.Now()
		require.NoError(t, w.Do(t.Context(), late, false))
		assert.Equal(t, []callbackCall{{"1", "hello", "", cb.ErrTaskExpired}}, list)
	})
}

func TestWorker_WaitsUntilTheBreakerHasClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := cb.NewClient("chat", quiet(), exactly()).Breaker("Complete", cb.Policy{Threshold: 1, Timeout: 10 * time.Second})
		made := 0
		var list []callbackCall
		var callback error
		w := workerOf(b, func(context.Context) (string, error) { made++; return "", nil }, &list, &callback)
		postponed := func(want time.Duration) {
			t.Helper()
			var e *cb.PostponedError
			require.ErrorAs(t, w.Do(t.Context(), task("1"), true), &e)
			assert.Equal(t, want, e.RetryAfter)
			assert.Zero(t, made)
		}
		b.Trip()
		postponed(10 * time.Second)
		time.Sleep(4 * time.Second)
		postponed(6 * time.Second)
		time.Sleep(6 * time.Second)
		postponed(time.Second) // a live call may probe first
		ended := make(chan struct{})
		go func() {
			_, _ = cb.Call(t.Context(), b, func(context.Context) (string, error) { <-ended; return "", nil })
		}()
		synctest.Wait()
		require.Equal(t, cb.HalfOpen, b.State())
		postponed(time.Second)
		close(ended)
		synctest.Wait()
		require.NoError(t, w.Do(t.Context(), task("1"), false))
		assert.Equal(t, 1, made)

		b.ForceOpen()
		made = 0
		postponed(time.Second)
	})
}

func TestWorker_ProbesWhereNobodyElseDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := cb.NewClient("chat", quiet(), exactly()).Breaker("Complete", cb.Policy{Threshold: 1, Timeout: 10 * time.Second})
		var list []callbackCall
		var callback error
		w := workerOf(b, func(context.Context) (string, error) { return "", nil }, &list, &callback)
		b.Trip()
		time.Sleep(20*time.Second - 1)
		var postponed *cb.PostponedError
		require.ErrorAs(t, w.Do(t.Context(), task("1"), false), &postponed)
		time.Sleep(time.Nanosecond)
		require.NoError(t, w.Do(t.Context(), task("1"), false))
		assert.Equal(t, cb.Closed, b.State())
	})
}

func TestWorker_KeepsToTheRamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := cb.NewClient("chat", quiet(), exactly()).Breaker("Complete", cb.Policy{Threshold: 1, Timeout: time.Second, Ramp: 100 * time.Second})
		b.Trip()
		time.Sleep(time.Second)
		_, err := cb.Call(t.Context(), b, func(context.Context) (string, error) { return "", nil })
		require.NoError(t, err)
		made := 0
		var list []callbackCall
		var callback error
		w := workerOf(b, func(context.Context) (string, error) { made++; return "", nil }, &list, &callback)
		for range 100 {
			if err := w.Do(t.Context(), task("1"), false); err != nil {
				var postponed *cb.PostponedError
				require.ErrorAs(t, err, &postponed)
				require.ErrorIs(t, err, cb.ErrRamping)
				assert.Equal(t, time.Second, postponed.RetryAfter)
			}
		}
		assert.InDelta(t, 10, made, 1, "a tenth at first")
	})
}

func TestWorker_ACallThatFailsIsMadeAgainWhereTheBreakerIsDisabled(t *testing.T) {
	t.Parallel()
	answer := errors.New("there is no such model")
	for name, tt := range map[string]struct {
		err  error
		last bool
		want error
		told []callbackCall
	}{
		"well":           {told: []callbackCall{{"1", "hello", " to hello of 1", nil}}},
		"with an answer": {err: answer, told: []callbackCall{{"1", "hello", " to hello of 1", answer}}},
		"failed":         {err: errDown, want: errDown},
		"failed at last": {err: errDown, last: true, want: errDown, told: []callbackCall{{"1", "hello", " to hello of 1", errDown}}},
		"turned away":    {err: &cb.RejectedError{Reason: cb.ReasonOpen}, last: true, want: cb.ErrOpen}, // by a client behind it
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := cb.New(cb.Policy{Failure: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(errDown)}}}, quiet(), cb.Disabled())
			var list []callbackCall
			var callback error
			w := workerOf(b, func(context.Context) (string, error) { return "", tt.err }, &list, &callback)
			require.ErrorIs(t, w.Do(t.Context(), task("1"), tt.last), tt.want)
			assert.Equal(t, tt.told, list)
		})
	}
}

func TestWorker_ACallThatOpensItsBreakerHasFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := cb.New(cb.Policy{Threshold: 2, Retry: cb.Retry{Max: 5}}, quiet(), exactly())
		made := 0
		var list []callbackCall
		var callback error
		w := workerOf(b, func(context.Context) (string, error) { made++; return "", errDown }, &list, &callback)

		err := w.Do(t.Context(), task("1"), false)
		assert.Equal(t, 2, made, "the breaker has opened, and turns away the next attempt of this call")
		require.ErrorIs(t, err, errDown)
		assert.NotErrorAs(t, err, new(*cb.PostponedError), "it was made, and has failed")
		assert.Empty(t, list)

		time.Sleep(time.Minute) // then it is the probe
		require.ErrorIs(t, w.Do(t.Context(), task("1"), true), errDown)
		assert.Equal(t, 3, made)
		require.Len(t, list, 1)
		require.ErrorIs(t, list[0].err, errDown)
	})
}

func TestWorker_AStoppedWorkerHasNotFailed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := cb.New(cb.Policy{})
	var list []callbackCall
	var callback error
	w := workerOf(b, func(context.Context) (string, error) { cancel(); return "", ctx.Err() }, &list, &callback)
	require.ErrorIs(t, w.Do(ctx, task("1"), true), context.Canceled)
	b.Disable()
	require.ErrorIs(t, w.Do(ctx, task("1"), true), context.Canceled)
	assert.Empty(t, list)
	assert.Empty(t, cb.TaskID(t.Context()))
	assert.Equal(t, "chat", w.Client())
}

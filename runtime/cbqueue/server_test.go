package cbqueue_test

import (
	"context"
	"testing"

	"github.com/hibiken/asynq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbqueue"
)

func TestHandle_AStoppedServerHasNotFailed(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	s := newService(nil, cb.Policy{}, func(ctx context.Context, prompt string) (string, error) {
		if prompt == "down" {
			return "", errDown
		}
		stop()
		return "", ctx.Err()
	})
	mux := asynq.NewServeMux()
	cbqueue.Handle(mux, s.worker())
	task := func(prompt string) *asynq.Task {
		return asynq.NewTask("chat.Complete", []byte(`{"client":"chat","method":"Complete","job":{"Prompt":"`+prompt+`"}}`))
	}
	require.ErrorIs(t, mux.ProcessTask(ctx, task("down")), asynq.SkipRetry, "without a server an attempt is the last")
	assert.Len(t, s.told(), 1)
	err := mux.ProcessTask(ctx, task("hello"))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorAs(t, err, new(*cb.PostponedError), "which uses up no attempt")
	assert.NotErrorIs(t, err, asynq.SkipRetry, "it does not belong with the dead letters")
	assert.Len(t, s.told(), 1)
}

func TestHandle_APanicHasFailed(t *testing.T) {
	t.Parallel()
	s := newService(nil, cb.Policy{}, func(context.Context, string) (string, error) { panic("oh") })
	mux := asynq.NewServeMux()
	cbqueue.Handle(mux, s.worker())
	err := mux.ProcessTask(t.Context(), asynq.NewTask("chat.Complete", []byte(`{"client":"chat","method":"Complete","job":{"Prompt":"hello"}}`)))
	require.ErrorIs(t, err, asynq.SkipRetry, "without a server an attempt is the last")
	assert.ErrorContains(t, err, "making the task panicked: oh\n")
	assert.ErrorContains(t, err, "server_test.go", "where")
	assert.Equal(t, []string{" hello: the stored call panicked: oh"}, s.told())
}

// A client's name may begin as another's does, whose worker is elsewhere.
func TestHandle_LeavesTheTasksOfOthers(t *testing.T) {
	t.Parallel()
	s := newService(nil, cb.Policy{}, func(context.Context, string) (string, error) { return "", nil })
	mux := asynq.NewServeMux()
	cbqueue.Handle(mux, s.worker())
	err := mux.ProcessTask(t.Context(), asynq.NewTask("chat.Provider.Complete",
		[]byte(`{"client":"chat.Provider","method":"Complete","job":{"Prompt":"hello"}}`)))
	require.Error(t, err)
	assert.NotErrorIs(t, err, asynq.SkipRetry, "it does not belong with the dead letters")
	assert.Empty(t, s.told())
}

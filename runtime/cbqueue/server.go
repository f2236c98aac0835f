package cbqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/hibiken/asynq"

	cb "github.com/cbgen/cbgen/runtime"
)

// Handle has a worker make the tasks of its client that a server of mux takes. That server's configuration must have gone through
// [Config].
func Handle(mux *asynq.ServeMux, worker *cb.Worker) {
	mux.HandleFunc(pattern(worker.Client()), func(ctx context.Context, task *asynq.Task) error {
		return handle(ctx, worker, task)
	})
}

// handle has a panic of the last attempt, in the call or in the callback, be a failure: asynq would not know that it was the last. Any
// other goes on to asynq, which logs it and tells an ErrorHandler that it was one.
func handle(ctx context.Context, worker *cb.Worker, task *asynq.Task) (err error) {
	var s stored
	if err := json.Unmarshal(task.Payload(), &s); err != nil {
		return fmt.Errorf("%w: %w: %w", asynq.SkipRetry, cb.ErrBadTask, err)
	}
	if s.Client != worker.Client() { // whose name only begins as this one's: another server may have its worker
		return asynq.NotFound(ctx, task)
	}
	id, _ := asynq.GetTaskID(ctx)
	retried, _ := asynq.GetRetryCount(ctx)
	most, _ := asynq.GetMaxRetry(ctx)
	last := retried >= most-1
	defer func() {
		if !last {
			return
		}
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w: making the task panicked: %v\n%s", asynq.SkipRetry, reason, debug.Stack())
		}
	}()
	err = worker.Do(ctx, cb.Task{
		ID: id, Client: s.Client, Method: s.Method, Payload: s.Job, Enqueued: s.Enqueued, Expires: s.Expires,
	}, last)
	if err == nil || postponed(err) != nil {
		return err
	}
	switch {
	case errors.Is(err, cb.ErrBadTask):
	case errors.Is(ctx.Err(), context.Canceled): // stopped, not failed
		return &cb.PostponedError{RetryAfter: stoppedAgain, Cause: err}
	case !last:
		return err
	}
	return fmt.Errorf("%w: %w", asynq.SkipRetry, err) // to the archive
}

// stoppedAgain is when a call is made again whose worker was stopped: by another, or by this one when it is back.
const stoppedAgain = time.Second

// Config fills in what a server needs that takes stored calls: a call that is postponed comes back when its breaker may be closed, and
// has not failed. For all other tasks, what cfg says holds.
func Config(cfg asynq.Config) asynq.Config {
	delay, failed := cfg.RetryDelayFunc, cfg.IsFailure
	if delay == nil {
		delay = asynq.DefaultRetryDelayFunc
	}
	cfg.RetryDelayFunc = func(n int, err error, task *asynq.Task) time.Duration {
		if p := postponed(err); p != nil {
			return p.RetryAfter + spread(p.RetryAfter)
		}
		return delay(n, err, task)
	}
	cfg.IsFailure = func(err error) bool {
		if postponed(err) != nil {
			return false
		}
		return failed == nil || failed(err)
	}
	return cfg
}

func postponed(err error) *cb.PostponedError {
	p, _ := errors.AsType[*cb.PostponedError](err)
	return p
}

// spread is a random part of a wait, so that what waits for one breaker does not come back at one moment.
func spread(wait time.Duration) time.Duration { return rand.N(max(wait/10, time.Second)) }

package cb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Worker makes the stored calls of one client again: those of `//cb:fallback queue`. Generated New<Iface>Worker makes one; a queue's
// own worker side, such as cbqueue's, calls its [Worker.Do]. It may be used by several goroutines at once.
//
// A stored call is made at least once. Where the process dies between the call and the callback, or the callback returns an
// error, it is made again: [TaskID] is the same each time, for an idempotency key.
type Worker struct {
	client  string
	replays map[string]Replay
}

// NewWorker makes a worker of a client's replays; generated code calls it. A method has one replay.
func NewWorker(client string, replays ...Replay) *Worker {
	w := &Worker{client: client, replays: map[string]Replay{}}
	for _, r := range replays {
		w.replays[r.method] = r
	}
	return w
}

// Client is the name of the client whose calls it makes.
func (w *Worker) Client() string { return w.client }

// Errors of [Worker.Do], beside the call's and the callback's own.
var (
	// ErrTaskExpired is what the callback is told of a call that was not made in time.
	ErrTaskExpired = errors.New("the stored call has expired")
	// ErrBadTask is of a task that no later attempt can make: its method is gone, or its arguments do not fit any more. It belongs
	// with the dead letters.
	ErrBadTask = errors.New("the stored call cannot be made")
)

// PostponedError says that a stored call was not made, because its breaker does not let it through: it is to be handed in again
// after a while, and this was no attempt.
type PostponedError struct {
	RetryAfter time.Duration // above 0
	Cause      error         // the rejection; nil where the breaker was not asked
}

// Error says when to come back.
func (e *PostponedError) Error() string {
	text := "postponed for " + roundUp(e.RetryAfter).String()
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap is the rejection.
func (e *PostponedError) Unwrap() error { return e.Cause }

// Do makes a stored call, and hands what it returned to the callback. last says that no further attempt will follow.
//
// nil: done, the callback was told. [*PostponedError]: not now. [ErrBadTask]: never. Any other error: the call failed, and the
// callback was not told, for there will be another attempt; or the callback itself has failed. Of the last attempt the callback
// is told even a failure, and Do returns that failure. A panic of the call goes on; of the last attempt the callback is told before.
//
// The call goes through its breaker with all its layers but the fallbacks. While the breaker is not closed it is postponed, so that
// live calls do the probing; where none came for another [Policy.Timeout], a stored call is the probe.
func (w *Worker) Do(ctx context.Context, task Task, last bool) error {
	if task.Client != w.client {
		return fmt.Errorf("%w: it is of the client %q, not %q", ErrBadTask, task.Client, w.client)
	}
	r, ok := w.replays[task.Method]
	if !ok {
		return fmt.Errorf("%w: %s has no queued method %s", ErrBadTask, w.client, task.Method)
	}
	return r.do(context.WithValue(ctx, taskIDKey{}, task.ID), task, last)
}

type taskIDKey struct{}

// TaskID is the id of the stored call that is being made with this context, "" for any other call. It is the one that the caller got in its
// [*QueuedError], and the same for each attempt.
func TaskID(ctx context.Context) string {
	id, _ := ctx.Value(taskIDKey{}).(string)
	return id
}

// Replay makes the stored calls of one method: see [ReplayCall] and [ReplayDo].
type Replay struct {
	method string
	do     func(ctx context.Context, task Task, last bool) error
}

// ReplayCall makes the replay of a method with one result and an error. prepare finds, for the arguments, the breaker and the call; done
// is told what the call returned.
func ReplayCall[J, R any](
	method string, prepare func(job J) (*Breaker, func(context.Context) (R, error)),
	done func(ctx context.Context, taskID string, job J, result R, err error) error,
) Replay {
	return Replay{method, func(ctx context.Context, task Task, last bool) error {
		var job J
		if err := json.Unmarshal(task.Payload, &job); err != nil {
			return fmt.Errorf("%w: its arguments: %w", ErrBadTask, err)
		}
		var result R
		if !task.Expires.IsZero() && !time.Now().Before(task.Expires) {
			return done(ctx, task.ID, job, result, ErrTaskExpired)
		}
		b, call := prepare(job)
		if wait := b.replayAfter(); wait > 0 {
			return &PostponedError{RetryAfter: wait}
		}
		var failed error // of the attempts
		attempt := func() (R, verdict, error) {
			if last {
				defer tellPanic(func(err error) { _ = done(ctx, task.ID, job, result, err) })
			}
			return run(ctx, b, func(ctx context.Context) (R, error) {
				result, err := call(ctx)
				if err != nil && !isRejection(err) {
					failed = err
				}
				return result, err
			}, nil, nil, nil)
		}
		result, v, err := attempt()
		if v == rejected && failed != nil { // that only ended the retrying
			v, err = failure, failed
		}
		if v == passed { // a disabled breaker judges nothing, but a stored call that failed is to be made again
			v = b.classifier.classify(ctx, ctx, err, 0)
		}
		switch {
		case v == rejected:
			return b.postpone(err)
		case v == ignored && ctx.Err() != nil: // the worker stops
			return err
		case v == failure && !last:
			return err
		}
		told := done(ctx, task.ID, job, result, err)
		if v == failure {
			return errors.Join(err, told)
		}
		return told
	}}
}

// tellPanic is deferred around a call that no further attempt will follow. The panic goes on.
func tellPanic(tell func(error)) {
	if reason := recover(); reason != nil {
		tell(fmt.Errorf("the stored call panicked: %v", reason))
		panic(reason)
	}
}

// ReplayDo is [ReplayCall] for a method that returns an error alone.
func ReplayDo[J any](
	method string, prepare func(job J) (*Breaker, func(context.Context) error),
	done func(ctx context.Context, taskID string, job J, err error) error,
) Replay {
	type none struct{}
	return ReplayCall(method, func(job J) (*Breaker, func(context.Context) (none, error)) {
		b, call := prepare(job)
		return b, func(ctx context.Context) (none, error) { return none{}, call(ctx) }
	}, func(ctx context.Context, taskID string, job J, _ none, err error) error {
		return done(ctx, taskID, job, err)
	})
}

// replayAgain is when to ask again where a breaker cannot say.
const replayAgain = time.Second

// replayAfter is how long a stored call must wait for its breaker to close; 0: it may be made.
func (b *Breaker) replayAfter() time.Duration {
	st := b.circuit.status.Load()
	switch st.state {
	case Open:
		remains := st.after - b.circuit.now()
		if remains <= -b.policy.Timeout {
			return 0 // no live call has come to probe
		}
		return max(remains, replayAgain)
	case HalfOpen, ForcedOpen:
		return replayAgain
	default:
		return 0
	}
}

// postpone tells a rejection to the queue.
func (b *Breaker) postpone(err error) error {
	wait := replayAgain
	if r, ok := errors.AsType[*RejectedError](err); ok {
		wait = max(wait, r.RetryAfter)
	}
	return &PostponedError{RetryAfter: wait, Cause: err}
}

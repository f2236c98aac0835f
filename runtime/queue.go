package cb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Queue stores the calls of `//cb:fallback queue`, to be made by a [Worker] when the upstream is well again. cbqueue has one over
// asynq, which is durable and shared by processes, and one in the process, which is neither. It is called by many calls at once.
type Queue interface {
	// Enqueue stores a task, whose ID is still empty, and returns the id it is known by from then on.
	Enqueue(ctx context.Context, task Task) (id string, err error)
}

// Task is a call that was stored.
type Task struct {
	ID             string // the queue's
	Client, Method string // of the breaker behind which the call was to be made
	Payload        []byte // the arguments: the generated <Iface><Method>Job, as JSON
	Enqueued       time.Time
	Expires        time.Time // from then on the call is of no use; zero: it always is
}

// QueuedError is what a caller gets whose call was stored: neither an answer nor a failure. Unlike the errors of other fallbacks it
// comes alone.
type QueuedError struct {
	Client, Method string
	Key            string // of a keyed breaker, else ""
	TaskID         string // the one that the worker's callback is told
	// Cause is why the call was not made, or how it failed. It is told, not wrapped: errors.Is and errors.As do not look into it.
	Cause error
}

// Error names the breaker, the task and the cause.
func (e *QueuedError) Error() string {
	text := joinName(e.Client, e.Method)
	if e.Key != "" {
		text += "[" + strconv.Quote(e.Key) + "]"
	}
	if text != "" {
		text += ": "
	}
	text += "queued as task " + e.TaskID
	if e.Cause != nil {
		text += ", because: " + e.Cause.Error()
	}
	return text
}

// isQueued tells whether a call behind this one was stored. Its own caller must know of it, so it is not wrapped.
func isQueued(err error) bool {
	_, ok := err.(*QueuedError) //nolint:errorlint // see above
	return ok
}

// enqueueLimit is how long a caller waits for the queue. Its own deadline does not count: most often the call has used it up.
const enqueueLimit = time.Second

// Enqueue is the fallback that stores a call: job holds its arguments and is encoded as JSON. The error is a [*QueuedError], or why
// the call could not be stored. It waits for the queue for a second at most.
func (b *Breaker) Enqueue(ctx context.Context, queue Queue, job any, cause error) error {
	payload, err := encodeJob(job)
	if err != nil {
		return fmt.Errorf("its arguments cannot be stored: %w", err)
	}
	task := Task{Client: b.client, Method: b.method, Payload: payload, Enqueued: time.Now()}
	if ttl := b.queueTTL(); ttl > 0 {
		task.Expires = task.Enqueued.Add(ttl)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), enqueueLimit)
	defer cancel()
	id, err := queue.Enqueue(ctx, task)
	if err != nil {
		return err
	}
	return &QueuedError{Client: b.client, Method: b.method, Key: b.key, TaskID: id, Cause: cause}
}

// encodeJob writes the arguments of a call as JSON that makes the same call again, or returns an error.
func encodeJob(job any) ([]byte, error) {
	// Of a value without an address package json does not find the methods of pointers.
	if value := reflect.ValueOf(job); value.Kind() == reflect.Struct {
		pointer := reflect.New(value.Type())
		pointer.Elem().Set(value)
		job = pointer.Interface()
	}
	payload, err := json.Marshal(job)
	if err == nil && replacesText(payload) {
		err = errors.New("JSON has no text that is not UTF-8: use []byte")
	}
	return payload, err
}

// replacesText tells whether JSON stands for other text than it was made of: package json writes \ufffd as an escape where a byte was no
// UTF-8, and nowhere else.
func replacesText(payload []byte) bool {
	for {
		escape := bytes.IndexByte(payload, '\\')
		if escape < 0 {
			return false
		}
		payload = payload[escape:]
		if bytes.HasPrefix(payload, []byte(`\ufffd`)) {
			return true
		}
		payload = payload[len(`\\`):] // the second may be a backslash, and begins no escape then
	}
}

// Enqueue is [Breaker.Enqueue] for methods with a result beside their error: it is zero.
func Enqueue[T any](ctx context.Context, b *Breaker, queue Queue, job any, cause error) (T, error) {
	var none T
	return none, b.Enqueue(ctx, queue, job, cause)
}

// queueTTL is how long a stored call is of use, by the policy's fallback called queue; 0: for ever.
func (b *Breaker) queueTTL() time.Duration {
	for _, f := range b.policy.Fallbacks {
		if f.Name == "queue" {
			return f.TTL
		}
	}
	return 0
}

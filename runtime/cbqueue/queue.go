package cbqueue

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hibiken/asynq"

	cb "github.com/cbgen/cbgen/runtime"
)

// Queue is a [cb.Queue] over asynq: durable as its Redis is, and shared by all processes that use it. It may be used by several
// goroutines at once, and by any number of wrappers.
type Queue struct {
	client *asynq.Client
	opts   []asynq.Option
}

var _ cb.Queue = (*Queue)(nil)

// Option sets something of a [Queue]. A nil Option does nothing.
type Option func(*settings)

type settings struct {
	attempts  int
	retention time.Duration
	name      string
	timeout   time.Duration
}

// defaultAttempts is how often a call is made that fails each time.
const defaultAttempts = 10

func newSettings(opts []Option) settings {
	s := settings{attempts: defaultAttempts}
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	return s
}

// WithAttempts sets how often a call is made that fails each time, before it is archived. Default: 10; below 1 is 1. Times that its
// breaker did not let it through do not count.
func WithAttempts(n int) Option { return func(s *settings) { s.attempts = max(n, 1) } }

// WithRetention sets how long asynq shows a task that is done. Default: not at all.
func WithRetention(d time.Duration) Option { return func(s *settings) { s.retention = d } }

// WithName sets the name of asynq's queue, which the server must list. Default: "default".
func WithName(name string) Option { return func(s *settings) { s.name = name } }

// WithTimeout sets how long one attempt may take, callback and retries included. Default: asynq's, 30 minutes.
func WithTimeout(d time.Duration) Option { return func(s *settings) { s.timeout = d } }

// New makes a queue that stores through client, which the caller closes.
func New(client *asynq.Client, opts ...Option) *Queue {
	s := newSettings(opts)
	// One more than there will be: asynq archives what it cannot retry even where it was only postponed.
	q := &Queue{client: client, opts: []asynq.Option{asynq.MaxRetry(s.attempts)}}
	if s.retention > 0 {
		q.opts = append(q.opts, asynq.Retention(s.retention))
	}
	if s.name != "" {
		q.opts = append(q.opts, asynq.Queue(s.name))
	}
	if s.timeout > 0 {
		q.opts = append(q.opts, asynq.Timeout(s.timeout))
	}
	return q
}

// stored is a task as Redis keeps it.
type stored struct {
	Client   string          `json:"client"`
	Method   string          `json:"method"`
	Enqueued time.Time       `json:"enqueued"`
	Expires  time.Time       `json:"expires,omitzero"`
	Job      json.RawMessage `json:"job"`
}

// Enqueue stores a task under an id of asynq's.
func (q *Queue) Enqueue(ctx context.Context, task cb.Task) (id string, err error) {
	payload, err := json.Marshal(stored{
		Client: task.Client, Method: task.Method, Enqueued: task.Enqueued, Expires: task.Expires, Job: task.Payload,
	})
	if err != nil {
		return "", err
	}
	info, err := q.client.EnqueueContext(ctx, asynq.NewTask(pattern(task.Client)+task.Method, payload), q.opts...)
	if err != nil {
		return "", err
	}
	return info.ID, nil
}

// pattern is what the types of a client's tasks begin with.
func pattern(client string) string { return client + "." }

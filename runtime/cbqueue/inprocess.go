package cbqueue

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// InProcess is a [cb.Queue] in the memory of the process. It is not durable: what it holds when the process ends is lost, so it is for
// tests and demonstrations. It may be used by several goroutines at once.
type InProcess struct {
	size, attempts, concurrency int

	mu      sync.Mutex
	ids     int
	waiting waiting
	running int
	dead    []Dead
	wake    chan struct{} // holds one: something is waiting that was not
}

var _ cb.Queue = (*InProcess)(nil)

// Dead is a task that will not be made any more.
type Dead struct {
	Task cb.Task
	Err  error
}

// ErrFull is of a task for which an [InProcess] queue has no room.
var ErrFull = errors.New("the queue is full")

const (
	inProcessSize        = 10_000
	inProcessConcurrency = 10
	// How long a call that failed waits: the first time, and at most.
	firstBackoff, longestBackoff = time.Second, time.Minute
)

// NewInProcess makes an empty queue for up to 10,000 tasks. Of the options it knows [WithAttempts].
func NewInProcess(opts ...Option) *InProcess {
	return &InProcess{size: inProcessSize, attempts: newSettings(opts).attempts, concurrency: inProcessConcurrency, wake: make(chan struct{}, 1)}
}

// Enqueue keeps a task, or returns [ErrFull].
func (q *InProcess) Enqueue(_ context.Context, task cb.Task) (id string, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting)+q.running >= q.size {
		return "", ErrFull
	}
	q.ids++
	task.ID = strconv.Itoa(q.ids)
	q.put(&item{task: task, at: time.Now(), order: q.ids})
	return task.ID, nil
}

// put is under mu.
func (q *InProcess) put(i *item) {
	heap.Push(&q.waiting, i)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Len is the number of tasks that wait or are being made.
func (q *InProcess) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) + q.running
}

// Dead lists the tasks that will not be made any more, the latest last: at most as many as the queue holds.
func (q *InProcess) Dead() []Dead {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]Dead(nil), q.dead...)
}

// Run has the workers make the tasks of their clients, ten at once, until ctx ends and those under way have returned. Tasks whose client has
// no worker here are dead. A queue is run once at a time.
func (q *InProcess) Run(ctx context.Context, workers ...*cb.Worker) {
	byClient := map[string]*cb.Worker{}
	for _, w := range workers {
		byClient[w.Client()] = w
	}
	var making sync.WaitGroup
	defer making.Wait()
	places := make(chan struct{}, q.concurrency)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		next, wait := q.next()
		if next == nil {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return
			case <-q.wake:
			case <-timer.C:
			}
			continue
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			q.again(next, time.Now())
			return
		}
		making.Go(func() {
			defer func() { <-places }()
			q.attempt(ctx, byClient[next.task.Client], next)
		})
	}
}

// next takes the first task that is due, or tells when there will be one.
func (q *InProcess) next() (due *item, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil, longestBackoff
	}
	if wait := time.Until(q.waiting[0].at); wait > 0 {
		return nil, wait
	}
	q.running++
	return heap.Pop(&q.waiting).(*item), 0
}

// errEnded is of a call, or a callback, that called runtime.Goexit.
var errEnded = errors.New("making the task ended its goroutine")

func (q *InProcess) attempt(ctx context.Context, worker *cb.Worker, i *item) {
	err := errEnded
	defer func() { q.settle(ctx, i, err) }()
	err = do(ctx, worker, i.task, i.failed+1 >= q.attempts)
}

// settle decides what becomes of a task whose attempt ended with err.
func (q *InProcess) settle(ctx context.Context, i *item, err error) {
	switch p := postponed(err); {
	case err == nil:
		q.end(nil)
	case p != nil:
		q.again(i, time.Now().Add(p.RetryAfter+spread(p.RetryAfter)))
	case ctx.Err() != nil: // stopped, not failed
		q.again(i, time.Now())
	case errors.Is(err, cb.ErrBadTask) || i.failed+1 >= q.attempts:
		q.end(&Dead{i.task, err})
	default:
		backoff := min(firstBackoff<<min(i.failed, 10), longestBackoff)
		i.failed++
		q.again(i, time.Now().Add(backoff))
	}
}

// do is the worker's Do; a panic, of the call or of the callback, has failed.
func do(ctx context.Context, worker *cb.Worker, task cb.Task, last bool) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("making task %s panicked: %v", task.ID, reason)
		}
	}()
	if worker == nil {
		return fmt.Errorf("%w: there is no worker for the client %q", cb.ErrBadTask, task.Client)
	}
	return worker.Do(ctx, task, last)
}

// end has a task under way be done, or dead.
func (q *InProcess) end(dead *Dead) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	if dead == nil {
		return
	}
	if len(q.dead) == q.size {
		q.dead = q.dead[1:]
	}
	q.dead = append(q.dead, *dead)
}

// again has a task under way wait.
func (q *InProcess) again(i *item, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	i.at = at
	q.put(i)
}

// item is a task that waits.
type item struct {
	task   cb.Task
	at     time.Time // when it is due
	order  int       // of those due at once
	failed int
}

// waiting is a heap: the first is due first.
type waiting []*item

func (w waiting) Len() int { return len(w) }

func (w waiting) Less(i, j int) bool {
	if !w[i].at.Equal(w[j].at) {
		return w[i].at.Before(w[j].at)
	}
	return w[i].order < w[j].order
}

func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

func (w *waiting) Push(x any) { *w = append(*w, x.(*item)) }

func (w *waiting) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}

package strategy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/chat"
	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbqueue"
)

// setQueue is an upstream that is down, and prompts that can wait for it.
func (a *Act) setQueue() error {
	h, err := a.host()
	if err != nil {
		return err
	}
	from, to := a.outage()
	s := &queueing{
		next: chat.NewClient(h.URL, h.Client), queue: cbqueue.NewInProcess(), say: a.cfg.Say,
		stored: map[string]time.Time{}, told: map[string][]time.Time{},
	}
	guarded := chat.NewQueuedProviderBreaker(s, s.queue, a.options()...)
	s.provider, s.worker = guarded, chat.NewQueuedProviderWorker(guarded, s)
	s.breaker = a.watch("chat.QueuedProvider")
	a.scene = s
	a.Story = fmt.Sprintf(`Queue. The upstream is down from %s to %s. Prompts are stored, and callers get a task's id.
When the breaker has closed, a worker makes the calls, as fast as the breaker's ramp lets it.
This queue is in the process, and not durable: runtime/cbqueue has one that is.`, short(from), short(to))
	return nil
}

// queueing is a scene in which those who are not answered at once are answered later. It stands between the wrapper and its client,
// where it sees the worker's calls, and is told of the answers.
type queueing struct {
	next     chat.Provider
	provider chat.QueuedProvider
	queue    *cbqueue.InProcess
	worker   *cb.Worker
	breaker  *cb.Breaker
	say      func(string)

	mu        sync.Mutex
	prompts   int
	answered  int                    // at once
	lost      int                    // neither answered nor stored
	stored    map[string]time.Time   // tasks
	told      map[string][]time.Time // the callback, of each task
	failed    int                    // of told: without an answer
	replays   []time.Time            // calls of the worker
	replayErr int                    // of replays
	probes    int                    // of replays: with a breaker that was half-open
	whileOpen int                    // of replays: with a breaker that was open
}

var _ chat.QueuedProviderDone = (*queueing)(nil)

func (s *queueing) work(ctx context.Context) { s.queue.Run(ctx, s.worker) }
func (s *queueing) waiting() int             { return s.queue.Len() }

func (s *queueing) ask(ctx context.Context, n int) {
	prompt := question(n, false)
	_, err := s.provider.Complete(ctx, chat.Request{Prompt: prompt})
	queued, isQueued := errors.AsType[*cb.QueuedError](err)
	if ctx.Err() != nil && !isQueued {
		return
	}
	s.mu.Lock()
	s.prompts++
	switch {
	case err == nil:
		s.answered++
	case isQueued:
		s.stored[queued.TaskID] = time.Now()
	default:
		s.lost++
	}
	first := isQueued && len(s.stored) == 1
	s.mu.Unlock()
	if first {
		s.say(fmt.Sprintf("%q: stored as task %s", prompt, queued.TaskID))
	}
}

// Complete is a call that the breaker has let through.
func (s *queueing) Complete(ctx context.Context, req chat.Request) (*chat.Response, error) {
	replayed := cb.TaskID(ctx) != ""
	if replayed {
		state := s.breaker.State()
		s.mu.Lock()
		s.replays = append(s.replays, time.Now())
		switch state {
		case cb.Open:
			s.whileOpen++
		case cb.HalfOpen: // where no prompt comes to probe it
			s.probes++
		}
		s.mu.Unlock()
	}
	resp, err := s.next.Complete(ctx, req)
	if replayed && err != nil {
		s.mu.Lock()
		s.replayErr++
		s.mu.Unlock()
	}
	return resp, err
}

// CompleteDone implements [chat.QueuedProviderDone].
func (s *queueing) CompleteDone(_ context.Context, id string, job chat.QueuedProviderCompleteJob, _ *chat.Response, err error) error {
	s.mu.Lock()
	s.told[id] = append(s.told[id], time.Now())
	if err != nil {
		s.failed++
	}
	first := len(s.told) == 1
	waited := time.Since(s.stored[id])
	s.mu.Unlock()
	if first && err == nil {
		s.say(fmt.Sprintf("%q: task %s answered after %s", job.Req.Prompt, id, short(waited)))
	}
	return nil
}

func (s *queueing) columns() []Column {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []Column{
		{Head: "at once", N: s.answered}, {Head: "stored", N: len(s.stored)}, {Head: "replayed", N: len(s.told)},
		{Head: "waiting", N: s.queue.Len(), Level: true},
	}
}

func (s *queueing) figures() []Figure {
	s.mu.Lock()
	defer s.mu.Unlock()
	var wait span[time.Duration]
	again := 0
	for id, at := range s.told {
		wait.add(at[0].Sub(s.stored[id]))
		if len(at) > 1 {
			again++
		}
	}
	later := Figure{Label: "  answered later, the callback told", N: len(s.told) - s.failed}
	if wait.some {
		once := "each once"
		if again > 0 {
			once = fmt.Sprintf("%d more than once", again)
		}
		later.Remark = fmt.Sprintf("after %s to %s, %s", short(wait.least), short(wait.most), once)
	}
	figures := []Figure{
		{Label: "prompts", N: s.prompts},
		{Label: "  answered at once", N: s.answered},
		{Label: "  stored, the caller got a task's id", N: len(s.stored)},
		later,
	}
	if lost := s.lost + s.failed; lost > 0 {
		figures = append(figures, Figure{Label: "  not answered", N: lost})
	}
	made := Figure{Label: "calls that the worker made", N: len(s.replays)}
	made.Remark = fmt.Sprintf("%d failed; at most %d in a second", s.replayErr, busiest(s.replays))
	whileOpen := Figure{Label: "  while the breaker was open", N: s.whileOpen}
	if s.probes > 0 {
		whileOpen.Remark = fmt.Sprintf("and %d as its probes", s.probes)
	}
	return append(figures, made, whileOpen)
}

// busiest is the largest number of times, which are in their order, within one second.
func busiest(times []time.Time) (most int) {
	from := 0
	for to, t := range times {
		for !t.Before(times[from].Add(time.Second)) {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

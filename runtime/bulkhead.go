package cb

import (
	"container/list"
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// bulkhead lets so many calls run at once. Further ones wait in order of arrival, on their own goroutines.
type bulkhead struct {
	limit    uint64
	patience time.Duration
	// word holds the calls that wait, above those that run. While some wait all places are taken: a place that becomes free goes
	// to the first of them. So only with none waiting may it be written without mu.
	word atomic.Uint64

	mu    sync.Mutex
	queue list.List // of *waiter
}

type waiter struct {
	ready   chan struct{} // closed when it has got a place
	granted bool
	element *list.Element
}

const oneWaiting uint64 = 1 << 32

// newBulkhead is nil where the policy wants none.
func newBulkhead(p Bulkhead) *bulkhead {
	if p.Max == 0 {
		return nil
	}
	return &bulkhead{limit: uint64(p.Max), patience: p.Wait} //nolint:gosec // Validate bounds it
}

// use is how many run and how many wait.
func (h *bulkhead) use() (running, waiting int) {
	word := h.word.Load()
	return int(word % oneWaiting), int(word / oneWaiting) //nolint:gosec // each has 32 bits
}

// tryTake takes a place where there is one and nobody waits for it.
func (h *bulkhead) tryTake() bool {
	for {
		word := h.word.Load()
		if word >= h.limit { // also where any wait
			return false
		}
		if h.word.CompareAndSwap(word, word+1) {
			return true
		}
	}
}

// release gives a place back, or on.
func (h *bulkhead) release() {
	for {
		word := h.word.Load()
		if word >= oneWaiting {
			break
		}
		if h.word.CompareAndSwap(word, word-1) {
			return
		}
	}
	h.mu.Lock()
	first := h.queue.Front()
	if first == nil { // it has left since
		h.mu.Unlock()
		h.release()
		return
	}
	w := h.dequeue(first)
	w.granted = true
	h.mu.Unlock()
	close(w.ready)
}

// dequeue is under mu.
func (h *bulkhead) dequeue(e *list.Element) *waiter {
	h.word.Add(^(oneWaiting - 1))
	return h.queue.Remove(e).(*waiter) //nolint:forcetypeassert // nothing else is in it
}

// wait takes a place when it is this call's turn, and tells whether it came before patience or ctx ended.
func (h *bulkhead) wait(ctx context.Context) bool {
	done := ctx.Done()
	w := h.enqueue()
	if w == nil {
		return true
	}
	timer := time.NewTimer(h.patience)
	select {
	case <-w.ready:
	case <-timer.C:
	case <-done:
	}
	timer.Stop()
	if !h.leave(w) {
		return false
	}
	if ctx.Err() != nil { // at the same moment: whoever is next has more use for the place
		h.release()
		return false
	}
	return true
}

// enqueue is nil where a place has become free meanwhile; it is taken then.
func (h *bulkhead) enqueue() *waiter {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		word := h.word.Load()
		if word < h.limit {
			if h.word.CompareAndSwap(word, word+1) {
				return nil
			}
			continue
		}
		if h.word.CompareAndSwap(word, word+oneWaiting) {
			w := &waiter{ready: make(chan struct{})}
			w.element = h.queue.PushBack(w)
			return w
		}
	}
}

// leave ends the waiting, and tells whether it has got a place.
func (h *bulkhead) leave(w *waiter) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !w.granted {
		h.dequeue(w.element)
	}
	return w.granted
}

// takePlace is begin where the bulkhead has no place at once: the attempt waits for one, or ends here. Nothing was sent to the
// upstream then, so the circuit hears of nothing but a probe's place that is free again.
func (a *attempt) takePlace(caller context.Context, cause error) (verdict, error) {
	a.stage = admitted
	if h := a.b.bulkhead; h.patience > 0 {
		a.holdProbe(math.MaxInt64)
		a.unwatch()
		if h.wait(a.ctx) {
			a.rewatch()
			a.holdProbe(a.b.circuit.now() + a.b.policy.probeLimit())
			return success, nil
		}
	}
	a.stage = settled
	a.letGo()
	if errors.Is(ended(caller), context.Canceled) {
		a.b.counters.cell().started.Add(1)
		a.b.counters.ignored.Add(1)
		return ignored, caller.Err()
	}
	return rejected, a.b.reject(caller, &RejectedError{Reason: ReasonBulkheadFull, State: a.b.State()}, cause)
}

// holdProbe moves the moment from which a probe may be given up as hanging: one that waits here does not hang.
func (a *attempt) holdProbe(overdue time.Duration) {
	if a.probe == nil {
		return
	}
	c := a.b.circuit
	c.mu.Lock()
	defer c.mu.Unlock()
	a.probe.overdue = overdue
}

// letGo gives back what an attempt that will not call holds.
func (a *attempt) letGo() {
	if a.cancel != nil {
		a.cancel()
	}
	a.unwatch()
	if a.probe != nil {
		a.b.circuit.endAttempt(a, ignored, nil) // which frees its place
	}
}

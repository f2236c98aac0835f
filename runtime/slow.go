package cb

import (
	"fmt"
	"time"
)

// slowError is the failure of a call that has run for too long.
type slowError struct{ limit time.Duration }

func (e *slowError) Error() string { return fmt.Sprintf("call has not ended within %v", e.limit) }

// watch is the calls under way of a closed circuit with a Slow, ordered by their start, so that whoever comes by can count those
// that have run for too long, and no timer has to. It is a list in a slice: a call needs no memory of its own. Under the
// circuit's mu.
type watch struct {
	limit time.Duration
	err   *slowError
	seen  time.Duration // the latest time that anybody came by with
	nodes []watchedCall // the first is the list's end: its next is the oldest call, its prev the newest
	free  int32         // head of the free nodes, by next; 0: none
	last  uint64        // ticket, of all time
}

type watchedCall struct {
	next, prev int32
	ticket     uint64 // 0: free
	start      time.Duration
	b          *Breaker
}

// watched is an attempt's place in a watch; without a ticket it is in none.
type watched struct {
	node   int32
	ticket uint64
}

func newWatch(limit time.Duration) *watch {
	return &watch{limit: limit, err: &slowError{limit}, nodes: make([]watchedCall, 1)}
}

// clear ends all watching.
func (w *watch) clear() { w.nodes, w.nodes[0], w.free = w.nodes[:1], watchedCall{}, 0 }

// add begins to watch a call that starts now.
func (w *watch) add(now time.Duration, b *Breaker) watched {
	n := w.free
	if n == 0 {
		n = int32(len(w.nodes)) //nolint:gosec // one per call under way
		w.nodes = append(w.nodes, watchedCall{})
	} else {
		w.free = w.nodes[n].next
	}
	w.last++
	newest := w.nodes[0].prev
	w.nodes[n] = watchedCall{next: 0, prev: newest, ticket: w.last, start: now, b: b}
	w.nodes[newest].next, w.nodes[0].prev = n, n
	return watched{n, w.last}
}

// remove ends the watching, and tells whether it went on until now: else the call has been counted.
func (w *watch) remove(c watched) bool {
	if c.ticket == 0 || int(c.node) >= len(w.nodes) || w.nodes[c.node].ticket != c.ticket {
		return false
	}
	w.release(c.node)
	return true
}

func (w *watch) release(n int32) {
	node := &w.nodes[n]
	w.nodes[node.prev].next, w.nodes[node.next].prev = node.next, node.prev
	*node = watchedCall{next: w.free}
	w.free = n
}

// overdue takes the oldest call out where it has run for too long, and tells when it had.
func (w *watch) overdue(now time.Duration) (at time.Duration, b *Breaker, ok bool) {
	oldest := w.nodes[0].next
	if oldest == 0 || now-w.nodes[oldest].start < w.limit {
		return 0, nil, false
	}
	at, b = w.nodes[oldest].start+w.limit, w.nodes[oldest].b
	w.release(oldest)
	return at, b, true
}

// countOverdue counts every call that has run for too long as a failure that ended when it had. Whoever reads the clock does so
// before they get the lock, so time may seem to go back.
func (c *circuit) countOverdue(now time.Duration) time.Duration {
	w := c.watch
	w.seen = max(w.seen, now)
	for by := c.by; ; c.by = by {
		at, b, ok := w.overdue(w.seen)
		if !ok {
			return w.seen
		}
		c.by = b
		c.record(at, failure, w.err)
	}
}

// unwatch takes a call out that will not be made, or not yet.
func (a *attempt) unwatch() {
	if a.watched.ticket == 0 {
		return
	}
	c := a.b.circuit
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch.remove(a.watched)
	a.watched = watched{}
}

// rewatch starts the attempt's clock anew: the time that it waited for a place in a bulkhead is not the upstream's.
func (a *attempt) rewatch() {
	if !a.timed {
		return
	}
	c := a.b.circuit
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	a.started = now
	if a.probe == nil && c.isOf(a.word) {
		c.watch.seen = max(c.watch.seen, now)
		a.watched = c.watch.add(c.watch.seen, a.b)
	}
}

// slow tells whether the attempt ends after it has counted as failed, or counts so by now. It reads the clock once.
func (a *attempt) slow() bool {
	if !a.timed {
		return false
	}
	c := a.b.circuit
	if a.ended == 0 {
		a.ended = c.now()
	}
	return a.ended-a.started >= c.watch.limit
}

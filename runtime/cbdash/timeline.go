package cbdash

import (
	"sync"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

const defaultTimelineSize = 500

// Timeline keeps the latest changes of state, also while nobody looks at a page. It is a [cb.Observer]: hand it to the registry, or
// to clients, with [cb.WithObserver], and to the page with [WithTimeline]. It may be used by several of each, and at once.
type Timeline struct {
	cb.StateOnly

	mu       sync.Mutex
	entries  []entry // a ring: the number-th since the beginning is at number % cap
	total    uint64
	wake     map[chan struct{}]struct{}
	capacity uint64
}

// NewTimeline makes a timeline of the latest size changes. 0: 500.
func NewTimeline(size int) *Timeline {
	if size <= 0 {
		size = defaultTimelineSize
	}
	return &Timeline{capacity: uint64(size), wake: make(map[chan struct{}]struct{})}
}

// entry is a change of state, or what an operator asked for.
type entry struct {
	At         time.Time `json:"at"`
	Client     string    `json:"client"`
	Method     string    `json:"method"`
	Key        string    `json:"key,omitempty"`
	From       string    `json:"from,omitempty"`
	To         string    `json:"to,omitempty"`
	Cause      string    `json:"cause,omitempty"`
	RetryAfter string    `json:"retryAfter,omitempty"`
	Action     string    `json:"action,omitempty"`
	Operator   string    `json:"operator,omitempty"`
}

// StateChanged keeps a change.
func (t *Timeline) StateChanged(e cb.Event) {
	change := entry{
		At: e.At, Client: e.Client, Method: e.Method, Key: e.Key,
		From: e.From.String(), To: e.To.String(), Cause: errorText(e.Cause),
	}
	if e.RetryAfter > 0 {
		change.RetryAfter = e.RetryAfter.Round(time.Millisecond).String()
	}
	t.add(change)
}

func (t *Timeline) add(e entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if uint64(len(t.entries)) < t.capacity {
		t.entries = append(t.entries, e)
	} else {
		t.entries[t.total%t.capacity] = e
	}
	t.total++
	for wake := range t.wake {
		nudge(wake)
	}
}

// since returns the entries from the given number on, as far as they are still there, and the number of the next.
func (t *Timeline) since(number uint64) (entries []entry, next uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if oldest := t.total - uint64(len(t.entries)); number < oldest {
		number = oldest
	}
	entries = make([]entry, 0, t.total-number)
	for ; number < t.total; number++ {
		entries = append(entries, t.entries[number%t.capacity])
	}
	return entries, t.total
}

// notify nudges wake at every entry, until the returned function is called.
func (t *Timeline) notify(wake chan struct{}) (stop func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake[wake] = struct{}{}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.wake, wake)
	}
}

// nudge fills a channel of capacity one: whoever reads it late is woken once.
func nudge(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

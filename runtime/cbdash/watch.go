package cbdash

import (
	"context"
	"encoding/json"
	"reflect"
	"strconv"
	"sync"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

const (
	lookEvery  = 250 * time.Millisecond
	lookGap    = 50 * time.Millisecond // at least, however many changes there are to tell
	beatEvery  = time.Second           // one bar of the sparklines
	bars       = 60
	viewerRoom = 16 // messages that a viewer may be behind
)

// watchers looks at a registry for all who look at its page, and only while somebody does.
type watchers struct {
	registry *cb.Registry
	timeline *Timeline
	derived  bool // the timeline is our own, and made of what is seen

	mu      sync.Mutex
	current *watch // nil: nobody looks
}

// watch is one time during which somebody looks. All that is not guarded by the watchers' lock belongs to its goroutine.
type watch struct {
	*watchers
	viewers map[*viewer]struct{} // guarded by the watchers' lock
	wake    chan struct{}
	cancel  context.CancelFunc
	done    chan struct{}

	rows   []numbered
	number map[name]int
	next   int // number of the next breaker that is new
	told   uint64
	beat   time.Time
}

// viewer is one open page.
type viewer struct {
	messages chan message // closed where the viewer is too slow, and must begin anew
	fresh    bool         // has not been sent a view yet; the watch's own
}

// message is an event of the stream.
type message struct {
	event string
	data  []byte
}

// name tells breakers apart. Two values of a key may have one text.
type name struct {
	client, method, key string
	same                int // how many before it have the same name
}

// numbered is a row of the page. Its number is short, stays with the breaker while the watch goes on, and is not used again.
type numbered struct {
	Number int   `json:"number"`
	Bars   []bar `json:"bars,omitempty"` // up to the latest; in a full view only
	row

	breaker name
	history []bar
	atBeat  bar // the counts when the latest bar ended
}

// bar is what happened during a second: successes, failures, rejections.
type bar [3]uint64

func (r *row) totals() bar {
	total := bar{r.Calls.Success, r.Calls.Failure}
	for _, n := range r.Rejections {
		total[2] += n
	}
	return total
}

// subscribe adds a viewer, whose first message will be everything. The returned function must be called when it leaves.
func (s *watchers) subscribe() (*viewer, func()) {
	v := &viewer{messages: make(chan message, viewerRoom), fresh: true}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.current
	if w == nil {
		w = s.start()
	}
	w.viewers[v] = struct{}{}
	nudge(w.wake)
	return v, func() { w.leave(v) }
}

// start begins to look. It is called with the lock held.
func (s *watchers) start() *watch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{watchers: s, viewers: make(map[*viewer]struct{}), wake: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{}),
		number: make(map[name]int)}
	s.current = w
	go w.run(ctx)
	return w
}

// leave removes a viewer. The last one ends the watch.
func (w *watch) leave(v *viewer) {
	w.mu.Lock()
	delete(w.viewers, v)
	last := len(w.viewers) == 0 && w.current == w
	if last {
		w.current = nil
	}
	w.mu.Unlock()
	if last {
		w.cancel()
		<-w.done
	}
}

func (w *watch) run(ctx context.Context) {
	defer close(w.done)
	defer w.timeline.notify(w.wake)()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	gap := time.NewTimer(0)
	defer gap.Stop()
	for {
		select {
		case <-gap.C:
		case <-ctx.Done():
			return
		}
		select {
		case <-ticker.C:
		case <-w.wake:
		case <-ctx.Done():
			return
		}
		w.look()
		gap.Reset(lookGap)
	}
}

// look finds what has changed since the last time, and tells the viewers.
func (w *watch) look() {
	now := time.Now()
	rows, changed := w.renew(look(w.registry))
	gone := w.forget(rows)
	w.rows = rows
	update := struct {
		Now      time.Time   `json:"now"`
		Breakers []*numbered `json:"breakers,omitempty"`
		Gone     []int       `json:"gone,omitempty"`
		Timeline []entry     `json:"timeline,omitempty"`
		Bars     map[int]bar `json:"bars,omitempty"` // of the second that ended: those that are not zero
		Beat     bool        `json:"beat,omitempty"`
	}{Now: now, Breakers: changed, Gone: gone}
	update.Timeline, w.told = w.timeline.since(w.told)
	if w.beat.IsZero() {
		w.beat = now
	}
	if now.Sub(w.beat) >= beatEvery {
		w.beat = w.beat.Add(now.Sub(w.beat).Truncate(beatEvery))
		update.Bars, update.Beat = w.endBars(), true
	}
	if update.Beat || len(changed)+len(gone)+len(update.Timeline) > 0 {
		w.tell(encode("update", update), now)
		return
	}
	w.tell(message{}, now)
}

// renew carries over what is known of breakers that were there before, and lists those of which something has changed.
func (w *watch) renew(seen []row) (rows []numbered, changed []*numbered) {
	rows = make([]numbered, len(seen))
	same := make(map[name]int)
	for i, r := range seen {
		id := name{client: r.Client, method: r.Method, key: r.Key}
		same[id]++
		id.same = same[id] - 1
		n := numbered{row: r, breaker: id}
		at, known := w.number[id]
		if known {
			old := &w.rows[at]
			n.Number, n.history, n.atBeat = old.Number, old.history, old.atBeat
			w.derive(old, &n)
			if reflect.DeepEqual(old.row, n.row) {
				rows[i] = n
				continue
			}
		} else {
			n.Number, n.atBeat = w.next, r.totals()
			w.next++
		}
		rows[i] = n
		changed = append(changed, &rows[i])
	}
	return rows, changed
}

// derive makes a timeline of what is seen, where no other is there.
func (w *watch) derive(old, now *numbered) {
	if w.derived && old.State != now.State {
		w.timeline.add(entry{At: now.Since, Client: now.Client, Method: now.Method, Key: now.Key, From: old.State.String(),
			To: now.State.String(), Cause: now.OpenedBy})
	}
}

// forget lists the numbers of breakers that are no longer there, and finds the others' places.
func (w *watch) forget(rows []numbered) (gone []int) {
	places := make(map[name]int, len(rows))
	for i := range rows {
		places[rows[i].breaker] = i
	}
	for i := range w.rows {
		if _, there := places[w.rows[i].breaker]; !there {
			gone = append(gone, w.rows[i].Number)
		}
	}
	w.number = places
	return gone
}

// endBars ends the second of every sparkline.
func (w *watch) endBars() map[int]bar {
	ended := make(map[int]bar)
	for i := range w.rows {
		r := &w.rows[i]
		total := r.totals()
		var b bar
		for k := range b {
			b[k] = total[k] - min(total[k], r.atBeat[k]) // a keyed breaker may have been made anew under its name
		}
		r.atBeat = total
		r.history = append(r.history, b)
		if len(r.history) > bars {
			r.history = r.history[len(r.history)-bars:]
		}
		if b != (bar{}) {
			ended[r.Number] = b
		}
	}
	return ended
}

// tell sends fresh viewers everything and the others the update, if there is one.
func (w *watch) tell(update message, now time.Time) {
	var full message
	w.mu.Lock()
	fresh := false
	for v := range w.viewers {
		fresh = fresh || v.fresh
	}
	w.mu.Unlock()
	if fresh {
		full = w.full(now)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for v := range w.viewers {
		send := update
		if v.fresh {
			send = full
		}
		if send.data == nil { // nothing new, or the viewer came a moment ago and the next look is for it
			continue
		}
		v.fresh = false
		select {
		case v.messages <- send:
		default:
			close(v.messages)
			delete(w.viewers, v)
		}
	}
}

// full is everything, sparklines included.
func (w *watch) full(now time.Time) message {
	rows := make([]numbered, len(w.rows))
	for i, r := range w.rows {
		r.Bars = r.history
		rows[i] = r
	}
	timeline, next := w.timeline.since(0)
	// What has happened since the look is the next update's, for this viewer as well.
	timeline = timeline[:max(0, len(timeline)-int(next-w.told))] //nolint:gosec // it is not that far behind
	return encode("full", struct {
		Now      time.Time  `json:"now"`
		Breakers []numbered `json:"breakers"`
		Timeline []entry    `json:"timeline"`
	}{now, rows, timeline})
}

func encode(event string, data any) message {
	text, err := json.Marshal(data)
	if err != nil { // it is made of our own types, none of which can fail
		return message{event: "error", data: []byte(strconv.Quote(err.Error()))}
	}
	return message{event, text}
}

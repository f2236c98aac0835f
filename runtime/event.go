package cb

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Observer is told what breakers do. Embed [NopObserver] in an implementation, so that methods added later do not break it.
//
// No lock is held while a method runs, and it may call the breaker back. A panic in it is logged and goes no further.
type Observer interface {
	// StateChanged is called for every change of state: of one breaker one at a time and in order, on the goroutine of a call
	// that found changes to tell, before that call returns. Of several breakers it may be called at once.
	StateChanged(Event)
	// Rejected is called on the caller's goroutine, before the fallbacks and before the call returns.
	Rejected(context.Context, *RejectedError)
	// Retried is called on the caller's goroutine when an attempt failed and there will be another, before the wait for it.
	Retried(context.Context, RetryEvent)
	// FellBack is called on the caller's goroutine after each fallback that was tried.
	FellBack(context.Context, FallbackEvent)
}

// NopObserver does nothing: see [Observer].
type NopObserver struct{}

// StateChanged does nothing.
func (NopObserver) StateChanged(Event) {}

// Rejected does nothing.
func (NopObserver) Rejected(context.Context, *RejectedError) {}

// Retried does nothing.
func (NopObserver) Retried(context.Context, RetryEvent) {}

// FellBack does nothing.
func (NopObserver) FellBack(context.Context, FallbackEvent) {}

// StateOnly is for observers of changes of state alone: embedded in place of [NopObserver], it tells breakers that the other methods
// do nothing. They may then be left out, and calls that are rejected, retried or fall back cost what they cost without the observer.
type StateOnly struct{ NopObserver }

func (StateOnly) stateOnly() {}

func wantsCalls(o Observer) bool {
	_, no := o.(interface{ stateOnly() })
	return !no
}

// Event is a change of state.
type Event struct {
	Client, Method string
	Key            string // of a keyed breaker, else ""
	From, To       State
	At             time.Time
	Cause          error         // the failure that opened it; nil where none did
	RetryAfter     time.Duration // the open period, where To is Open
	Adopted        bool          // it was decided elsewhere: see Breaker.AdoptOpen
	Counts         Counts        // of the breaker's whole life, by outcome
	// What the judges saw at that moment: failures in a row, and the rolling window of a ratio.
	InRow, WindowFailures, WindowCalls int
	// Context is that of the call whose admission or end made the change, or found it due; without a call, as where it was made by
	// hand, context.Background(). It is for its values, such as a trace's span: the call may have ended.
	Context context.Context //nolint:containedctx // an Event is handed on at once, as an http.Request is
}

// RetryEvent is an attempt that failed and is made again.
type RetryEvent struct {
	Client, Method string
	Key            string        // of a keyed breaker, else ""
	Attempt        int           // number of the attempt that failed, from 1
	Wait           time.Duration // until the next
	Err            error         // how it failed
}

// FallbackEvent is one fallback that was tried.
type FallbackEvent struct {
	Client, Method string
	Key            string // of a keyed breaker, else ""
	Name           string // the fallback's
	Cause          error  // why it was asked
	Err            error  // how it failed; nil: it answered; a *QueuedError: it stored the call
	Served         Served // where its answer came from, zero where it failed
}

// change is an Event as the circuit knows it.
type change struct {
	by                                 *Breaker        // whose call made it; nil: the circuit's own breaker
	ctx                                context.Context //nolint:containedctx // see Event; nil: none
	from, to                           State
	at                                 time.Time
	cause                              error
	retryAfter                         time.Duration
	inRow, windowFailures, windowCalls int
	adopted                            bool
}

// changeQueue tells changes in the order they were pushed, one at a time. Whoever drains it first delivers for the others.
type changeQueue struct {
	tell func(change)

	mu         sync.Mutex
	waiting    []change
	delivering bool
}

func (q *changeQueue) push(ch change) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, ch)
}

// drain tells everything that waits, also what is pushed meanwhile. Where another goroutine, or a caller up the stack, is at it
// already, that one will.
func (q *changeQueue) drain() {
	for {
		q.mu.Lock()
		if q.delivering || len(q.waiting) == 0 {
			q.mu.Unlock()
			return
		}
		q.delivering = true
		ch := q.waiting[0]
		q.waiting[0] = change{} // else the array would hold on to the context of its call
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		q.deliver(ch)
	}
}

func (q *changeQueue) deliver(ch change) {
	told := false
	defer func() {
		q.mu.Lock()
		q.delivering = false
		q.mu.Unlock()
		if !told { // Goexit: this goroutine ends here, the queue must not
			q.drain()
		}
	}()
	q.tell(ch)
	told = true
}

// tell logs a change and hands it to the observers.
func (b *Breaker) tell(ch change) {
	e := Event{
		Client: b.client, Method: b.method, Key: b.key, From: ch.from, To: ch.to, At: ch.at, Cause: ch.cause, RetryAfter: ch.retryAfter,
		Counts: b.counters.counts(), InRow: ch.inRow, WindowFailures: ch.windowFailures, WindowCalls: ch.windowCalls,
		Adopted: ch.adopted, Context: ch.ctx,
	}
	if e.Context == nil {
		e.Context = context.Background()
	}
	observers := slices.Concat([]Observer{logObserver{b: b}}, b.observers) // the log first, as the one that is always there
	if b.registry != nil {
		observers = append(observers, b.registry.followersOf(b)...)
	}
	b.observe(observers, func(o Observer) { o.StateChanged(e) })
}

// observe calls each observer, surviving those that panic, or call Goexit and take only their own turn with them.
func (b *Breaker) observe(observers []Observer, call func(Observer)) {
	for i := range observers {
		b.observeOne(observers[i:], call)
	}
}

// observeOne calls the first.
func (b *Breaker) observeOne(observers []Observer, call func(Observer)) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if reason := recover(); reason != nil {
			b.logPanic(reason)
			return
		}
		b.observe(observers[1:], call) // Goexit
	}()
	call(observers[0])
	returned = true
}

// logPanic tells of an observer that panicked. It may have been the logger.
func (b *Breaker) logPanic(reason any) {
	defer func() { _ = recover() }()
	b.logger().Error("circuit breaker: observer panicked", "client", b.client, "method", b.method, "key", b.key, "panic", reason)
}

// logObserver writes changes of state to the breaker's log.
type logObserver struct {
	NopObserver
	b *Breaker
}

func (l logObserver) StateChanged(e Event) {
	level := slog.LevelInfo
	if e.To.rejects() {
		level = slog.LevelWarn
	}
	logger := l.b.logger()
	if !logger.Enabled(e.Context, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("client", e.Client), slog.String("method", e.Method),
	}
	if e.Key != "" {
		attrs = append(attrs, slog.String("key", e.Key))
	}
	attrs = append(attrs, slog.String("from", e.From.String()), slog.String("to", e.To.String()))
	if e.Cause != nil {
		attrs = append(attrs, slog.String("cause", textOf(e.Cause)))
	}
	counts := []any{"success", e.Counts.Success, "failure", e.Counts.Failure, "ignored", e.Counts.Ignored, "in_row", e.InRow}
	if e.WindowCalls > 0 {
		counts = append(counts, "window_failures", e.WindowFailures, "window_calls", e.WindowCalls)
	}
	attrs = append(attrs, slog.Group("counts", counts...))
	if e.RetryAfter > 0 {
		attrs = append(attrs, slog.Duration("retry_after", e.RetryAfter))
	}
	if e.Adopted {
		attrs = append(attrs, slog.Bool("adopted", true))
	}
	logger.LogAttrs(e.Context, level, "circuit breaker "+e.To.String(), attrs...)
}

// textOf is an error's own text. It is not ours, and a panic in it must not keep the line from the log.
func textOf(err error) (text string) {
	defer func() {
		if reason := recover(); reason != nil {
			text = fmt.Sprintf("%T, whose Error panicked: %v", err, reason)
		}
	}()
	return err.Error()
}

package cb_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

// layers records what passes through each layer around a method, Fallback(Retry(Breaker(Deadline(Bulkhead(method))))), with
// the virtual time at which it does.
type layers struct {
	cb.NopObserver
	b         *cb.Breaker
	start     time.Time
	cancel    context.CancelFunc // the caller's
	onRetry   func()
	onReject  func()
	method    []func(context.Context) error // ends of the attempts, the last for good
	fallbacks []func(context.Context) error // ends of the fallbacks

	mu       sync.Mutex
	trace    []string
	attempts int
}

func (l *layers) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trace = append(l.trace, fmt.Sprintf("%v ", time.Since(l.start))+fmt.Sprintf(format, args...))
}

func (l *layers) StateChanged(e cb.Event) { l.note("breaker %v", e.To) }

func (l *layers) Rejected(_ context.Context, e *cb.RejectedError) {
	l.note("rejected %s%s", e.Reason, causeOf(e))
	if l.onReject != nil {
		l.onReject()
	}
}

func (l *layers) Retried(_ context.Context, e cb.RetryEvent) {
	l.note("retry after attempt %d, in %v: %v", e.Attempt, e.Wait, e.Err)
	if l.onRetry != nil {
		l.onRetry()
	}
}

func causeOf(e *cb.RejectedError) string {
	if e.Cause == nil {
		return ""
	}
	return " after " + e.Cause.Error()
}

// inside tells where a function runs: how much of an attempt's deadline is left, and whether in the bulkhead.
func (l *layers) inside(ctx context.Context) string {
	where := "no deadline"
	if deadline, ok := ctx.Deadline(); ok {
		where = "deadline " + time.Until(deadline).String()
	}
	return fmt.Sprintf("%s, bulkhead %d", where, l.b.Snapshot().Bulkhead.Running)
}

func (l *layers) call(ctx context.Context) (string, error) {
	l.attempts++
	l.note("method: %s", l.inside(ctx))
	return "value", l.method[min(l.attempts, len(l.method))-1](ctx)
}

func (l *layers) fallback(i int) func(context.Context, error) (string, error) {
	return func(ctx context.Context, cause error) (string, error) {
		l.note("fallback %d: %s: %v", i+1, l.inside(ctx), cause)
		return "fallback", l.fallbacks[i](ctx)
	}
}

// begin forgets what came before the call.
func (l *layers) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.start, l.trace = time.Now(), nil
}

func (l *layers) seen() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.trace)
}

// run makes the call, on a goroutine of its own, and notes how it ends.
func (l *layers) run(ctx context.Context) {
	var fallbacks []func(context.Context, error) (string, error)
	for i := range l.fallbacks {
		fallbacks = append(fallbacks, l.fallback(i))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		how := "ended the goroutine"
		defer func() {
			if reason := recover(); reason != nil {
				how = fmt.Sprintf("panicked: %v", reason)
			}
			l.note("%s", how)
		}()
		value, err := cb.Call(ctx, l.b, l.call, fallbacks...)
		how = fmt.Sprintf("returned %q, %v", value, err)
	}()
	<-done
}

// left is what the layers have counted, and what of them is still taken.
func (l *layers) left() string {
	s := l.b.Snapshot()
	return fmt.Sprintf("%v: success %d, failure %d, ignored %d, rejected %d+%d, retries %d, running %d, in flight %d", s.State,
		s.Counts.Success, s.Counts.Failure, s.Counts.Ignored,
		s.Rejections[cb.ReasonOpen]+s.Rejections[cb.ReasonTooManyProbes], s.Rejections[cb.ReasonBulkheadFull], s.Retries,
		s.Bulkhead.Running, s.InFlight)
}

// Ends of a method or a fallback.
func ok(context.Context) error          { return nil }
func down(context.Context) error        { return errDown }
func notFound(context.Context) error    { return statusError(404) }
func panics(context.Context) error      { panic("boom") }
func exits(context.Context) error       { runtime.Goexit(); return nil }
func tillEnded(c context.Context) error { <-c.Done(); return c.Err() }

func deaf(context.Context) error { time.Sleep(1500 * time.Millisecond); return nil } // to its context

func elsewhere(context.Context) error {
	return &cb.RejectedError{Client: "inner", Reason: cb.ReasonOpen}
}

func ends(f ...func(context.Context) error) []func(context.Context) error {
	return append([]func(context.Context) error{}, f...)
}

// occupy fills the bulkhead for so long, by a call that is not the one looked at.
func occupy(d time.Duration) func(*layers) {
	return func(l *layers) {
		running := make(chan struct{})
		go func() {
			_ = l.b.Do(context.Background(), func(context.Context) error {
				close(running)
				time.Sleep(d)
				return nil
			})
		}()
		<-running
	}
}

// seq is what happens before the call.
func seq(steps ...func(*layers)) []func(*layers) { return steps }

// opened is an open breaker, afterwards lets its open period pass.
func opened(l *layers) { l.b.Trip() }

func afterwards(*layers) { afterTimeout() }

// spent uses up the retries that a rare caller has.
func spent(l *layers) { fail(l.b, 5) }

// gone is a caller who has gone when the call begins, goes one who goes after so long.
func gone(l *layers) { l.cancel() }

func goes(d time.Duration) func(*layers) { return later(d, gone) }

// later does something after a while.
func later(d time.Duration, do func(*layers)) func(*layers) {
	return func(l *layers) { time.AfterFunc(d, func() { do(l) }) }
}

// TestOrder proves the order of the layers by what each of them sees of the others.
func TestOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range slices.Concat(orderRows(), orderRowsThatEndEarly()) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := cb.Policy{
					Threshold: 5, Deadline: time.Second, Ignore: cb.Match{Codes: "404"},
					Retry: cb.Retry{Max: 2, Backoff: 100 * time.Millisecond}, Bulkhead: cb.Bulkhead{Max: 1, Wait: 200 * time.Millisecond},
				}
				if tt.policy != nil {
					tt.policy(&p)
				}
				l := &layers{method: tt.method, fallbacks: tt.fallbacks}
				if l.fallbacks == nil {
					l.fallbacks = ends(ok)
				}
				l.b = newBreaker(p, cb.WithObserver(l))
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				l.cancel = cancel
				if tt.limit > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.limit)
					defer cancel()
				}
				for _, f := range tt.before {
					f(l)
				}
				l.begin()
				l.run(ctx)
				left := l.left()
				trace := l.seen()
				time.Sleep(time.Minute) // for what still runs
				assert.Equal(t, tt.want, trace, "%s", tt.source)
				assert.Equal(t, tt.left, left, "%s", tt.source)
				s := l.b.Snapshot()
				assert.Zero(t, s.Bulkhead.Running)
				assert.Zero(t, s.Bulkhead.Waiting)
				assert.Zero(t, s.InFlight)
			})
		})
	}
}

package cb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

// statusError carries a code the way most clients' errors do.
type statusError int

func (e statusError) Error() string   { return fmt.Sprintf("status %d", int(e)) }
func (e statusError) StatusCode() int { return int(e) }

// exactly makes every open period as long as Timeout says.
func exactly() cb.Option { return cb.WithJitter(func() float64 { return 0.5 }) }

// newBreaker is a quiet breaker without jitter.
func newBreaker(p cb.Policy, opts ...cb.Option) *cb.Breaker {
	return cb.New(p, append([]cb.Option{quiet(), exactly()}, opts...)...)
}

// end makes a call that ends with err.
func end(b *cb.Breaker, err error) error {
	return b.Do(context.Background(), func(context.Context) error { return err })
}

// fail makes n calls that fail.
func fail(b *cb.Breaker, n int) {
	for range n {
		_ = end(b, errDown)
	}
}

// call is one in flight on a goroutine of its own, until it is told how to end.
type call struct {
	how  chan func() error
	done chan error // what the caller got; closed without a value where the goroutine ended
}

// begin starts a call and returns when it is running or was rejected. In a bubble, with the bubble's clock.
func begin(b *cb.Breaker) *call {
	c := &call{how: make(chan func() error), done: make(chan error, 1)}
	running := make(chan struct{})
	started := sync.OnceFunc(func() { close(running) })
	go func() {
		defer close(c.done)
		defer started()
		defer func() { _ = recover() }() // where the call is told to panic
		c.done <- b.Do(context.Background(), func(context.Context) error {
			started()
			return (<-c.how)()
		})
	}()
	<-running
	return c
}

// end lets the call end with err and returns what its caller got.
func (c *call) end(err error) error {
	c.how <- func() error { return err }
	return <-c.done
}

// endBy lets the call end as f does, a panic or Goexit included.
func (c *call) endBy(f func()) {
	c.how <- func() error { f(); return nil }
	<-c.done
}

// recorder notes what an observer is told.
type recorder struct {
	cb.NopObserver
	mu       sync.Mutex
	events   []cb.Event
	rejected []*cb.RejectedError
	retried  []cb.RetryEvent
	fallen   []cb.FallbackEvent
}

func (r *recorder) StateChanged(e cb.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) Rejected(_ context.Context, e *cb.RejectedError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rejected = append(r.rejected, e)
}

func (r *recorder) Retried(_ context.Context, e cb.RetryEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retried = append(r.retried, e)
}

func (r *recorder) FellBack(_ context.Context, e cb.FallbackEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fallen = append(r.fallen, e)
}

// path is the states it was told, "closed>open" and so on.
func (r *recorder) path() (path []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		path = append(path, e.From.String()+">"+e.To.String())
	}
	return path
}

// afterTimeout lets the default open period pass.
func afterTimeout() { time.Sleep(30 * time.Second) }

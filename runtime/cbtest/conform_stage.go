package cbtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// bench is a new wrapper with everything around it that a walk needs.
type bench struct {
	calls    Calls
	registry *cb.Registry
	upstream *upstream
}

func newBench(wrap func(opts ...cb.Option) Calls, jitter float64) *bench {
	b := &bench{registry: cb.NewRegistry(), upstream: &upstream{}}
	b.calls = wrap(
		cb.WithRegistry(b.registry), cb.WithInjector(b.upstream), cb.WithJitter(func() float64 { return jitter }),
		cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	)
	return b
}

// upstream does what a script says, to the calls of one method, and counts those that get through to it.
type upstream struct {
	mu      sync.Mutex
	method  string
	script  func(ctx context.Context) error // nil: well
	reached int
	at      []time.Time // when each got through
	key     string      // of the last
	caller  bool        // whether the last had the context that its caller gave
}

// callerKey marks the contexts of stage's calls.
type callerKey struct{}

// Inject is that of [cb.Injector].
func (u *upstream) Inject(ctx context.Context, _, method, key string) error {
	u.mu.Lock()
	if method != u.method {
		u.mu.Unlock()
		return nil
	}
	u.reached++
	u.at = append(u.at, time.Now())
	u.key, u.caller = key, ctx.Value(callerKey{}) != nil
	script := u.script
	u.mu.Unlock()
	if script == nil {
		return nil
	}
	return script(ctx)
}

func (u *upstream) does(script func(ctx context.Context) error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.script = script
}

func (u *upstream) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.reached
}

// stage is one method of a new wrapper, closed, with nothing that its judges remember.
type stage struct {
	*testing.T
	b        *cb.Breaker
	policy   cb.Policy
	jitter   float64
	upstream *upstream
	call     func(ctx context.Context) error
	caller   bool // calls have their caller's context
}

// stage makes one good call, by which a keyed method gets its breaker, and waits until it is forgotten.
func (b *bench) stage(t *testing.T, method string) *stage {
	t.Helper()
	b.upstream.method = method
	s := &stage{T: t, upstream: b.upstream, call: b.calls[method]}
	panicked, err := s.try(nil)
	if b.upstream.reached == 0 {
		t.Fatalf("cbtest: a call of %s does not get to its breaker, or the wrapper was made without the options that Conform hands over: "+
			"error %v, panic %v", method, err, panicked)
	}
	for _, breaker := range b.registry.Breakers() {
		if breaker.Method() == method && breaker.Key() == b.upstream.key {
			s.b = breaker
		}
	}
	if s.b == nil {
		t.Fatalf("cbtest: the registry that Conform hands over has no breaker of a method %s", method)
	}
	look := s.b.Snapshot()
	if look.State != cb.Closed || look.Counts != (cb.Counts{Success: 1}) || panicked != nil {
		t.Fatalf("cbtest: the first call must be a success of a closed breaker, so have the upstream answer well; "+
			"it is %s, and has counted %+v: error %v, panic %v",
			look.State, look.Counts, err, panicked)
	}
	s.policy, s.caller = look.Policy, b.upstream.caller
	time.Sleep(s.forgotten())
	return s
}

// try makes a call of an upstream that does as the script says; nil: it is well.
func (s *stage) try(script func(ctx context.Context) error) (panicked any, err error) {
	s.upstream.does(script)
	return s.callOnce()
}

func (s *stage) callOnce() (panicked any, err error) {
	defer func() { panicked = recover() }()
	return nil, s.call(context.WithValue(context.Background(), callerKey{}, true))
}

// errBroken is what failing calls panic with: a panic is a failure under every policy, and is never retried.
var errBroken = errors.New("cbtest: the upstream is broken")

func broken(context.Context) error { panic(errBroken) }

// reaches makes n calls, which must get through to the upstream, and leave the breaker in a state.
func (s *stage) reaches(n int, script func(ctx context.Context) error, after cb.State) {
	s.Helper()
	for i := range n {
		before := s.upstream.count()
		_, _ = s.try(script)
		if got := s.upstream.count() - before; got == 0 {
			s.Fatalf("call %d of %d did not get through to the upstream; the breaker is %s", i+1, n, s.b.State())
		}
	}
	s.is(after)
}

func (s *stage) is(want cb.State) {
	s.Helper()
	if got := s.b.State(); got != want {
		s.Fatalf("the breaker is %s, want %s: %s", got, want, s.facts())
	}
}

// turnsAway makes a call that must not get through to the upstream, but be rejected for the reason.
func (s *stage) turnsAway(reason cb.Reason) {
	s.Helper()
	before, rejections := s.upstream.count(), s.b.Snapshot().Rejections[reason]
	_, err := s.try(nil)
	if s.upstream.count() != before {
		s.Fatalf("a call got through to the upstream, want it rejected (%s): %s", reason, s.facts())
	}
	look := s.b.Snapshot()
	if look.Rejections[reason] != rejections+1 {
		s.Fatalf("a call was not rejected for the reason %s, but %v: %s", reason, err, s.facts())
	}
	var rejected *cb.RejectedError
	if errors.As(err, &rejected) && rejected.Reason == reason && reason == cb.ReasonOpen && rejected.Method == s.b.Method() {
		// Those who are rejected within a millisecond share what the first of them was told.
		remains := time.Until(look.OpenUntil)
		if late := rejected.RetryAfter - remains; late < 0 || late > time.Millisecond {
			s.Fatalf("RetryAfter is %v, want what remains, %v, or at most a millisecond more", rejected.RetryAfter, remains)
		}
	}
}

// holds begins n calls at once, each of which must get through, and waits there until it is released.
func (s *stage) holds(n int) (release func(n int)) {
	s.Helper()
	before, free, ended := s.upstream.count(), make(chan struct{}), make(chan struct{}, n)
	s.Cleanup(func() { close(free) }) // a walk that fails must leave nothing behind
	script := func(context.Context) error { <-free; return nil }
	s.upstream.does(script)
	for range n {
		go func() {
			_, _ = s.callOnce()
			ended <- struct{}{}
		}()
	}
	synctest.Wait()
	if got := s.upstream.count() - before; got != n {
		s.Fatalf("%d of %d calls at once got through to the upstream: %s", got, n, s.facts())
	}
	return func(n int) {
		for range n {
			free <- struct{}{}
			<-ended
		}
	}
}

func (s *stage) facts() string {
	look := s.b.Snapshot()
	return fmt.Sprintf("%+v counted, %v rejected, state since %v ago", look.Counts, look.Rejections, time.Since(look.Since))
}

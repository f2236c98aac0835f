package cb

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// streamCall is what outlives a StreamGuard that nobody reads any more.
type streamCall struct {
	b       *Breaker
	current atomic.Pointer[streamAttempt] // nil: none, as where a fallback's stream is read

	mu     sync.Mutex
	closed bool               // the reader has left
	cancel context.CancelFunc // ends the attempts that Ended makes; nil: it has made none
}

// leave is how a stream ends that nobody reads on.
func (c *streamCall) leave() {
	c.walkAway()
	c.end()
}

// forgotten is the garbage collector's way to leave. It is on a goroutine outside of any bubble of testing/synctest, which must
// not touch the bubble's contexts: so it leaves a stream alone that is over.
func (c *streamCall) forgotten() {
	if s := c.current.Load(); s != nil && !s.isOver() {
		c.leave()
	}
}

// walkAway tells the breaker that the reader has left.
func (c *streamCall) walkAway() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	if s := c.current.Load(); s != nil {
		s.walkAway()
	}
}

// end gives back everything that the call holds.
func (c *streamCall) end() {
	c.endAttempt()
	c.mu.Lock()
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// endAttempt ends the current attempt, if there is one.
func (c *streamCall) endAttempt() {
	if s := c.current.Load(); s != nil {
		s.end()
	}
}

// retrying is the context for attempts that take the place of one that failed; false: the reader has left.
func (c *streamCall) retrying(caller context.Context) (context.Context, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	if c.cancel != nil {
		c.cancel()
	}
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(caller)
	return ctx, true
}

// streamAttempt is an attempt that goes on after its function has returned, until the stream ends. What its fields say is changed
// by the reader, a timer, the end of a context, and the garbage collector, each on a goroutine of its own: whoever judges first
// tells the breaker.
type streamAttempt struct {
	attempt
	call   *streamCall
	caller context.Context // whoever made it
	first  bool            // of its call
	held   bool            // there is a deadline to stop or a place to give back
	limits Stream
	cut    context.CancelCauseFunc // ends ctx

	mu       sync.Mutex
	reading  bool // or opening: the upstream is waited for
	awaits   int  // how often it is waited for otherwise
	came     bool // the first item
	answered bool // the reader has had something: an item, an error among items, the head of a response
	judged   bool
	verdict  verdict // where judged
	broken   error   // why we have ended it: a *StreamLimitError, or an Injector's; nil: the source did
	items    int     // that an injector was asked for
	over     bool
	unhook   func() bool   // from the end of ctx, or of caller
	hooked   bool          // to that of caller
	timer    *time.Timer   // of limits, made when it is first needed
	until    time.Time     // when the limit passes; zero: none is running
	left     time.Duration // of limits.First
	clock    slowClock
}

// Values of StreamLimitError.Limit.
const (
	limitFirst = "first"
	limitIdle  = "idle"
)

// start begins an attempt, or tells why there is none.
func (s *streamAttempt) start(ctx context.Context, b *Breaker, cause error) (verdict, error) {
	if cause == nil {
		if e := b.turnAway(ctx); e != nil {
			return rejected, e
		}
	}
	if v, err := s.begin(ctx, b, cause); v != success {
		return v, err
	}
	s.held, s.limited = s.limited, false // else the attempt would give it back where it is judged
	s.ctx, s.cut = context.WithCancelCause(s.ctx)
	if stateOf(s.word) != Off {
		s.limits = b.policy.Stream
	}
	s.left = s.limits.First
	s.wait()
	return success, nil
}

// opened tells how the opening went. A failure is judged at once, and so is a stream that is not there; else the end will tell.
func (s *streamAttempt) opened(out Outcome, there bool) verdict {
	s.pause()
	v := s.b.classifier.classify(s.caller, s.ctx, out.Err, out.Code)
	if v != success || !there {
		v = s.judge(v, out)
		if s.placed { // as for any call that has returned
			s.placed = false
			s.b.bulkhead.release()
		}
		return v
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.judged {
		return s.verdict
	}
	s.unhook = context.AfterFunc(s.ctx, s.contextEnded)
	return success
}

// judge gives the breaker its verdict, unless it has one, and returns the one it has got.
func (s *streamAttempt) judge(v verdict, out Outcome) verdict {
	s.mu.Lock()
	mine, got := s.claim(v), s.verdict
	s.mu.Unlock()
	if mine {
		s.tell(v, out)
	}
	return got
}

// claim is true for the one who may tell the breaker. Under mu.
func (s *streamAttempt) claim(v verdict) bool {
	if s.judged {
		return false
	}
	s.judged, s.verdict = true, v
	if stateOf(s.word) == Off {
		s.verdict = passed
	}
	s.stopTimer()
	return true
}

// tell counts what was judged.
func (s *streamAttempt) tell(v verdict, out Outcome) {
	s.asked = out.RetryAfter
	defer func() { // also where a RetryAfter of the user's panics, or an observer calls Goexit
		s.abandon()
		s.tellEnd(v)
	}()
	v = s.conclude(v, out.Err, out.Code)
	if s.first && s.b.retry != nil {
		s.b.retry.follows(v)
	}
}

// end gives back what the attempt holds, and tells whether it was the first to do so.
func (s *streamAttempt) end() bool {
	s.mu.Lock()
	over, unhook := s.over, s.unhook
	s.over = true
	s.mu.Unlock()
	if over {
		return false
	}
	if unhook != nil {
		unhook()
	}
	s.cut(nil)
	if s.held {
		s.unlimit()
	}
	return true
}

// ended judges the end that the source tells of, and returns the verdict that counts, and why it was not the source's end.
func (s *streamAttempt) ended(err error) (v verdict, broken error) {
	s.mu.Lock()
	s.stopTimer()
	s.mu.Unlock()
	if err == io.EOF { //nolint:errorlint // what a reader returns bare
		err = nil
	}
	v = s.judge(s.b.classifier.classify(s.caller, s.ctx, err, 0), Outcome{Err: err})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = false // not before it is judged: see contextEnded
	return v, s.broken
}

// walkAway judges a stream whose reader has left. Of one that has ended it does not look at the context: the garbage collector's
// goroutine must not touch one that belongs to a bubble of testing/synctest.
func (s *streamAttempt) walkAway() {
	if s.isJudged() {
		return
	}
	v := ignored
	if s.hasAnswered() && !errors.Is(ended(s.caller), context.Canceled) {
		v = success
	}
	s.judge(v, Outcome{})
}

// wait starts the limit on the next item.
func (s *streamAttempt) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.judged {
		return
	}
	s.reading = true
	s.resumeSlow()
	d := s.limits.Idle
	if !s.came {
		d = s.left
		if s.limits.First > 0 {
			d = max(d, 1)
		}
	}
	if d == 0 {
		return
	}
	s.until = time.Now().Add(d)
	if s.timer == nil {
		s.timer = time.AfterFunc(d, s.limitPassed)
	} else {
		s.timer.Reset(d)
	}
}

// stopTimer is under mu. It leaves a timer alone that is not running: the garbage collector's goroutine must not touch one that
// belongs to a bubble of testing/synctest.
func (s *streamAttempt) stopTimer() {
	if s.until.IsZero() {
		return
	}
	s.timer.Stop()
	if !s.came {
		s.left = time.Until(s.until)
	}
	s.until = time.Time{}
}

// pause ends the waiting without an item.
func (s *streamAttempt) pause() {
	s.mu.Lock()
	s.reading = false
	s.stopTimer()
	changed := !s.judged && s.pauseSlow()
	s.mu.Unlock()
	if changed {
		s.b.circuit.changes.drain()
	}
}

// item ends the waiting with an item.
func (s *streamAttempt) item() {
	s.mu.Lock()
	s.reading = false
	s.stopTimer()
	changed := false
	if !s.came {
		s.came, s.answered = true, true
		changed = !s.judged && s.endSlow()
	}
	s.mu.Unlock()
	if changed {
		s.b.circuit.changes.drain()
	}
}

// answer notes that the reader has had something.
func (s *streamAttempt) answer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered = true
}

func (s *streamAttempt) hasAnswered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered
}

func (s *streamAttempt) isJudged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judged
}

func (s *streamAttempt) isReading() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reading
}

func (s *streamAttempt) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

func (s *streamAttempt) brokenOff() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// limitPassed is the timer's. The place is held on: a source that does not look at its context still runs.
func (s *streamAttempt) limitPassed() {
	limit := s.dueLimit()
	if limit == nil {
		return
	}
	v := s.b.classifier.overLimit(s.caller, limit)
	s.mu.Lock()
	mine := s.due() && s.claim(v)
	if mine {
		s.broken = limit
	}
	s.mu.Unlock()
	if mine {
		s.tell(v, Outcome{Err: limit})
		s.cut(limit)
	}
}

// due tells whether the reader waits for longer than it may: the timer may have been stopped too late. Under mu.
func (s *streamAttempt) due() bool { return !s.until.IsZero() && time.Until(s.until) <= 0 }

func (s *streamAttempt) dueLimit() *StreamLimitError {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.due():
		return nil
	case s.came:
		return &StreamLimitError{limitIdle, s.limits.Idle}
	default:
		return &StreamLimitError{limitFirst, s.limits.First}
	}
}

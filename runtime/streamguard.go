package cb

import (
	"context"
	"io"
	"runtime"
)

// StreamGuard is one call whose result is being read. Its methods are for those who implement a stream's type, each on the
// goroutine that reads, but Close and Closed, which may come from another.
type StreamGuard[T any] struct {
	call      *streamCall
	caller    context.Context
	fn        func(context.Context) (T, error)
	outcomeOf func(T, error) Outcome
	out       *Outcome // of the last opening, where outcomeOf is given
	fallbacks []func(ctx context.Context, cause error) (T, error)
	attempts  int
	last      *streamAttempt
	source    T // under call.mu
}

// openStream makes the call as far as its opening.
func openStream[T any](ctx context.Context, g *StreamGuard[T], wrap func(*StreamGuard[T]) T) (T, error) {
	handed := false // to the reader
	defer func() {
		if !handed {
			g.call.end()
		}
	}()
	value, v, err := g.open(ctx, nil)
	if g.call.b.retry != nil && v == failure {
		value, v, err = g.again(ctx, value, err)
	}
	value, err, answered := g.fallBack(v, value, err)
	if answered || err != nil {
		return value, err
	}
	if any(value) == nil { // an interface that holds no stream
		_, _ = g.Ended(nil)
		return value, nil
	}
	g.source, handed = value, true
	// From the call nothing leads back to the guard, which is found unreachable when what wrap returns is.
	runtime.AddCleanup(g, (*streamCall).forgotten, g.call)
	return wrap(g), nil
}

// open makes one attempt, up to what its function returns. A success is not counted yet.
func (g *StreamGuard[T]) open(ctx context.Context, last *tried) (value T, v verdict, err error) {
	g.call.endAttempt() // of a result that failed
	g.attempts++
	s := &streamAttempt{call: g.call, caller: ctx, first: g.attempts == 1}
	g.last = s
	called, returned := false, false
	defer func() {
		switch {
		case returned:
		case called:
			s.judge(failure, Outcome{Err: errAbandoned})
			s.end()
		default: // an observer ended the goroutine
			s.abandon()
		}
	}()
	if v, err = s.start(ctx, g.call.b, last.failure()); v != success {
		returned = true
		return value, v, err
	}
	called = true
	if g.call.b.injector != nil {
		err = g.call.b.inject(s.ctx)
	}
	if err == nil {
		value, err = g.fn(s.ctx)
	}
	out := Outcome{Err: err}
	if g.outcomeOf != nil {
		out = g.outcomeOf(value, err)
		*g.out = out
	}
	if err == nil {
		g.call.current.Store(s) // before opened, from where on the end of its context may end it
	}
	v = s.opened(out, err == nil)
	if broken := s.brokenOff(); broken != nil {
		if err == nil {
			closeSource(value) // its context has ended
			if out.Body != nil {
				_ = out.Body.Close()
			}
		}
		var none T
		value, err = none, broken
		if g.out != nil {
			*g.out = Outcome{Err: err}
		}
	}
	returned = true
	if err != nil {
		s.end()
	}
	return value, v, err
}

// overran tells whether the last attempt was still waiting for its stream when its deadline or a limit passed.
func (g *StreamGuard[T]) overran() bool {
	_, limited := g.last.brokenOff().(*StreamLimitError) //nolint:errorlint // ours, not wrapped
	return limited || g.last.overran()
}

// again makes further attempts where the last one failed.
func (g *StreamGuard[T]) again(ctx context.Context, value T, err error) (T, verdict, error) {
	return again(ctx, g.call.b, g.attempts, g.out, value, err, g.overran(),
		func(last *tried) (T, verdict, error) {
			value, v, err := g.open(ctx, last)
			last.overran = g.overran()
			return value, v, err
		})
}

// fallBack asks the fallbacks for another stream, where the call ended so that they may answer.
func (g *StreamGuard[T]) fallBack(v verdict, value T, err error) (_ T, _ error, answered bool) { //nolint:revive // as fallBack
	if len(g.fallbacks) == 0 || !v.fallsBack() {
		return value, err, false
	}
	given := false // to the caller, who closes it then
	defer func() {
		if !given && g.out != nil && g.out.Body != nil {
			_ = g.out.Body.Close() // nobody will read it
		}
	}()
	value, err, answered = fallBack(g.caller, g.call.b, v, value, err, realError(err, g.out), len(g.fallbacks),
		func(ctx context.Context, i int, cause error) (T, error) { return ask(ctx, g.fallbacks[i], cause) })
	given = !answered
	return value, err, answered
}

// Source is what is read now: another where Ended has returned true.
func (g *StreamGuard[T]) Source() T {
	g.call.mu.Lock()
	defer g.call.mu.Unlock()
	return g.source
}

// Wait tells that the reader asks for an item. Item, Ended or Abandon follow.
func (g *StreamGuard[T]) Wait() {
	if s := g.call.current.Load(); s != nil {
		s.wait()
	}
}

// Item tells that an item has come. False: an [Injector] has broken the stream off before it, so that it is to be dropped, and
// Ended told.
func (g *StreamGuard[T]) Item() bool {
	s := g.call.current.Load()
	if s == nil {
		return true
	}
	if s.b.cutter != nil && !s.injected() {
		return false
	}
	s.item()
	if s.ctx.Err() != nil {
		s.watchCaller()
	}
	return true
}

// pause tells that the reader does not wait any more, though nothing came.
func (g *StreamGuard[T]) pause() {
	if s := g.call.current.Load(); s != nil {
		s.pause()
	}
}

// Await calls wait, which waits for the upstream otherwise than for an item, such as to send to it; also while another goroutine
// reads. Where the context ends meanwhile, that is how the stream ends, as it is during a read: the reader has not walked away. No
// limit of [Policy.Stream] runs.
func (g *StreamGuard[T]) Await(wait func()) {
	s := g.call.current.Load()
	if s == nil {
		wait()
		return
	}
	s.await(1)
	defer func() {
		if err := s.ctx.Err(); err != nil && !s.isReading() {
			s.judge(s.b.classifier.classify(s.caller, s.ctx, err, 0), Outcome{Err: err})
			g.call.end()
		}
		s.await(-1) // not before it is judged: see contextEnded
		if s.ctx.Err() != nil {
			s.contextEnded() // it may have ended just now
		}
	}()
	wait()
}

// context is that of the stream that is read now.
func (g *StreamGuard[T]) context() context.Context {
	if s := g.call.current.Load(); s != nil {
		return s.ctx
	}
	return g.caller
}

// failed judges an error that does not end the stream, and returns what the reader is to get of it.
func (g *StreamGuard[T]) failed(err error) error {
	s := g.call.current.Load()
	if s == nil {
		return err
	}
	s.answer()
	if _, broken := s.ended(err); broken != nil {
		return broken
	}
	return err
}

// replaceableAfter tells whether something might take the place of a stream that failed so.
func (g *StreamGuard[T]) replaceableAfter(err error) bool {
	s := g.call.current.Load()
	return s != nil && !s.hasAnswered() && g.replaceable() && s.b.classifier.classify(s.caller, s.ctx, err, 0).fallsBack()
}

// Ended tells that no more items come. err is how the source says it ended; nil and io.EOF are well. Where that was a failure
// before the first item, and another attempt or a fallback answers, again is true: Source is that stream, to be read on. Else the
// error is for the caller: err, or what the retries and fallbacks made of it, or a [*StreamLimitError] where it was a limit that
// ended the stream, or an [Injector]'s.
func (g *StreamGuard[T]) Ended(err error) (again bool, _ error) {
	s := g.call.current.Load()
	if s == nil { // a fallback's
		return false, err
	}
	v, broken := s.ended(err)
	if broken != nil {
		err = broken
	}
	if s.hasAnswered() || !s.end() || !v.fallsBack() || !g.replaceable() {
		g.call.end()
		return false, err
	}
	return g.replace(v, err)
}

// replaceable tells whether there is anything that might take the place of a stream that failed.
func (g *StreamGuard[T]) replaceable() bool { return g.call.b.retry != nil || len(g.fallbacks) > 0 }

// replace looks for another source after one that ended so before its first item.
func (g *StreamGuard[T]) replace(v verdict, failed error) (again bool, _ error) {
	ctx, ok := g.call.retrying(g.caller)
	if !ok {
		return false, failed
	}
	found := false
	defer func() {
		if !found {
			g.call.leave()
		}
	}()
	if g.out != nil {
		*g.out = Outcome{Err: failed} // what is to be closed is the source
	}
	var value T
	err := failed
	if v == failure && g.call.b.retry != nil {
		value, v, err = g.again(ctx, value, err)
	}
	value, err, answered := g.fallBack(v, value, err)
	if answered {
		g.call.end()
		g.call.current.Store(nil)
	}
	switch {
	case err != nil:
		return false, err
	case v != success && !answered: // a result that failed without an error
		return false, realError(nil, g.out)
	}
	if found = g.install(value); !found {
		return false, failed
	}
	return true, nil
}

// install makes value what is read from now on, unless the reader has left. The other one is closed.
func (g *StreamGuard[T]) install(value T) bool {
	g.call.mu.Lock()
	installed := !g.call.closed
	if installed {
		g.source, value = value, g.source
	}
	g.call.mu.Unlock()
	closeSource(value)
	return installed
}

// closeSource closes what nobody will read, where it has a method for that.
func closeSource(source any) {
	switch source := source.(type) {
	case io.Closer:
		_ = source.Close()
	case interface{ Close() }:
		source.Close()
	}
}

// Abandon is deferred around a read. Where neither Item nor Ended has followed Wait, the source panicked or ended the goroutine,
// which is a failure and goes on unchanged. Else it does nothing.
func (g *StreamGuard[T]) Abandon() {
	if s := g.call.current.Load(); s != nil && s.isReading() {
		s.judge(failure, Outcome{Err: errAbandoned})
		g.call.end()
	}
}

// Closed tells that the reader has left, if the stream has not ended yet, and ends the attempt's context. It may be called more
// than once.
func (g *StreamGuard[T]) Closed() { g.call.leave() }

// Close is Closed for streams with something to close: close runs when the breaker knows that the reader has left, so that a read
// that fails by it does not count, and before the attempt's context ends. It is given the Source, and its error is returned.
func (g *StreamGuard[T]) Close(close func(T) error) error { //nolint:predeclared // what it is for
	g.call.walkAway() // from here on Source stays what it is
	defer func() {
		g.call.end()
		runtime.KeepAlive(g) // found by the garbage collector while close runs, it would end the context then
	}()
	return close(g.Source())
}

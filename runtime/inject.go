package cb

import "context"

// Injector stands where the upstream is, and may fail a call in its place: for tests, and for trials in staging. cbtest has one
// that is told what to do.
//
// Inject is asked for each attempt that is let through, of a breaker that is disabled too, right before the guarded function: on
// the caller's goroutine, with the attempt's context, inside deadline and bulkhead. An error is how the attempt ended, and the
// function is not called. It may wait, as long as ctx lets it, and it may panic. It is called by several goroutines at once.
type Injector interface {
	Inject(ctx context.Context, client, method, key string) error
}

// StreamInjector is an [Injector] that also breaks streams off: see [CallStream]. InjectItem is asked for each item that comes,
// before the reader gets it, on the goroutine that reads; n counts the items of the stream before this one. An error is how the
// stream ended, and the item is dropped. It may wait, as long as ctx lets it, and must not panic.
type StreamInjector interface {
	Injector
	InjectItem(ctx context.Context, client, method, key string, n int) error
}

// WithInjector has an injector asked before every call. Without one, or with nil, this costs nothing.
func WithInjector(injector Injector) Option { return func(o *options) { o.injector = injector } }

// inject is how an attempt ends before its function is called; nil: it goes on.
func (b *Breaker) inject(ctx context.Context) error {
	return b.injector.Inject(ctx, b.client, b.method, b.key)
}

// injected tells whether an item may be handed on. Else the stream has ended, by the injector.
func (s *streamAttempt) injected() bool {
	s.mu.Lock()
	n := s.items
	s.items++
	s.mu.Unlock()
	err := s.b.cutter.InjectItem(s.ctx, s.b.client, s.b.method, s.b.key, n)
	if err == nil {
		return true
	}
	v := s.b.classifier.classify(s.caller, s.ctx, err, 0)
	s.mu.Lock()
	mine := s.claim(v)
	if s.broken == nil { // else a limit has passed meanwhile
		s.broken = err
	}
	s.mu.Unlock()
	if mine {
		s.tell(v, Outcome{Err: err})
	}
	s.cut(err)
	return false
}

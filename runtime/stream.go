package cb

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// StreamLimitError is how a stream fails whose [Policy.Stream] says that an item should have come by now.
type StreamLimitError struct {
	Limit string // "first" or "idle"
	After time.Duration
}

// Error names the limit.
func (e *StreamLimitError) Error() string {
	if e.Limit == limitFirst {
		return fmt.Sprintf("stream has not brought its first item within %v", e.After)
	}
	return fmt.Sprintf("stream has not brought another item within %v", e.After)
}

// Unwrap is context.DeadlineExceeded.
func (e *StreamLimitError) Unwrap() error { return context.DeadlineExceeded }

// CallStream is [Call] for results that are read bit by bit: how the reading ends is the outcome, not how it began. A stream that
// ends well is a success, one that ends with an error is judged by that. A reader who walks away has had an answer where an item
// came, which is a success; else that counts as nothing. An opening that fails counts at once. These are the rules of
// resilience4j's reactor operators.
//
// wrap makes of a guard the T that the caller gets: [StreamSeq2], [StreamReader], [StreamChan], or what is generated for an
// interface of Next, Err and Close. Until the stream ends its attempt is under way: in flight, in its place of the bulkhead, and
// with a context that has not ended. [Policy.Deadline] limits all of it, [Policy.Slow] ends with the first item, and
// [Policy.Stream] limits the waits. Retries and fallbacks take the place of a stream that fails before its first item; after it
// the error is the reader's, so that no item comes twice. A fallback's stream is not guarded.
//
// A stream that nobody reads ends with ctx, or when the garbage collector finds it.
func CallStream[T any](
	ctx context.Context, b *Breaker, wrap func(*StreamGuard[T]) T,
	fn func(context.Context) (T, error), fallbacks ...func(ctx context.Context, cause error) (T, error),
) (T, error) {
	return openStream(ctx, &StreamGuard[T]{call: &streamCall{b: b}, caller: ctx, fn: fn, fallbacks: fallbacks}, wrap)
}

// CallStreamResult is [CallStream] for results that say more than their error: outcomeOf reads how the opening went, as for
// [CallResult]. A result that counts as a failure and comes without an error, such as a response that says 503, is the caller's to
// read where no fallback answers.
func CallStreamResult[T any](
	ctx context.Context, b *Breaker, outcomeOf func(T, error) Outcome, wrap func(*StreamGuard[T]) T,
	fn func(context.Context) (T, error), fallbacks ...func(ctx context.Context, cause error) (T, error),
) (T, error) {
	g := &StreamGuard[T]{call: &streamCall{b: b}, caller: ctx, fn: fn, fallbacks: fallbacks, outcomeOf: outcomeOf, out: &Outcome{}}
	return openStream(ctx, g, wrap)
}

// CallSeq2 is [CallStream] for functions whose result is a sequence and no error beside it. The call is made when the sequence is
// ranged over, each time that it is; a rejection is the error of the first and only pair. A sequence that is nil is empty.
func CallSeq2[V any](
	ctx context.Context, b *Breaker, fn func(context.Context) iter.Seq2[V, error],
	fallbacks ...func(ctx context.Context, cause error) iter.Seq2[V, error],
) iter.Seq2[V, error] {
	withErr := make([]func(context.Context, error) (iter.Seq2[V, error], error), len(fallbacks))
	for i, fallback := range fallbacks {
		if fallback != nil {
			withErr[i] = func(ctx context.Context, cause error) (iter.Seq2[V, error], error) { return fallback(ctx, cause), nil }
		}
	}
	return func(yield func(V, error) bool) {
		seq, err := CallStream(ctx, b, StreamSeq2[V],
			func(ctx context.Context) (iter.Seq2[V, error], error) { return fn(ctx), nil }, withErr...)
		if err != nil {
			var none V
			yield(none, err)
			return
		}
		if seq != nil {
			seq(yield)
		}
	}
}

package cb

import (
	"context"
	"errors"
	"strconv"
)

// fallBack asks the n fallbacks of a call, as far as they are for its verdict, and returns the first answer. With none, it
// returns the call's own value and error; an error is joined with those of the fallbacks, no error stays none. A [*QueuedError] is an
// answer: the call is seen to, and a further fallback would answer it a second time.
func fallBack[T any](
	ctx context.Context, b *Breaker, v verdict, value T, err, cause error, n int,
	call func(ctx context.Context, i int, cause error) (T, error),
) (T, error, bool) { //nolint:revive // the error is the call's, beside its value
	var failed *fallbackError
	asked := provenanceOf(ctx)
	asked.set(Served{})
	for i := range n {
		if i < len(b.policy.Fallbacks) && !b.policy.Fallbacks[i].On.answersFor(v) {
			continue
		}
		// Each has a provenance of its own: what one said that failed is not said of the next, nor of a call beside this one.
		ctx, own := ctx, (*Provenance)(nil)
		if asked != nil || b.observed {
			ctx, own = WithProvenance(ctx)
		}
		answer, fallbackErr := tryFallback(ctx, b, i, cause, call)
		if fallbackErr == errAbsent { //nolint:errorlint // it is never wrapped
			continue
		}
		var served Served
		seenTo := fallbackErr == nil || isQueued(fallbackErr)
		if seenTo {
			served = own.Served()
			served.By = joinFallbacks(b.fallbackName(i), served.By)
		}
		if b.observed {
			e := FallbackEvent{
				Client: b.client, Method: b.method, Key: b.key, Name: b.fallbackName(i), Cause: cause, Err: fallbackErr, Served: served,
			}
			b.observe(b.observers, func(o Observer) { o.FellBack(ctx, e) })
		}
		if seenTo {
			asked.set(served)
			return answer, fallbackErr, true
		}
		if failed == nil {
			failed = &fallbackError{original: err}
		}
		failed.names = append(failed.names, b.fallbackName(i))
		failed.errs = append(failed.errs, fallbackErr)
	}
	if err == nil || failed == nil {
		return value, err, false
	}
	return value, failed, false
}

// tryFallback asks one fallback and counts how that ended; a panic has failed too, and goes on.
func tryFallback[T any](
	ctx context.Context, b *Breaker, i int, cause error, call func(ctx context.Context, i int, cause error) (T, error),
) (answer T, err error) {
	counter := b.counters.fallback(i)
	counted := &counter.failed
	defer func() {
		if counted != nil {
			counted.Add(1)
		}
	}()
	answer, err = call(ctx, i, cause)
	switch {
	case err == nil, isQueued(err):
		counted = &counter.answered
	case err == errAbsent: //nolint:errorlint // it is never wrapped
		counted = nil
	}
	return answer, err
}

// fallbackName is the name the policy gives the i-th fallback, else its number from 1.
func (b *Breaker) fallbackName(i int) string {
	if i < len(b.policy.Fallbacks) && b.policy.Fallbacks[i].Name != "" {
		return b.policy.Fallbacks[i].Name
	}
	return strconv.Itoa(i + 1)
}

// joinFallbacks names a fallback, and behind it the one that it fell back to itself, if any.
func joinFallbacks(outer, inner string) string {
	if inner == "" {
		return outer
	}
	return outer + "/" + inner
}

// errAbsent stands for the answer of a fallback that is nil.
var errAbsent = errors.New("there is no such fallback")

// ask calls a fallback.
func ask[T any](ctx context.Context, fallback func(context.Context, error) (T, error), cause error) (answer T, err error) {
	if fallback == nil {
		return answer, errAbsent
	}
	return fallback(ctx, cause)
}

// When is a fallback that is there only on a condition: where it does not hold, it is nil, and a nil fallback is passed over as
// if it had not been given. Generated code writes cb.When(b.standby != nil, ...).
func When[F any](condition bool, fallback F) F {
	if !condition {
		var none F
		return none
	}
	return fallback
}

package cb

import (
	"context"
	"strconv"
)

// fallBack asks the n fallbacks of a call, as far as they are for its verdict, and returns the first answer. With none, it
// returns the call's own value and error; an error is joined with those of the fallbacks, no error stays none.
func fallBack[T any](
	ctx context.Context, b *Breaker, v verdict, value T, err, cause error, n int, call func(i int, cause error) (T, error),
) (T, error, bool) { //nolint:revive // the error is the call's, beside its value
	var failed *fallbackError
	for i := range n {
		if i < len(b.policy.Fallbacks) && !b.policy.Fallbacks[i].On.answersFor(v) {
			continue
		}
		answer, fallbackErr := tryFallback(b, i, cause, call)
		if len(b.observers) > 1 {
			e := FallbackEvent{Client: b.client, Method: b.method, Key: b.key, Name: b.fallbackName(i), Cause: cause, Err: fallbackErr}
			b.observe(1, func(o Observer) { o.FellBack(ctx, e) })
		}
		if fallbackErr == nil {
			return answer, nil, true
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
func tryFallback[T any](b *Breaker, i int, cause error, call func(i int, cause error) (T, error)) (answer T, err error) {
	counter := b.counters.fallback(i)
	answered := false
	defer func() {
		if answered {
			counter.answered.Add(1)
		} else {
			counter.failed.Add(1)
		}
	}()
	answer, err = call(i, cause)
	answered = err == nil
	return answer, err
}

// fallbackName is the name the policy gives the i-th fallback, else its number from 1.
func (b *Breaker) fallbackName(i int) string {
	if i < len(b.policy.Fallbacks) && b.policy.Fallbacks[i].Name != "" {
		return b.policy.Fallbacks[i].Name
	}
	return strconv.Itoa(i + 1)
}

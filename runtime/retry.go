package cb

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// maxAskedWait is how long an upstream may ask a retry to wait, where MaxBackoff is not longer: nobody waits an hour in a call.
const maxAskedWait = time.Minute

// AttemptsError is the last error of a call that was made more than once, and how often it was.
type AttemptsError struct {
	Attempts int
	Err      error // of the last attempt
}

func (e *AttemptsError) Error() string {
	return fmt.Sprintf("%v (after %d attempts)", e.Err, e.Attempts)
}

// Unwrap is the error of the last attempt.
func (e *AttemptsError) Unwrap() error { return e.Err }

// retrier decides whether a call is made again, and when.
type retrier struct {
	policy Retry
	jitter func() float64
	budget *retryBudget
}

// tried is the last attempt of a call that is made again.
type tried struct {
	cause   error
	overran bool // its deadline
}

func (t *tried) failure() error {
	if t == nil {
		return nil
	}
	return t.cause
}

// newRetrier is nil where the policy wants no retries.
func newRetrier(p Retry, jitter func() float64) *retrier {
	if p.Max == 0 {
		return nil
	}
	return &retrier{policy: p, jitter: jitter, budget: newRetryBudget(p.Budget)}
}

// backoff is the wait before the given attempt: uniform from 0 up to a cap that doubles.
func (r *retrier) backoff(attempt int) time.Duration {
	return time.Duration(r.jitter() * float64(r.policy.longest(attempt)))
}

// longest is the cap of the wait before the given attempt, the second being the first with one.
func (r Retry) longest(attempt int) time.Duration {
	wait := r.Backoff
	for i := 2; i < attempt && wait < r.MaxBackoff; i++ {
		wait *= 2
	}
	return min(wait, r.MaxBackoff)
}

// follows counts a call by the end of its first attempt, and tells whether there may be another.
func (r *retrier) follows(first verdict) bool {
	if first != rejected && first != passed {
		r.budget.deposit()
	}
	return first == failure
}

// next is the wait before the given attempt of a call whose last one overran its deadline or not; asked is how long the upstream
// wants to be left alone. Not ok: there is none, for it did not fail so, or the attempts or the caller's time do not reach.
func (r *retrier) next(ctx context.Context, attempt int, overran bool, asked time.Duration) (wait time.Duration, ok bool) {
	if !overran && r.policy.On == OnDeadline {
		return 0, false
	}
	if attempt > r.policy.Max+1 || ctx.Err() != nil || asked > max(r.policy.MaxBackoff, maxAskedWait) {
		return 0, false
	}
	wait = max(r.backoff(attempt), asked)
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) <= wait {
		return 0, false
	}
	return wait, true
}

// sleep tells whether ctx let it finish.
func sleep(ctx context.Context, d time.Duration) bool {
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// askedWait is how long the upstream asks to be left alone, by the error or beside it.
func (b *Breaker) askedWait(err error, out *Outcome) time.Duration {
	asked := b.classifier.asked(err)
	if out != nil {
		asked = max(asked, out.RetryAfter)
	}
	return asked
}

// realError is what an attempt failed with.
func realError(err error, out *Outcome) error {
	if out == nil {
		return err
	}
	if cause := FirstError(out.Err, err); cause != nil {
		return cause
	}
	return &StatusError{Code: out.Code}
}

// refuses tells whether the circuit is known to turn calls away until after the wait: then there is nothing to wait for.
func (b *Breaker) refuses(wait time.Duration) (*RejectedError, bool) {
	st, remains, refuses := b.circuit.refuses()
	if !refuses || st.state == Open && remains <= wait {
		return nil, false
	}
	return &RejectedError{Reason: ReasonOpen, State: st.state, RetryAfter: remains, Cause: st.cause}, true
}

// again makes the further attempts of a call after as many as attempt says, the last of which failed, ended with value and err, and
// overran its deadline or not. try makes one.
func again[T any](
	ctx context.Context, b *Breaker, attempt int, out *Outcome, value T, err error, overran bool,
	try func(last *tried) (T, verdict, error),
) (_ T, v verdict, _ error) {
	deciding := false // whether the last result is ours to close, should this goroutine end now
	closeLast := func() {
		if out != nil && out.Body != nil {
			_ = out.Body.Close()
		}
	}
	defer func() {
		if deciding {
			closeLast()
		}
	}()
	last := tried{overran: overran}
	for v = failure; v == failure; attempt++ {
		last.cause = realError(err, out)
		deciding = true
		wait, ok := b.retry.next(ctx, attempt+1, last.overran, b.askedWait(last.cause, out))
		ok = ok && (out == nil || !out.Final)
		rejection, refused := b.refuses(wait)
		if ok && !refused {
			ok = b.retry.budget.withdraw() && b.pause(ctx, RetryEvent{b.client, b.method, b.key, attempt, wait, last.cause})
		}
		deciding = false
		if !ok {
			if errors.Is(ctx.Err(), context.Canceled) {
				v = ignored // whoever has gone needs no fallback
			}
			break
		}
		closeLast()
		if out != nil {
			*out = Outcome{}
		}
		if refused {
			var none T
			return none, rejected, b.reject(ctx, rejection, last.cause)
		}
		value, v, err = try(&last)
	}
	if attempt == 1 || v != failure && v != ignored {
		return value, v, err
	}
	if out != nil {
		out.Err = &AttemptsError{attempt, realError(err, out)} // for the fallbacks
	}
	if err != nil {
		err = &AttemptsError{attempt, err}
	}
	return value, v, err
}

// pause tells of a retry and waits for its time. False: the caller's ended first.
func (b *Breaker) pause(ctx context.Context, e RetryEvent) bool {
	b.counters.retries.Add(1)
	if b.observed {
		b.observe(b.observers, func(o Observer) { o.Retried(ctx, e) })
	}
	return sleep(ctx, e.Wait)
}

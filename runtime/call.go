package cb

import "context"

// Call calls fn through b and returns what it returned. Where b does not let the call through, or it fails, the fallbacks
// answer, in order, each where its [Policy.Fallbacks] says; with none that answers, the error is that of the call, joined with
// those of the fallbacks that were tried, and the value the call's own. A fallback that is nil is passed over.
//
// fn runs on the caller's goroutine, with ctx limited by [Policy.Deadline] and cancelled when fn returns; so no Deadline for results
// that are still read then. The fallbacks run with ctx as it is. ctx must not be nil.
func Call[T any](
	ctx context.Context, b *Breaker, fn func(context.Context) (T, error),
	fallbacks ...func(ctx context.Context, cause error) (T, error),
) (T, error) {
	value, v, err := run(ctx, b, fn, nil, nil, nil)
	if len(fallbacks) > 0 && v.fallsBack() {
		value, err, _ = fallBack(ctx, b, v, value, err, err, len(fallbacks), func(ctx context.Context, i int, cause error) (T, error) {
			return ask(ctx, fallbacks[i], cause)
		})
	}
	return value, err
}

// Do is [Call] for functions without a value; they may set variables of their closure.
func (b *Breaker) Do(
	ctx context.Context, fn func(context.Context) error, fallbacks ...func(ctx context.Context, cause error) error,
) error {
	type none struct{}
	_, v, err := run(ctx, b, func(ctx context.Context) (none, error) { return none{}, fn(ctx) }, nil, nil, nil)
	if len(fallbacks) > 0 && v.fallsBack() {
		_, err, _ = fallBack(ctx, b, v, none{}, err, err, len(fallbacks), func(ctx context.Context, i int, cause error) (none, error) {
			if fallbacks[i] == nil {
				return none{}, errAbsent
			}
			return none{}, fallbacks[i](ctx, cause)
		})
	}
	return err
}

// CallResult is [Call] for results that say more than their error: outcomeOf reads it. An Outcome is believed: where its Err is
// nil, an error beside the value counts for nothing.
//
// Where a result failed and a fallback answers, the result's Body is closed. Where none does, the caller gets the result as it
// came and must close it: with its own error joined with those of the fallbacks, or, where it came without one, without one, for
// a response that says 503 is more use than an error beside it.
func CallResult[T any](
	ctx context.Context, b *Breaker, outcomeOf func(T, error) Outcome, fn func(context.Context) (T, error),
	fallbacks ...func(ctx context.Context, cause error) (T, error),
) (T, error) {
	var out Outcome
	value, v, err := run(ctx, b, fn, outcomeOf, &out, nil)
	if len(fallbacks) == 0 || !v.fallsBack() {
		return value, err
	}
	cause := realError(err, &out)
	given := false // to the caller, who closes it then
	defer func() {
		if !given && out.Body != nil {
			_ = out.Body.Close() // nobody will read it
		}
	}()
	value, err, answered := fallBack(ctx, b, v, value, err, cause, len(fallbacks),
		func(ctx context.Context, i int, cause error) (T, error) { return ask(ctx, fallbacks[i], cause) })
	given = !answered
	return value, err
}

// ErrResult is a pointer to a T that carries its error inside.
type ErrResult[T any] interface {
	*T
	Err() error
}

// CallErr is [Call] for results with their error inside; a nil result has none. A rejection is a new T with the rejection set,
// where P has a method SetErr(error). Where it has none a rejection cannot be told: the last fallback's result is returned even
// though it failed, and without any fallback for rejections the call goes through.
func CallErr[T any, P ErrResult[T]](
	ctx context.Context, b *Breaker, fn func(context.Context) P, fallbacks ...func(ctx context.Context, cause error) P,
) P {
	var came P // the last attempt's result
	value, v, err := run(ctx, b, func(ctx context.Context) (P, error) {
		result, err := withErr[T](fn(ctx))
		came = result
		return result, err
	}, nil, nil, nil)
	if !v.fallsBack() && (value != nil || err == nil) { // else the caller has gone before the call
		return value
	}
	var last P // the last fallback's result
	if v.fallsBack() {
		tried, answered := false, false
		value, err, answered = fallBack(ctx, b, v, value, err, err, len(fallbacks), func(ctx context.Context, i int, cause error) (P, error) {
			if fallbacks[i] == nil {
				return nil, errAbsent
			}
			result, err := withErr[T](fallbacks[i](ctx, cause))
			last, tried = result, true
			return result, err
		})
		if answered || value != nil && !tried {
			return value
		}
	}
	rejectedHere := value == nil
	if rejectedHere {
		value = new(T)
	}
	if result, ok := any(value).(interface{ SetErr(error) }); ok {
		result.SetErr(err)
		return value
	}
	switch {
	case !rejectedHere:
		return value
	case last != nil:
		return last
	case came != nil: // there were attempts before the rejection
		return came
	default:
		return fn(ctx)
	}
}

// withErr takes the error out of a result.
func withErr[T any, P ErrResult[T]](result P) (P, error) {
	if result == nil {
		return nil, nil
	}
	return result, result.Err()
}

// run is one attempt, and where it is the first, those that follow it. last is the attempt before, nil for the first one.
// outcomeOf, where it is given, reads the outcome into out.
func run[T any](
	ctx context.Context, b *Breaker, fn func(context.Context) (T, error), outcomeOf func(T, error) Outcome, out *Outcome,
	last *tried,
) (value T, v verdict, err error) {
	if last == nil { // most calls need no attempt
		switch word := b.circuit.word.Load(); {
		case word&(stateBits|gateBit) == uint64(Closed):
			if b.plain && outcomeOf == nil {
				return runPlain(ctx, b, word&^mattersBit, fn)
			}
		case stateOf(word).rejects():
			if e := b.turnAway(ctx); e != nil {
				return value, rejected, e
			}
		}
	}
	var a attempt
	defer a.abandon()
	if v, err = a.begin(ctx, b, last.failure()); v != success {
		return value, v, err
	}
	if b.injector != nil {
		err = b.inject(a.ctx)
	}
	if err == nil {
		value, err = fn(a.ctx)
	}
	switch {
	case outcomeOf != nil:
		*out = outcomeOf(value, err)
		a.asked = out.RetryAfter
		v = a.settle(ctx, out.Err, out.Code)
	case err != nil:
		v = a.settle(ctx, err, 0)
	default:
		a.succeed()
	}
	switch {
	case b.retry == nil:
	case last != nil:
		last.overran = a.overran()
	case b.retry.follows(v):
		return again(ctx, b, 1, out, value, err, a.overran(), func(last *tried) (T, verdict, error) {
			return run(ctx, b, fn, outcomeOf, out, last)
		})
	}
	return value, v, err
}

// runPlain is run where the circuit was closed at word, and nothing of the policy needs an attempt before its end.
func runPlain[T any](ctx context.Context, b *Breaker, word uint64, fn func(context.Context) (T, error)) (value T, v verdict, err error) {
	cell := b.counters.cell()
	cell.started.Add(1)
	returned := false
	defer func() {
		if !returned {
			a := b.underway(ctx, word, cell)
			a.abandon()
		}
	}()
	value, err = fn(ctx)
	returned = true
	if err != nil {
		return value, b.settle(ctx, word, cell, err), err
	}
	cell.succeeded.Add(1)
	if b.circuit.word.Load() != word {
		a := b.underway(ctx, word, cell)
		b.circuit.endAttempt(&a, success, nil)
	}
	return value, success, nil
}

// underway is the attempt of a call that is under way without one.
func (b *Breaker) underway(ctx context.Context, word uint64, cell *cell) attempt {
	return attempt{b: b, ctx: ctx, word: word, cell: cell, stage: calling}
}

// settle is that of an attempt, for a call without one.
func (b *Breaker) settle(ctx context.Context, word uint64, cell *cell, err error) verdict {
	a := b.underway(ctx, word, cell)
	defer a.abandon() // where a classifier of the user's panics
	return a.settle(ctx, err, 0)
}

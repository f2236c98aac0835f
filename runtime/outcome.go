package cb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Outcome is what a result says beside its error: see [CallResult].
type Outcome struct {
	// Err is the error that the results mean, most often the one beside the value; nil where they mean none.
	Err error
	// Code is the result's own code, such as an HTTP status; 0: none. It counts as the error's code, also where Err is nil: then
	// the result is a failure where [Match.Codes] of [Policy.Failure] lists it, else a success.
	Code int
	// RetryAfter is how long the upstream asks to be left alone; 0: it says nothing. Where the result counts as a failure, it
	// holds the breaker open at least so long once it opens, as does an error with a method RetryAfter() time.Duration.
	RetryAfter time.Duration
	// Body is closed when a fallback's answer or another attempt takes the place of this result; nil: nothing to close.
	Body io.Closer
	// Final says that the call must not be made again, whatever [Policy.Retry] says: because it may have had an effect, or because
	// the upstream forbids it.
	Final bool
}

// StatusError stands for a result that counted as a failure by its code alone, where there was no error: the cause a fallback
// gets, the Cause of a later rejection, the last failure of a [Snapshot].
type StatusError struct{ Code int }

func (e *StatusError) Error() string { return fmt.Sprintf("upstream answered with code %d", e.Code) }

// StatusCode is the code, for classification by another breaker.
func (e *StatusError) StatusCode() int { return e.Code }

// verdict is how a call ended.
type verdict uint8

const (
	success  verdict = iota
	failure          // counts against the upstream
	ignored          // counts as nothing
	rejected         // by this breaker, or by another one behind it
	passed           // through a disabled breaker: no fallback is asked
)

// fallsBack tells whether a fallback may answer instead.
func (v verdict) fallsBack() bool { return v == failure || v == rejected }

// classifier gives the verdict on an ended call.
type classifier struct {
	failure, ignore matcher
	readers         []func(error) (int, bool)
	headers         []func(error) map[string][]string
	answers         []error
}

// newClassifier takes a valid policy.
func newClassifier(p *Policy) classifier {
	c := classifier{failure: newMatcher(p.Failure), ignore: newMatcher(p.Ignore).forIgnore()}
	for _, m := range []Match{p.Failure, p.Ignore} { // an error's type, named in either, is read for both
		for _, e := range m.Errors {
			if e.code != nil {
				c.readers = append(c.readers, func(err error) (int, bool) { return e.code(err), true })
			}
			if e.header != nil {
				c.headers = append(c.headers, e.header)
			}
		}
	}
	c.readers = append(append(c.readers, p.Failure.CodeOf...), p.Ignore.CodeOf...)
	c.answers = append([]error{io.EOF, fs.ErrNotExist, fs.ErrExist}, p.Answers...)
	return c
}

// classify is the verdict on a call with context caller that ran under attempt and ended with err or a code, or both.
// The order of its questions is the language's (see the package comment).
func (c *classifier) classify(caller, attempt context.Context, err error, code int) verdict {
	if err == nil {
		return c.ofCode(code)
	}
	callerEnded := ended(caller)
	if errors.Is(callerEnded, context.Canceled) { // also where err only prints it
		return ignored
	}
	if isRejection(err) {
		return rejected
	}
	if isQueued(err) { // by a client behind this one
		return ignored
	}
	if code == 0 {
		code = c.codeOf(err)
	}
	if c.ignored(callerEnded, err, code) {
		return ignored
	}
	late := errors.Is(ended(attempt), context.DeadlineExceeded)
	if code != 0 && c.failure.codes.given() && !(late && saysDeadline(err, code)) {
		return c.ofCode(code)
	}
	if late || c.failure.matchesError(err) {
		return failure
	}
	if c.failure.codes.given() {
		return failure
	}
	if c.failure.given() || c.isAnswer(err) {
		return success
	}
	return failure
}

// overLimit is the verdict on a limit of our own that passed. It is none of the upstream's errors, so that only what is ignored
// can make it less than a failure.
func (c *classifier) overLimit(caller context.Context, err error) verdict {
	callerEnded := ended(caller)
	if errors.Is(callerEnded, context.Canceled) || c.ignored(callerEnded, err, 0) {
		return ignored
	}
	return failure
}

// saysDeadline tells whether an error with a code is no answer of the upstream, but the client's word for a context that has
// ended: gRPC's clients make a status of it.
func saysDeadline(err error, code int) bool {
	return code == grpcDeadlineExceeded || errors.Is(err, context.DeadlineExceeded)
}

// ofCode is the verdict on a code alone.
func (c *classifier) ofCode(code int) verdict {
	switch {
	case code == 0:
		return success
	case c.ignore.codes.contain(code):
		return ignored
	case c.failure.codes.contain(code):
		return failure
	default:
		return success
	}
}

func (c *classifier) ignored(callerEnded, err error, code int) bool {
	if c.ignore.endedCaller && errors.Is(callerEnded, context.DeadlineExceeded) {
		return true
	}
	return code != 0 && c.ignore.codes.contain(code) || c.ignore.matchesError(err)
}

func (c *classifier) isAnswer(err error) bool {
	for _, answer := range c.answers {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// codeOf reads the code an error carries; 0: none, or no list to compare it with.
func (c *classifier) codeOf(err error) int {
	if !c.failure.codes.given() && !c.ignore.codes.given() {
		return 0
	}
	for _, read := range c.readers {
		if code, ok := read(err); ok && code != 0 {
			return code
		}
	}
	if e, ok := errors.AsType[interface {
		error
		StatusCode() int
	}](err); ok {
		if code := e.StatusCode(); code != 0 {
			return code
		}
	}
	if e, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

// ended is why a context ended, nil while it has not.
func ended(ctx context.Context) error {
	if ctx == nil {
		return nil
	}
	return ctx.Err()
}

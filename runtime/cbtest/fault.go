package cbtest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind is what a [Fault] does.
type Kind string

// Values of [Kind].
const (
	Fail  Kind = "fail"  // the call ends with the fault's error
	Delay Kind = "delay" // it takes [Fault.Delay] longer; then further faults may happen to it
	Hang  Kind = "hang"  // it waits until its context ends, or the fault does
	Panic Kind = "panic" // it panics with the fault's error
	Cut   Kind = "cut"   // a stream ends with the fault's error after [Fault.Items] items
)

// Fault is something that happens to calls, as if their upstream did it. It is plain data.
type Fault struct {
	// Client, Method and Key say to which calls it happens, by the names of their breaker. "": to any.
	Client, Method, Key string

	Kind Kind
	// Err is the error of Fail, Panic and Cut, and of a call that a Hang lets go. nil: a [*FaultError] that tells Code and RetryAfter.
	Err        error
	Code       int           // 0: none
	RetryAfter time.Duration // how long the upstream asks to be left alone; 0: it does not
	Delay      time.Duration // of Delay
	// Items is how many items of a stream come first. 0 of a Delay or Hang: it happens to the call itself.
	Items int

	Share float64 // of the matching calls, above 0 and up to 1, by chance; 0: all of them
	Times int     // it happens so often, and is over then; 0: any number of times
	// From and Until bound when it happens. Zero: no bound.
	From, Until time.Time
}

// Validate tells everything that is wrong with the fault; nil: nothing.
func (f Fault) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf("fault: "+format, args...)) }
	if kinds := []Kind{Fail, Delay, Hang, Panic, Cut}; !slices.Contains(kinds, f.Kind) {
		wrong("Kind is %q, must be one of %v", f.Kind, kinds)
	}
	if (f.Kind == Delay) != (f.Delay > 0) || f.Delay < 0 {
		wrong("Delay is %v, must be above 0 for the kind %s, and 0 for others", f.Delay, Delay)
	}
	if f.Items < 0 || f.Items > 0 && (f.Kind == Fail || f.Kind == Panic) {
		wrong("Items is %d, must be 0 or more, and 0 for the kinds %s and %s", f.Items, Fail, Panic)
	}
	if f.Code < 0 || f.Code > 999 {
		wrong("Code is %d, must be 0 to 999", f.Code)
	}
	if f.RetryAfter < 0 {
		wrong("RetryAfter is %v, must not be negative", f.RetryAfter)
	}
	if !(f.Share >= 0 && f.Share <= 1) { // so written, NaN is wrong too
		wrong("Share is %v, must be above 0 and at most 1, or 0 for all", f.Share)
	}
	if f.Times < 0 {
		wrong("Times is %d, must be 1 or more, or 0 for any number", f.Times)
	}
	if !f.Until.IsZero() && !f.Until.After(f.From) {
		wrong("Until is %v, must be after From, %v", f.Until, f.From)
	}
	return errors.Join(errs...)
}

// err is how a call ends.
func (f *Fault) err() error {
	if f.Err != nil {
		return f.Err
	}
	return &FaultError{f.Kind, f.Code, f.RetryAfter}
}

// inStream tells whether it happens between the items of a stream.
func (f *Fault) inStream() bool { return f.Kind == Cut || f.Items > 0 }

// FaultError is how a call ends that a [Fault] without an error of its own has ended. Codes and RetryAfter are read from it as from
// an upstream's error.
type FaultError struct {
	kind       Kind
	code       int
	retryAfter time.Duration
}

// Status is the error of an upstream that answers with a code, and asks to be left alone for a time; 0: it does not.
func Status(code int, retryAfter time.Duration) *FaultError {
	return &FaultError{Fail, code, retryAfter}
}

// Error says that nothing real has failed.
func (e *FaultError) Error() string {
	text := "fault on purpose: " + string(e.kind)
	if e.code != 0 {
		text += fmt.Sprintf(", code %d", e.code)
	}
	if e.retryAfter != 0 {
		text += fmt.Sprintf(", retry after %v", e.retryAfter)
	}
	return text
}

// StatusCode is [Fault.Code].
func (e *FaultError) StatusCode() int { return e.code }

// RetryAfter is [Fault.RetryAfter].
func (e *FaultError) RetryAfter() time.Duration { return e.retryAfter }

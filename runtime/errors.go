package cb

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sony/gobreaker/v2"
)

// What errors.Is finds in a [*RejectedError]. The first two also match gobreaker's own errors of the same meaning.
var (
	ErrOpen          error = &sentinel{"circuit breaker is open", gobreaker.ErrOpenState}
	ErrTooManyProbes error = &sentinel{"circuit breaker is half-open and its probes are taken", gobreaker.ErrTooManyRequests}
	ErrRamping       error = &sentinel{"circuit breaker is ramping up", nil}
	ErrBulkheadFull  error = &sentinel{"bulkhead is full", nil}
)

type sentinel struct {
	text  string
	under error
}

func (s *sentinel) Error() string { return s.text }
func (s *sentinel) Unwrap() error { return s.under }

// Reason is why a call was rejected.
type Reason string

// Values of [Reason], each with the error that errors.Is finds.
const (
	ReasonOpen          Reason = "open"            // ErrOpen
	ReasonTooManyProbes Reason = "too-many-probes" // ErrTooManyProbes
	ReasonRamping       Reason = "ramping"         // ErrRamping; also for what a Surge holds back
	ReasonBulkheadFull  Reason = "bulkhead-full"   // ErrBulkheadFull
)

func (r Reason) sentinel() error {
	switch r {
	case ReasonTooManyProbes:
		return ErrTooManyProbes
	case ReasonRamping:
		return ErrRamping
	case ReasonBulkheadFull:
		return ErrBulkheadFull
	default:
		return ErrOpen
	}
}

// RejectedError is returned for a call that a breaker did not let through: nothing was sent to the upstream. It must not be changed:
// calls that an open breaker rejects within the same millisecond share one.
type RejectedError struct {
	Client, Method string // whose breaker; the method is the one that was called
	Key            string // of a keyed breaker, else ""
	Reason         Reason
	// State is that of the moment: Open or ForcedOpen for the reason open, HalfOpen for too-many-probes, Closed for ramping, any for
	// bulkhead-full.
	State State
	// RetryAfter is what remains of the open period; 0 where the end is not known (probes under way, held open by hand,
	// ramping: the next call may be let through).
	RetryAfter time.Duration
	// Cause is the failure that opened the breaker; of a rejected retry, how the attempt before it failed. It is told, not
	// wrapped: errors.Is and errors.As do not look into it, for it is the error of an earlier call.
	Cause error
}

// Error names the breaker, the reason, when to come back, and the failure that opened it.
func (e *RejectedError) Error() string {
	var b strings.Builder
	if name := joinName(e.Client, e.Method); name != "" {
		b.WriteString(name)
		if e.Key != "" {
			b.WriteString("[" + strconv.Quote(e.Key) + "]")
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Reason.sentinel().Error())
	if e.State == ForcedOpen {
		b.WriteString(" (held by hand)")
	}
	if e.RetryAfter > 0 {
		b.WriteString(", retry after " + roundUp(e.RetryAfter).String())
	}
	if e.Cause != nil {
		b.WriteString(", last failure: " + textOf(e.Cause))
	}
	return b.String()
}

// Unwrap is the sentinel of the reason, and never Cause.
func (e *RejectedError) Unwrap() error { return e.Reason.sentinel() }

// roundUp makes a period readable, never shorter than it is.
func roundUp(d time.Duration) time.Duration {
	unit := time.Second
	if d < 10*time.Second {
		unit = time.Millisecond
	}
	return (d + unit - 1).Truncate(unit)
}

func joinName(client, method string) string {
	if client == "" || method == "" {
		return client + method
	}
	return client + "." + method
}

// Causes of our own, where no error came from the upstream.
var (
	errAbandoned = errors.New("the call panicked or ended its goroutine")
	errTripped   = errors.New("tripped by hand")
)

// overdueError is the failure of a probe that was given up.
type overdueError struct{ limit time.Duration }

func (e *overdueError) Error() string { return fmt.Sprintf("probe has not ended within %v", e.limit) }

// isRejection tells whether an error is a breaker's rejection, ours or plain gobreaker's. By assertion along the chain:
// errors.As would cost an allocation on every failure. Where all fallbacks of an inner breaker failed, its original error counts.
func isRejection(err error) bool {
	for err != nil {
		switch e := err.(type) { //nolint:errorlint // this is the loop that unwraps
		case *RejectedError:
			return true
		case *fallbackError:
			err = e.original
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		default:
			return err == gobreaker.ErrOpenState || err == gobreaker.ErrTooManyRequests //nolint:errorlint // as above
		}
	}
	return false
}

// fallbackError is what a caller gets when the call failed or was rejected, and every fallback failed too.
type fallbackError struct {
	original error
	names    []string // of the fallbacks, beside errs
	errs     []error
}

func (e *fallbackError) Error() string {
	var b strings.Builder
	b.WriteString(e.original.Error())
	for i, err := range e.errs {
		fmt.Fprintf(&b, "; fallback %s: %v", e.names[i], err)
	}
	return b.String()
}

// Unwrap is the original error and those of the fallbacks, in this order.
func (e *fallbackError) Unwrap() []error { return append([]error{e.original}, e.errs...) }

// FirstError is the first of errs that is not nil.
func FirstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// ErrorAs is err as the interface type E, which [*RejectedError] must implement: err itself, or the first in its tree that is
// an E. It is how generated code hands an error to a result of an interface type of the user's own. Zero where err is nil.
func ErrorAs[E error](err error) E {
	e, _ := errors.AsType[E](err)
	return e
}

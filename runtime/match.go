package cb

import (
	"context"
	"errors"
)

// Match says which errors are meant. Its zero matches none.
type Match struct {
	// Codes is a list such as "429,5xx,500-504,!501,Unavailable": numbers, classes, ranges, gRPC codes by name; what a "!"
	// excludes wins.
	Codes string
	// Errors are values and types. Beside Codes, an ErrorCode says only where a code is read.
	Errors []ErrorMatch
	// CodeOf are further readers of a code, asked in order before the methods StatusCode() int and HTTPStatusCode() int, which
	// are found without being named. A code of 0 is no code.
	CodeOf []func(error) (code int, ok bool)
}

// ErrorMatch matches one error value or type: see [ErrorIs], [ErrorType], [ErrorCode]; or only reads: [ErrorHeader].
type ErrorMatch struct {
	is     error
	find   func(error) bool
	code   func(error) int // the code of an error that has one, else 0
	header func(error) map[string][]string
}

// ErrorIs matches what errors.Is finds target in.
func ErrorIs(target error) ErrorMatch { return ErrorMatch{is: target} }

// ErrorType matches errors that are, or wrap, an E.
func ErrorType[E error]() ErrorMatch {
	return ErrorMatch{find: func(err error) bool { _, ok := errors.AsType[E](err); return ok }}
}

// ErrorCode matches errors that are, or wrap, an E, and reads the code from it.
func ErrorCode[E error](code func(E) int) ErrorMatch {
	m := ErrorType[E]()
	m.code = func(err error) int {
		if e, ok := errors.AsType[E](err); ok {
			return code(e)
		}
		return 0
	}
	return m
}

// CodeFrom makes a reader for [Match.CodeOf] of the two functions by which a protocol shows the code of an error: gRPC's are
// status.FromError and (*status.Status).Code.
func CodeFrom[S any, C ~int | ~int32 | ~int64 | ~uint32](from func(error) (S, bool), code func(S) C) func(error) (int, bool) {
	return func(err error) (int, bool) {
		status, ok := from(err)
		if !ok {
			return 0, false
		}
		return int(code(status)), true
	}
}

func (m *ErrorMatch) valid() bool { return m.is != nil || m.find != nil || m.header != nil }

func (m *ErrorMatch) matches(err error) bool {
	if m.find != nil {
		return m.find(err)
	}
	return errors.Is(err, m.is)
}

// matcher is a Match made ready.
type matcher struct {
	codes  codes
	errors []ErrorMatch
	// endedCaller: context.DeadlineExceeded is meant, which matches only where the caller's own context has ended.
	endedCaller bool
}

// newMatcher takes a valid Match.
func newMatcher(m Match) matcher {
	parsed, _ := parseCodes(m.Codes) // Validate has read it
	r := matcher{codes: parsed}
	for _, e := range m.Errors {
		if e.header != nil || parsed.given() && e.code != nil {
			continue // only a reader
		}
		r.errors = append(r.errors, e)
	}
	return r
}

// given tells whether the Match says anything.
func (m *matcher) given() bool { return m.codes.given() || len(m.errors) > 0 }

func (m *matcher) matchesError(err error) bool {
	for i := range m.errors {
		if m.errors[i].matches(err) {
			return true
		}
	}
	return false
}

// forIgnore takes context.DeadlineExceeded out of the errors: of the deadlines, only the caller's may be ignored.
func (m matcher) forIgnore() matcher {
	var rest []ErrorMatch
	for _, e := range m.errors {
		if e.is == context.DeadlineExceeded { //nolint:errorlint // the value that was written, not an error that came
			m.endedCaller = true
			continue
		}
		rest = append(rest, e)
	}
	m.errors = rest
	return m
}

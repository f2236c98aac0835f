package cb

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxAsked bounds what an upstream can ask for where no MaxTimeout is written.
const maxAsked = 5 * time.Minute

// RetryAfterHeader is how long a response's headers ask to be left alone: Retry-After-Ms in milliseconds, else Retry-After in
// seconds, both with fractions if need be, or as an HTTP date. 0: not at all, or nothing that can be read; never more than a year.
// Keys are written as net/http's Header or gRPC's metadata have them.
func RetryAfterHeader(header map[string][]string) time.Duration {
	if text := firstOf(header, "Retry-After-Ms"); text != "" {
		if d, ok := parseSpan(text, time.Millisecond); ok {
			return d
		}
	}
	text := firstOf(header, "Retry-After")
	if text == "" {
		return 0
	}
	if d, ok := parseSpan(text, time.Second); ok {
		return d
	}
	// The three forms of RFC 9110, the first in any zone.
	for _, layout := range []string{time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC} {
		if at, err := time.Parse(layout, text); err == nil {
			return min(max(time.Until(at), 0), maxDuration)
		}
	}
	return 0
}

func firstOf(header map[string][]string, key string) string {
	values := header[key]
	if len(values) == 0 {
		values = header[strings.ToLower(key)]
	}
	if len(values) == 0 {
		return ""
	}
	return strings.TrimSpace(values[0])
}

// parseSpan reads a decimal number of units.
func parseSpan(text string, unit time.Duration) (time.Duration, bool) {
	if strings.Trim(text, "0123456789.eE+-") != "" { // ParseFloat would also take NaN, infinities and hexadecimals
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(n, 0) {
		return 0, false
	}
	return time.Duration(min(max(n*float64(unit), 0), float64(maxDuration))), true
}

// ErrorHeader reads headers from errors that are, or wrap, an E, so that a failure's Retry-After holds the breaker open. It matches
// nothing by itself: write it in [Match.Errors] beside the [ErrorCode] or [ErrorType] of the same E.
//
//	cb.ErrorHeader(func(e *openai.Error) map[string][]string { return cbhttp.Header(e.Response) })
func ErrorHeader[E error](header func(E) map[string][]string) ErrorMatch {
	return ErrorMatch{header: func(err error) map[string][]string {
		if e, ok := errors.AsType[E](err); ok {
			return header(e)
		}
		return nil
	}}
}

// asked is how long a failure asks to be left alone, by its method or by the headers it carries. Never negative.
func (c *classifier) asked(err error) time.Duration {
	asked := askedBy(err)
	for _, header := range c.headers {
		asked = max(asked, RetryAfterHeader(header(err)))
	}
	return asked
}

// askedBy finds what errors.As would, without its allocation for every failure that asks for nothing.
func askedBy(err error) time.Duration {
	for err != nil {
		if e, ok := err.(interface{ RetryAfter() time.Duration }); ok {
			return max(e.RetryAfter(), 0)
		}
		if e, ok := err.(interface{ As(target any) bool }); ok {
			if asked, ok := askedAs(e); ok {
				return asked
			}
		}
		switch e := err.(type) { //nolint:errorlint // this is the loop that unwraps
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range e.Unwrap() {
				if asked := askedBy(err); asked > 0 {
					return asked
				}
			}
			return 0
		default:
			return 0
		}
	}
	return 0
}

func askedAs(err interface{ As(target any) bool }) (time.Duration, bool) {
	var target interface{ RetryAfter() time.Duration }
	if !err.As(&target) || target == nil {
		return 0, false
	}
	return max(target.RetryAfter(), 0), true
}

// asked is the longest that failures since the last close ask for. What has passed before the circuit opens asks for nothing.
type asked struct{ period, until time.Duration }

func (a *asked) add(now, period time.Duration) {
	if now >= a.until {
		*a = asked{}
	}
	period = min(period, maxDuration)
	a.period, a.until = max(a.period, period), max(a.until, now+period)
}

// atLeast is how long the circuit is held open, whatever its period is.
func (a *asked) atLeast(now time.Duration, p *Policy) time.Duration {
	if now >= a.until {
		return 0
	}
	limit := maxAsked
	if p.MaxTimeout > 0 {
		limit = p.MaxTimeout
	}
	return min(a.period, limit)
}

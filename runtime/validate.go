package cb

import (
	"errors"
	"fmt"
	"time"
)

// Bounds of a policy. Counts are bounded because they size memory or must fit gobreaker's uint32.
const (
	maxCount    = 1_000_000
	minDuration = time.Millisecond
	maxDuration = 365 * 24 * time.Hour
)

// Validate tells everything that is wrong with the policy, each error naming field, value and bounds; nil when it can be used.
// [New] and [Client.Breaker] panic with what it returns.
func (p Policy) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	count := func(field string, value int) {
		if value < 0 || value > maxCount {
			wrong("policy: %s is %d, must be 1 to %d, or 0 for its default", field, value, maxCount)
		}
	}
	duration := func(field string, value time.Duration) {
		if value != 0 && (value < minDuration || value > maxDuration) {
			wrong("policy: %s is %v, must be %v to %v, or 0 for its default", field, value, minDuration, maxDuration)
		}
	}
	count("Threshold", p.Threshold)
	if !(p.Ratio >= 0 && p.Ratio <= 1) { // so written, NaN is wrong too
		wrong("policy: Ratio is %v, must be above 0 and at most 1, or 0 for off", p.Ratio)
	}
	count("Min", p.Min)
	duration("Window", p.Window)
	duration("Timeout", p.Timeout)
	count("MaxRequests", p.MaxRequests)
	duration("Deadline", p.Deadline)

	for _, m := range []struct {
		field string
		match Match
	}{{"Failure", p.Failure}, {"Ignore", p.Ignore}} {
		if _, err := parseCodes(m.match.Codes); err != nil {
			wrong("policy: %s.Codes is %q: %w", m.field, m.match.Codes, err)
		}
		for i, e := range m.match.Errors {
			if !e.valid() {
				wrong("policy: %s.Errors[%d] is empty, must be made by ErrorIs (of an error that is not nil), ErrorType or ErrorCode", m.field, i)
			}
		}
		for i, read := range m.match.CodeOf {
			if read == nil {
				wrong("policy: %s.CodeOf[%d] is nil", m.field, i)
			}
		}
	}
	for i, answer := range p.Answers {
		if answer == nil {
			wrong("policy: Answers[%d] is nil", i)
		}
	}
	for i, f := range p.Fallbacks {
		switch f.On {
		case "", OnAll, OnOpen, OnFailure:
		default:
			wrong("policy: Fallbacks[%d].On is %q, must be %q, %q or %q", i, f.On, OnAll, OnOpen, OnFailure)
		}
		duration(fmt.Sprintf("Fallbacks[%d].TTL", i), f.TTL)
		count(fmt.Sprintf("Fallbacks[%d].Max", i), f.Max)
	}
	return errors.Join(errs...)
}

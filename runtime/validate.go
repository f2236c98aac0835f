package cb

import (
	"errors"
	"fmt"
	"time"
)

// Bounds of a policy. Counts are bounded because they size memory or must fit gobreaker's uint32.
const (
	maxCount    = 1_000_000
	maxRetries  = 100
	maxSurge    = 10
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
	if p.Retry.Max < 0 || p.Retry.Max > maxRetries {
		wrong("policy: Retry.Max is %d, must be 1 to %d, or 0 for none", p.Retry.Max, maxRetries)
	}
	duration("Retry.Backoff", p.Retry.Backoff)
	duration("Retry.MaxBackoff", p.Retry.MaxBackoff)
	if r := p.Retry; r.MaxBackoff != 0 && r.MaxBackoff < r.Backoff {
		wrong("policy: Retry.MaxBackoff is %v, must not be less than Retry.Backoff, %v", r.MaxBackoff, r.Backoff)
	}
	if full := p.withDefaults(); full.Retry.Max > 0 && full.Retry.Max <= maxRetries {
		if longest := full.Retry.longest(1 + full.Retry.Max); longest > full.Timeout {
			wrong("policy: Retry waits up to %v, must not be more than Timeout, %v: an open breaker would be back first", longest, full.Timeout)
		}
	}
	if !(p.Retry.Budget >= 0 && p.Retry.Budget <= 1) {
		wrong("policy: Retry.Budget is %v, must be above 0 and at most 1, or 0 for its default", p.Retry.Budget)
	}
	switch r := p.Retry; {
	case r.On != "" && r.On != OnFailure && r.On != OnDeadline:
		wrong("policy: Retry.On is %q, must be %q or %q", r.On, OnFailure, OnDeadline)
	case r.On == OnDeadline && r.Max > 0 && p.Deadline == 0 && p.Stream.First == 0:
		wrong("policy: Retry.On is %q, and there is no Deadline or Stream.First", r.On)
	}
	if p.Bulkhead.Max < 0 || p.Bulkhead.Max > maxCount {
		wrong("policy: Bulkhead.Max is %d, must be 1 to %d, or 0 for off", p.Bulkhead.Max, maxCount)
	}
	if w := p.Bulkhead.Wait; w != 0 && (w < minDuration || w > maxDuration) {
		wrong("policy: Bulkhead.Wait is %v, must be %v to %v, or 0 for not at all", w, minDuration, maxDuration)
	}
	duration("MaxTimeout", p.MaxTimeout)
	if timeout := p.withDefaults().Timeout; p.MaxTimeout > 0 && p.MaxTimeout < timeout {
		wrong("policy: MaxTimeout is %v, must be at least Timeout, which is %v", p.MaxTimeout, timeout)
	}
	duration("Slow", p.Slow)
	if p.Deadline > 0 && p.Slow >= p.Deadline {
		wrong("policy: Slow is %v, must be less than Deadline, which is %v and would end the call first", p.Slow, p.Deadline)
	}
	duration("Ramp", p.Ramp)
	if p.Surge != 0 && !(p.Surge >= 1 && p.Surge <= maxSurge) {
		wrong("policy: Surge is %v, must be 1 to %d, or 0 for off", p.Surge, maxSurge)
	}
	if p.Stream.First > 0 && p.Slow >= p.Stream.First {
		wrong("policy: Slow is %v, must be less than Stream.First, which is %v and would end the stream first", p.Slow, p.Stream.First)
	}
	for _, limit := range []struct {
		field string
		value time.Duration
	}{{"Stream.First", p.Stream.First}, {"Stream.Idle", p.Stream.Idle}} {
		duration(limit.field, limit.value)
		if p.Deadline > 0 && limit.value >= p.Deadline {
			wrong("policy: %s is %v, must be less than Deadline, which is %v and would end the stream first", limit.field, limit.value, p.Deadline)
		}
	}

	for _, m := range []struct {
		field string
		match Match
	}{{"Failure", p.Failure}, {"Ignore", p.Ignore}} {
		if _, err := parseCodes(m.match.Codes); err != nil {
			wrong("policy: %s.Codes is %q: %w", m.field, m.match.Codes, err)
		}
		for i, e := range m.match.Errors {
			if !e.valid() {
				wrong("policy: %s.Errors[%d] is empty, must be made by ErrorIs (of an error that is not nil), ErrorType, ErrorCode or ErrorHeader", m.field, i)
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
		if !(f.Similar >= 0 && f.Similar <= 1) {
			wrong("policy: Fallbacks[%d].Similar is %v, must be above 0 and at most 1, or 0 for equal keys only", i, f.Similar)
		}
	}
	return errors.Join(errs...)
}

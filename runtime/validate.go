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
	var found findings
	p.validateStates(&found)
	p.validateRetry(&found)
	p.validateLimits(&found)
	found.match("Failure", p.Failure)
	found.match("Ignore", p.Ignore)
	for i, answer := range p.Answers {
		if answer == nil {
			found.wrong("Answers[%d] is nil", i)
		}
	}
	p.validateFallbacks(&found)
	return errors.Join(found...)
}

// validateStates looks at what opens the breaker, for how long, and what closes it.
func (p *Policy) validateStates(found *findings) {
	found.count("Threshold", p.Threshold, maxCount, "its default")
	found.share("Ratio", p.Ratio, "off")
	found.count("Min", p.Min, maxCount, "its default")
	found.duration("Window", p.Window, "its default")
	found.duration("Timeout", p.Timeout, "its default")
	found.duration("MaxTimeout", p.MaxTimeout, "Timeout")
	if timeout := p.withDefaults().Timeout; p.MaxTimeout > 0 && p.MaxTimeout < timeout {
		found.wrong("MaxTimeout is %v, must be at least Timeout, which is %v", p.MaxTimeout, timeout)
	}
	found.count("MaxRequests", p.MaxRequests, maxCount, "its default")
	found.duration("Slow", p.Slow, "off")
	found.duration("Ramp", p.Ramp, "off")
	if p.Surge != 0 && !(p.Surge >= 1 && p.Surge <= maxSurge) { // so written, NaN is wrong too
		found.wrong("Surge is %v, must be 1 to %d, or 0 for off", p.Surge, maxSurge)
	}
}

func (p *Policy) validateRetry(found *findings) {
	r := p.Retry
	found.count("Retry.Max", r.Max, maxRetries, "none")
	found.duration("Retry.Backoff", r.Backoff, "its default")
	found.duration("Retry.MaxBackoff", r.MaxBackoff, "its default")
	if r.MaxBackoff != 0 && r.MaxBackoff < r.Backoff {
		found.wrong("Retry.MaxBackoff is %v, must not be less than Retry.Backoff, %v", r.MaxBackoff, r.Backoff)
	}
	if full := p.withDefaults(); full.Retry.Max > 0 && full.Retry.Max <= maxRetries {
		if longest := full.Retry.longest(1 + full.Retry.Max); longest > full.Timeout {
			found.wrong("Retry waits up to %v, must not be more than Timeout, %v: an open breaker would be back first", longest, full.Timeout)
		}
	}
	found.share("Retry.Budget", r.Budget, "its default")
	switch {
	case r.On != "" && r.On != OnFailure && r.On != OnDeadline:
		found.wrong("Retry.On is %q, must be %q or %q", r.On, OnFailure, OnDeadline)
	case r.On == OnDeadline && r.Max > 0 && p.Deadline == 0 && p.Stream.First == 0:
		found.wrong("Retry.On is %q, and there is no Deadline or Stream.First", r.On)
	}
}

// validateLimits looks at what an attempt is bounded by. A limit that another one ends first would never be seen.
func (p *Policy) validateLimits(found *findings) {
	found.count("Bulkhead.Max", p.Bulkhead.Max, maxCount, "off")
	found.duration("Bulkhead.Wait", p.Bulkhead.Wait, "not at all")
	found.duration("Deadline", p.Deadline, "none")
	found.duration("Stream.First", p.Stream.First, "none")
	found.duration("Stream.Idle", p.Stream.Idle, "none")
	for _, limit := range []struct {
		field string
		value time.Duration
		what  string
	}{{"Slow", p.Slow, "call"}, {"Stream.First", p.Stream.First, "stream"}, {"Stream.Idle", p.Stream.Idle, "stream"}} {
		if p.Deadline > 0 && limit.value >= p.Deadline {
			found.wrong("%s is %v, must be less than Deadline, which is %v and would end the %s first",
				limit.field, limit.value, p.Deadline, limit.what)
		}
	}
	if p.Stream.First > 0 && p.Slow >= p.Stream.First {
		found.wrong("Slow is %v, must be less than Stream.First, which is %v and would end the stream first", p.Slow, p.Stream.First)
	}
}

func (p *Policy) validateFallbacks(found *findings) {
	for i, f := range p.Fallbacks {
		switch f.On {
		case "", OnAll, OnOpen, OnFailure:
		default:
			found.wrong("Fallbacks[%d].On is %q, must be %q, %q or %q", i, f.On, OnAll, OnOpen, OnFailure)
		}
		found.duration(fmt.Sprintf("Fallbacks[%d].TTL", i), f.TTL, "its default")
		found.count(fmt.Sprintf("Fallbacks[%d].Max", i), f.Max, maxCount, "its default")
		found.share(fmt.Sprintf("Fallbacks[%d].Similar", i), f.Similar, "equal keys only")
	}
}

// findings are what is wrong with a policy. zero is what a field of 0 stands for.
type findings []error

func (f *findings) wrong(format string, args ...any) {
	*f = append(*f, fmt.Errorf("policy: "+format, args...))
}

func (f *findings) count(field string, value, most int, zero string) {
	if value < 0 || value > most {
		f.wrong("%s is %d, must be 1 to %d, or 0 for %s", field, value, most, zero)
	}
}

func (f *findings) duration(field string, value time.Duration, zero string) {
	if value != 0 && (value < minDuration || value > maxDuration) {
		f.wrong("%s is %v, must be %v to %v, or 0 for %s", field, value, minDuration, maxDuration, zero)
	}
}

func (f *findings) share(field string, value float64, zero string) {
	if !(value >= 0 && value <= 1) { // so written, NaN is wrong too
		f.wrong("%s is %v, must be above 0 and at most 1, or 0 for %s", field, value, zero)
	}
}

func (f *findings) match(field string, m Match) {
	if _, err := parseCodes(m.Codes); err != nil {
		f.wrong("%s.Codes is %q: %w", field, m.Codes, err)
	}
	for i, e := range m.Errors {
		if !e.valid() {
			f.wrong("%s.Errors[%d] is empty, must be made by ErrorIs (of an error that is not nil), ErrorType, ErrorCode or ErrorHeader", field, i)
		}
	}
	for i, read := range m.CodeOf {
		if read == nil {
			f.wrong("%s.CodeOf[%d] is nil", field, i)
		}
	}
}

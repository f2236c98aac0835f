package cbtest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// What a policy means, told anew: from its documentation, and not from the code that it is to check.

// opensAfter is how many failures, and nothing but failures, open a breaker.
func opensAfter(p *cb.Policy) int {
	switch {
	case p.Ratio == 0:
		return p.Threshold
	case p.Threshold == 0:
		return p.Min
	default:
		return min(p.Threshold, p.Min)
	}
}

func ratioWindow(p *cb.Policy) time.Duration { return cmp.Or(p.Window, time.Minute) }

// forgotten is after how long a judge has nothing left of what it saw. A window rolls on in twentieths; retries are counted for ten
// seconds.
func (s *stage) forgotten() time.Duration {
	window := ratioWindow(&s.policy)
	return max(window+window/20, 10*time.Second) + time.Second
}

// judgesRows is true where failures in a row are all that opens.
func judgesRows(p *cb.Policy) bool { return p.Ratio == 0 && p.Threshold > 1 }

// judgesShares is true where the ratio opens before the threshold does, if there is one.
func judgesShares(p *cb.Policy) bool {
	return p.Ratio > 0 && (p.Threshold == 0 || p.Threshold > 2*p.Min)
}

// hasWindow is true where a failure that is old enough does not count, and one alone does not open.
func hasWindow(p *cb.Policy) bool {
	return judgesShares(p) && p.Min > 1 || judgesRows(p) && p.Window > 0
}

// limitOf is how long an attempt may take that has brought nothing; 0: as long as it likes.
func limitOf(p *cb.Policy) time.Duration {
	if p.Deadline == 0 || p.Stream.First == 0 {
		return max(p.Deadline, p.Stream.First)
	}
	return min(p.Deadline, p.Stream.First)
}

// probeLimit is how long a probe may hang.
func probeLimit(p *cb.Policy) time.Duration {
	limit := cmp.Or(limitOf(p), p.Timeout)
	if p.Slow > 0 {
		limit = min(limit, p.Slow)
	}
	return limit
}

// doubled is the open period that follows one whose probe has failed.
func doubled(p *cb.Policy, period time.Duration) time.Duration {
	if p.MaxTimeout == 0 {
		return period
	}
	return min(2*period, p.MaxTimeout)
}

// jittered is how long the breaker of the stage is open for a period.
func (s *stage) jittered(period time.Duration) time.Duration {
	tenth := period / 10
	period += time.Duration(2*s.jitter*float64(tenth)) - tenth
	if s.policy.MaxTimeout > 0 {
		period = min(period, s.policy.MaxTimeout)
	}
	return period
}

// backoff is the wait after the given attempt, from 1.
func (s *stage) backoff(attempt int) time.Duration {
	wait := s.policy.Retry.Backoff
	for range attempt - 1 {
		wait = min(2*wait, s.policy.Retry.MaxBackoff)
	}
	return time.Duration(s.jitter * float64(wait))
}

// failure finds an error that the policy counts as one. There is none where it wants certain values or types.
func (s *stage) failure() (error, bool) { //nolint:revive // it is a value here
	for code := range 1000 {
		var err error = Status(code, 0)
		if code == 0 {
			err = errors.New("cbtest: the upstream fails")
		}
		trial := cb.New(
			cb.Policy{Threshold: 1, Failure: s.policy.Failure, Ignore: s.policy.Ignore, Answers: s.policy.Answers},
			cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
		)
		_ = trial.Do(context.Background(), func(context.Context) error { return err })
		if trial.State() == cb.Open {
			return err, true
		}
	}
	s.Log("cbtest: not walked, for no error is known that the policy counts as a failure")
	return nil, false
}

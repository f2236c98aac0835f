package cb

import (
	"cmp"
	"slices"
	"time"
)

// What a zero field of [Policy] means.
const (
	defaultThreshold   = 5
	defaultMin         = 10
	defaultRatioWindow = 60 * time.Second
	defaultTimeout     = 30 * time.Second
	defaultMaxRequests = 1
	defaultBackoff     = 200 * time.Millisecond
	defaultMaxBackoff  = 5 * time.Second
	defaultBudget      = 0.2
)

// Policy says when a breaker opens, for how long, and what counts. It is plain data: the zero of a field is its default, and
// a Policy{} opens after five failures in a row, for 30 seconds.
type Policy struct {
	// Threshold opens after so many failures in a row. 0: 5 where Ratio is 0; off where Ratio is set.
	Threshold int
	// Ratio opens when so large a share (above 0, up to 1) of the calls that ended in the window failed. 0: off.
	// Beside a Threshold, whichever comes first opens.
	Ratio float64
	// Min is the number of calls that must have ended in the window before Ratio judges. 0: 10.
	Min int
	// Window is how far back ended calls count; it rolls on in twentieths. 0: 60s for Ratio, no limit for Threshold.
	// With it, Threshold means: the last so many calls failed and the oldest of them ended within the window.
	Window time.Duration
	// Timeout is how long the breaker stays open before it lets probes through, give or take a tenth. 0: 30s.
	Timeout time.Duration
	// MaxRequests is the number of probes; all must succeed to close. 0: 1.
	MaxRequests int
	// Deadline limits one attempt, by its context. 0: none. A probe is given up after Deadline, without one after
	// Timeout, and always after Slow.
	Deadline time.Duration
	// Failure is what counts as a failure. Zero: every error but an answer.
	Failure Match
	// Ignore is what counts as nothing. It is asked before Failure.
	Ignore Match
	// Answers are errors that say the upstream is well, such as sql.ErrNoRows. Where Failure is zero they are successes, as
	// io.EOF, fs.ErrNotExist and fs.ErrExist always are then. Compared with errors.Is.
	Answers []error
	// Fallbacks describes the fallbacks that a call hands over, in the same order.
	Fallbacks []Fallback
	// MaxTimeout is how far the open period grows: it doubles each time a probe fails, and is Timeout again once the breaker has
	// closed. It also bounds what a RetryAfter may ask for. 0: it stays Timeout, and 5m bound a RetryAfter.
	MaxTimeout time.Duration
	// Slow is how long a call may run before it counts as failed: at that moment, returned or not, and once, whatever it ends
	// like. It is noticed at the latest by the next call. 0: as long as it likes.
	Slow time.Duration
	// Ramp is how long after closing the share of calls let through grows, from a tenth to all. 0: all go through at once.
	Ramp time.Duration
	// Surge bounds the rate at which calls are let through after closing: to so large a share, from 1 to 10, of the rate at which calls
	// ended in the minute before it opened. It holds until no call has been turned away for five seconds, for five minutes at most,
	// and always lets through one call per second. It is for those who waited and ask again all at once. A circuit that had let all
	// calls through for less than ten seconds goes by what was normal before that, and holds nothing back where nothing is known. 0: off.
	Surge float64
	// Group names the breakers of one client, in one [Registry] if it has one, that share one circuit, retry budget and bulkhead.
	// Their fields from Threshold to MaxRequests, MaxTimeout, Slow, Ramp and Surge must agree. "": none.
	Group string
	// Retry says how often a failed call is made again.
	Retry Retry
	// Bulkhead limits how many calls run at once.
	Bulkhead Bulkhead
	// Stream limits a result that is read bit by bit: see [CallStream]. Other calls do not look at it.
	Stream Stream
}

// Stream limits how long the reader of a stream waits for its items. What the reader does between them is its own time.
// A limit that passes is a failure: the reader gets a [*StreamLimitError].
type Stream struct {
	// First is how long the first item may take, the opening of the stream included. 0: as long as it likes.
	First time.Duration
	// Idle is how long each further item may take. 0: as long as it likes.
	Idle time.Duration
}

// Retry makes a call again that failed: after a wait, and as far as the budget goes. Rejections and ignored errors are final.
// Every attempt has a Deadline of its own and counts for the breaker by itself.
type Retry struct {
	// Max is the number of retries after the first attempt. 0: none.
	Max int
	// Backoff bounds the first wait, which is random from 0 up to it, and doubles from wait to wait. 0: 200ms. A RetryAfter that
	// the upstream asks for is waited for at least, of up to a minute or MaxBackoff; asked for more, no retry is made.
	Backoff time.Duration
	// MaxBackoff bounds every wait. 0: 5s, or Backoff where that is longer.
	MaxBackoff time.Duration
	// On is which failures are retried; zero: OnFailure. OnDeadline retries only calls that were still running when their Deadline
	// passed: one that hangs is most often answered when it is made anew, while one that was refused may come too soon again.
	On On
	// Budget bounds the retries of the last ten seconds to a share (above 0, up to 1) of the calls that ended in them; but ten
	// are always allowed. 0: 0.2.
	Budget float64
}

// Bulkhead limits how many calls run at once. A call that hangs holds its place until it really returns.
type Bulkhead struct {
	// Max is the number of calls at once. 0: any number.
	Max int
	// Wait is how long a further call waits for a place, in order of arrival, before it is rejected. 0: not at all.
	Wait time.Duration
}

// Fallback describes one fallback of a method.
type Fallback struct {
	Name string // for snapshots, events and errors
	On   On     // what it answers for; zero: OnAll
	// TTL is how long an answer is kept, and Max how many are, where the fallback is called cache; 0: 10m and 1000. Where it is
	// called queue, TTL is how long the stored call is of use; 0: for ever.
	TTL time.Duration
	Max int
	// Similar, above 0 and up to 1, has the fallback called cache answer with what is kept for the most alike key, where none is
	// equal and that one is at least so alike. The keys must be strings, and the cache a [SimilarCache]. 0: equal keys only.
	Similar float64
}

// On is what a fallback answers for, and what a retry is made for.
type On string

// Values of [On].
const (
	OnAll     On = "all"     // rejections and failures
	OnOpen    On = "open"    // rejections only
	OnFailure On = "failure" // failures only

	OnDeadline On = "deadline" // failures of calls that overran their Deadline only; for Retry alone
)

// answersFor tells whether a call that ended so is a fallback's concern.
func (o On) answersFor(v verdict) bool {
	switch o {
	case OnOpen:
		return v == rejected
	case OnFailure:
		return v == failure
	default:
		return v == rejected || v == failure
	}
}

// withDefaults fills in zero fields. Window stays as it is: what its zero means differs between Ratio and Threshold.
func (p Policy) withDefaults() Policy {
	if p.Threshold == 0 && p.Ratio == 0 {
		p.Threshold = defaultThreshold
	}
	if p.Ratio > 0 && p.Min == 0 {
		p.Min = defaultMin
	}
	if p.Timeout == 0 {
		p.Timeout = defaultTimeout
	}
	if p.MaxRequests == 0 {
		p.MaxRequests = defaultMaxRequests
	}
	if r := &p.Retry; r.Max > 0 {
		if r.Backoff == 0 {
			r.Backoff = defaultBackoff
		}
		if r.MaxBackoff == 0 {
			r.MaxBackoff = max(defaultMaxBackoff, r.Backoff)
		}
		if r.Budget == 0 {
			r.Budget = defaultBudget
		}
	}
	p.Fallbacks = slices.Clone(p.Fallbacks) // the caller's stay as they are
	for i := range p.Fallbacks {
		if f := &p.Fallbacks[i]; f.Name == "cache" {
			f.TTL, f.Max = cmp.Or(f.TTL, defaultTTL), cmp.Or(f.Max, defaultCacheMax)
		}
	}
	return p
}

// ratioWindow is the window of Ratio.
func (p *Policy) ratioWindow() time.Duration {
	if p.Window == 0 {
		return defaultRatioWindow
	}
	return p.Window
}

// doubled is the open period that follows one whose probe failed.
func (p *Policy) doubled(period time.Duration) time.Duration {
	if p.MaxTimeout == 0 {
		return period
	}
	return min(2*period, p.MaxTimeout)
}

// probeLimit is how long a probe may hold its place.
func (p *Policy) probeLimit() time.Duration {
	limit := p.Timeout
	if p.Deadline > 0 {
		limit = p.Deadline
	}
	if p.Slow > 0 {
		limit = min(limit, p.Slow)
	}
	return limit
}

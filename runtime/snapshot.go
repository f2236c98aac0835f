package cb

import "time"

// Snapshot is one look at a breaker. Its numbers are read one after the other while calls go on, so that sums may be off by the
// calls of that moment.
type Snapshot struct {
	Client, Method string
	Key            string // of a keyed breaker, else ""
	State          State
	Since          time.Time // when that state began
	OpenUntil      time.Time // end of the open period, which may have passed; zero unless Open
	OpenedBy       error     // the failure that opened it; nil unless Open or HalfOpen
	DownSince      time.Time // when it opened for the first time since it was closed or held by hand; zero unless Open or HalfOpen
	Admitted       float64   // the share of calls let through: 1 closed (whatever a Surge holds back), less while it ramps up, 0 open and half-open

	// What the circuit has been through since it was made. Breakers of one [Policy.Group] share it.
	Trips       uint64        // how often it opened, ForceOpen apart
	Transitions []Transitions // those that there can be, zero or not, in the order of the states
	OpenFor     time.Duration // how long it was [Open] or [ForcedOpen], in all and until now

	Counts     Counts
	Rejections map[Reason]uint64 // every reason is there
	Fallbacks  []FallbackCounts  // in the order of Policy.Fallbacks; a last one without a name for those it does not describe
	Retries    uint64            // attempts beyond the first of their call, those included that were then not let through
	InFlight   int               // calls that were let through and have not ended
	Bulkhead   BulkheadUse

	LastFailure   error // nil: none yet
	LastFailureAt time.Time
	Policy        Policy // with the defaults filled in
}

// Counts are calls that ended, by outcome, since the breaker was made.
type Counts struct{ Success, Failure, Ignored uint64 }

// SuccessRate is the share of the successes among the calls that counted, from 0 to 1, since the breaker was made; 1 where none
// has counted yet.
func (s Snapshot) SuccessRate() float64 {
	counted := s.Counts.Success + s.Counts.Failure
	if counted == 0 {
		return 1
	}
	return float64(s.Counts.Success) / float64(counted)
}

// BulkheadUse is how full a bulkhead is; zero where there is none.
type BulkheadUse struct {
	Max     int // calls at once
	Running int
	Waiting int
}

// FallbackCounts are the calls of one fallback, by outcome.
type FallbackCounts struct {
	Name             string
	Answered, Failed uint64
}

type lastFailure struct {
	err error
	at  time.Time
}

// Snapshot looks at the breaker. It takes no lock and changes nothing.
func (b *Breaker) Snapshot() Snapshot {
	st := b.circuit.status.Load()
	n := &b.counters
	s := Snapshot{
		Client: b.client, Method: b.method, Key: b.key, State: st.state, Since: st.since,
		OpenUntil: st.until, OpenedBy: st.cause, DownSince: st.down,
		Counts: n.counts(), Retries: n.retries.Load(), Rejections: make(map[Reason]uint64, len(reasons)), Policy: b.policy,
		Admitted: b.circuit.admitted(st),
	}
	s.Transitions, s.Trips = st.before.counts()
	s.OpenFor = st.openFor(time.Now())
	s.InFlight = n.inFlight(s.Counts)
	for i, reason := range reasons {
		s.Rejections[reason] = n.rejections[i].Load()
	}
	for i := range n.fallbacks {
		s.Fallbacks = append(s.Fallbacks, n.fallbacks[i].counts(b.fallbackName(i)))
	}
	if other := n.other.counts(""); other != (FallbackCounts{}) {
		s.Fallbacks = append(s.Fallbacks, other)
	}
	if b.bulkhead != nil {
		s.Bulkhead.Max = b.policy.Bulkhead.Max
		s.Bulkhead.Running, s.Bulkhead.Waiting = b.bulkhead.use()
	}
	if last := n.last.Load(); last != nil {
		s.LastFailure, s.LastFailureAt = last.err, last.at
	}
	return s
}

func (c *fallbackCounter) counts(name string) FallbackCounts {
	return FallbackCounts{Name: name, Answered: c.answered.Load(), Failed: c.failed.Load()}
}

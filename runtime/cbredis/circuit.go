package cbredis

import (
	"math/rand/v2"
	"slices"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// Times of probing.
const (
	maxLead     = time.Second     // how long before the end of an open period a replica asks for the lease
	startWithin = time.Second     // how long after it a call must have come that is the probe
	leaseMargin = time.Second     // how long a verdict may take from one replica to the others
	nextWithin  = time.Second / 2 // how long after a lease that brought no verdict another replica has the next
)

// minSurplus is how many circuits may be gone before they are looked for.
const minSurplus = 1024

// maxStrangers bounds the circuits that this replica knows from others only.
const maxStrangers = 10_000

// circuit is what this replica knows of one. Under Sharing.mu, but for what is never written to.
type circuit struct {
	breakers []*cb.Breaker // those that share it; none before the first is made
	until    time.Time     // what stands in the fleet: open until then
	from     string        // who said so
	cause    string

	say      kind // what the others do not know yet; "" nothing
	sayFor   time.Time
	sayCause string

	own      bool      // it is open because this replica said so
	due      time.Time // when to ask for the lease; zero: not
	rejected uint64    // calls, before it opened, or before the lease was last asked for here or had elsewhere
	mine     bool      // the lease is
	failures uint64    // of those seen that were counted
}

// follower hears of the registry's breakers, on the goroutines of calls: it notes what there is to say, and no more.
type follower struct{ s *Sharing }

// Added adopts what stands, and tells that the breaker is open where it is.
func (f follower) Added(b *cb.Breaker) {
	snapshot := b.Snapshot()
	id, shared := idOf(&snapshot)
	if !shared {
		return
	}
	openedBy := textOf(snapshot.OpenedBy)
	s := f.s
	s.mu.Lock()
	c := s.circuit(id)
	if id.Key != "" { // it takes the place of one that was dropped
		c.breakers, c.failures = nil, 0
	}
	if !slices.Contains(c.breakers, b) {
		c.breakers = append(c.breakers, b)
		c.failures += snapshot.Counts.Failure
	}
	if limit := time.Now().Add(longest(snapshot.Policy)); c.until.After(limit) { // it was told before its policy was known
		c.until = limit
	}
	until, cause := c.until, c.fleetError()
	if snapshot.State == cb.Open && snapshot.OpenUntil.After(until) {
		c.own, c.due = true, before(snapshot.OpenUntil)
		c.sayNow(opened, snapshot.OpenUntil, openedBy)
		c.until, c.from, c.cause = snapshot.OpenUntil, s.replica, c.sayCause
		s.wakeUp()
	}
	s.mu.Unlock()
	if time.Now().Before(until) {
		b.AdoptOpen(until, cause)
	}
}

// StateChanged notes what others should know. What was adopted they know.
func (f follower) StateChanged(b *cb.Breaker, e cb.Event) {
	snapshot := b.Snapshot()
	id, shared := idOf(&snapshot)
	if !shared {
		return
	}
	s := f.s
	rejected, cause := rejections(s.breakersOf(id)), textOf(e.Cause)
	limit := probeLimit(snapshot.Policy)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.circuit(id)
	switch {
	case e.To == cb.Open:
		if e.From == cb.Closed {
			c.rejected = rejected
		}
		until := e.At.Add(e.RetryAfter)
		c.due = before(until)
		if e.Adopted {
			c.own = false
			break
		}
		c.own = true
		if until.Sub(c.until) > e.RetryAfter/5 || c.mine { // others may have said the same, give or take two tenths
			c.sayNow(opened, until, cause)
			c.until, c.from, c.cause = until, s.replica, c.sayCause
		}
	case e.To == cb.HalfOpen:
		c.due = time.Time{}
		c.sayNow(probing, e.At.Add(limit+leaseMargin), "")
	default:
		c.due = time.Time{}
		if e.To == cb.Closed && !e.Adopted && (e.From == cb.Open || e.From == cb.HalfOpen) {
			c.sayNow(closed, e.At, "")
			c.until = time.Time{}
		}
	}
	if c.say != "" || !c.due.IsZero() {
		s.wakeUp()
	}
}

func (c *circuit) sayNow(what kind, until time.Time, cause string) {
	c.say, c.sayFor, c.sayCause = what, until, cause
}

// breakersOf are those that share a circuit.
func (s *Sharing) breakersOf(id circuitID) []*cb.Breaker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.circuit(id).breakers)
}

func (c *circuit) fleetError() error { return &FleetError{Replica: c.from, Cause: c.cause} }

// probeLimit is how long a probe may take before its breaker gives it up: see [cb.Policy.Deadline].
func probeLimit(p cb.Policy) time.Duration {
	limit := p.Timeout
	if p.Deadline > 0 {
		limit = p.Deadline
	}
	if p.Slow > 0 {
		limit = min(limit, p.Slow)
	}
	return limit
}

// longest is how long a breaker of that policy could stay open by itself: nobody else keeps it open for longer.
func longest(p cb.Policy) time.Duration {
	limit := 5 * time.Minute // what a RetryAfter may ask for
	if p.MaxTimeout > 0 {
		limit = p.MaxTimeout
	}
	return max(limit, p.Timeout/10*11)
}

// before is when to ask for the lease of a circuit that is open until then. Replicas do not ask together: most hear of the first
// one's lease before they would.
func before(until time.Time) time.Time {
	lead := min(time.Until(until)/4, maxLead)
	if lead <= 1 {
		return until
	}
	return until.Add(-lead/2 - rand.N(lead/2))
}

// rejections are those of calls that came while the circuit was open, or half-open and its probes were taken.
func rejections(breakers []*cb.Breaker) (n uint64) {
	for _, b := range breakers {
		by := b.Snapshot().Rejections
		n += by[cb.ReasonOpen] + by[cb.ReasonTooManyProbes]
	}
	return n
}

// circuit finds or makes one. Under mu.
func (s *Sharing) circuit(id circuitID) *circuit {
	c := s.circuits[id]
	if c == nil {
		if len(s.circuits) >= s.surplus {
			s.dropGone()
		}
		c = &circuit{}
		s.circuits[id] = c
	}
	return c
}

// dropGone drops the circuits of keyed breakers that are gone. What these have to say is not waited for while there is nobody to
// tell: it will have passed. Under mu.
func (s *Sharing) dropGone() {
	there := map[*cb.Breaker]bool{}
	for _, b := range s.registry.Breakers() {
		there[b] = true
	}
	now := time.Now()
	isThere := func(b *cb.Breaker) bool { return there[b] }
	for id, c := range s.circuits {
		if now.After(c.until) && (c.say == "" || !s.joined) && !slices.ContainsFunc(c.breakers, isThere) {
			delete(s.circuits, id)
		}
	}
	s.surplus = max(2*len(s.circuits), minSurplus)
}

// adopt follows what another replica has said, or what stands.
func (s *Sharing) adopt(m message) {
	s.mu.Lock()
	if s.circuits[m.ID] == nil && (m.Kind != opened || len(s.circuits) >= maxStrangers) {
		s.mu.Unlock()
		return // nothing to remember
	}
	c := s.circuit(m.ID)
	if len(c.breakers) == 0 { // its breaker may be made later, even while this is remembered
		c.remember(m, m.For)
		s.mu.Unlock()
		return
	}
	b := c.breakers[0]
	s.mu.Unlock()
	snapshot := b.Snapshot()
	left := min(m.For, longest(snapshot.Policy))
	s.mu.Lock()
	c.remember(m, left)
	cause := c.fleetError()
	s.mu.Unlock()
	until := time.Now().Add(left)
	switch m.Kind {
	case opened:
		b.AdoptOpen(until, cause)
		s.postpone(c, before(until))
	case probing:
		if snapshot.State == cb.Open {
			s.await(c, b, until)
		}
	case closed:
		b.AdoptClosed()
	}
}

// remember notes what stands, for breakers that are made later. Under [Sharing.mu].
func (c *circuit) remember(m message, left time.Duration) {
	switch m.Kind {
	case opened:
		if until := time.Now().Add(left); until.After(c.until) {
			c.until, c.from, c.cause = until, m.From, m.Cause
		}
		c.mine = false
	case probing:
		c.mine = false
	case closed:
		c.until, c.mine = time.Time{}, false
	}
}

// await has the breaker wait for the verdict of whoever has the lease until then. Where none comes it is asked for anew, after that.
func (s *Sharing) await(c *circuit, b *cb.Breaker, until time.Time) {
	b.HoldProbes(until.Add(nextWithin))
	s.mu.Lock()
	breakers := slices.Clone(c.breakers)
	s.mu.Unlock()
	rejected := rejections(breakers)
	s.mu.Lock()
	c.rejected = rejected
	s.mu.Unlock()
	s.postpone(c, until.Add(rand.N(nextWithin/2)))
}

// postpone has the lease asked for at that moment, if that is later than it was to be.
func (s *Sharing) postpone(c *circuit, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if due.After(c.due) {
		c.due = due
		s.wakeUp()
	}
}

// rejoin forgets what could not be said in time, but for what still stands: that this replica has found an upstream sick.
func (s *Sharing) rejoin() {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.circuits {
		c.say, c.mine = "", false
		if c.own && now.Before(c.until) {
			c.say, c.sayFor, c.sayCause = opened, c.until, c.cause
		}
	}
}

// toSay is what the others do not know yet.
func (s *Sharing) toSay() []message {
	now := time.Now()
	var messages []message
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, c := range s.circuits {
		if c.say == "" {
			continue
		}
		m := message{Kind: c.say, From: s.replica, ID: id, For: c.sayFor.Sub(now), Cause: c.sayCause}
		c.say = ""
		if m.Kind != closed && m.For <= 0 {
			continue
		}
		if m.Kind == probing {
			c.mine = true
		} else {
			m.release, c.mine = c.mine, false
		}
		messages = append(messages, m)
	}
	return messages
}

// leasesDue are those of the circuits whose open period is about to end, and which calls are waiting for: a replica without calls
// would only hold the lease. One that had some once, and none since the last lease, is without.
func (s *Sharing) leasesDue() []lease {
	now := time.Now()
	type candidate struct {
		id       circuitID
		c        *circuit
		rejected uint64
		breakers []*cb.Breaker
	}
	var candidates []candidate
	s.mu.Lock()
	for id, c := range s.circuits {
		if !c.due.IsZero() && !now.Before(c.due) {
			c.due = time.Time{}
			candidates = append(candidates, candidate{id, c, c.rejected, slices.Clone(c.breakers)})
		}
	}
	s.mu.Unlock()
	var wanted []lease
	for _, d := range candidates {
		if len(d.breakers) == 0 {
			continue
		}
		snapshot := d.breakers[0].Snapshot()
		left := snapshot.OpenUntil.Sub(now)
		switch {
		case snapshot.State != cb.Open || left <= 0:
		case left > maxLead:
			s.postpone(d.c, before(snapshot.OpenUntil))
		default:
			rejected := rejections(d.breakers)
			if rejected <= d.rejected {
				continue
			}
			s.mu.Lock()
			d.c.rejected = rejected
			s.mu.Unlock()
			wanted = append(wanted, lease{id: d.id, from: s.replica, left: left + startWithin})
		}
	}
	return wanted
}

// answered acts on who has the leases, and returns what to tell the others of those that this replica has.
func (s *Sharing) answered(answers []lease) []message {
	var messages []message
	for _, l := range answers {
		s.mu.Lock()
		c := s.circuits[l.id]
		var b *cb.Breaker
		if c != nil && len(c.breakers) > 0 {
			b = c.breakers[0]
			c.mine = l.mine
		}
		s.mu.Unlock()
		switch until := time.Now().Add(l.left); {
		case b == nil:
		case l.mine:
			messages = append(messages, message{Kind: probing, From: s.replica, ID: l.id, For: l.left})
		default:
			s.await(c, b, until)
		}
	}
	return messages
}

// nextDue is when the next lease is to be asked for, or latest.
func (s *Sharing) nextDue(latest time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.circuits {
		if !c.due.IsZero() {
			latest = earlier(latest, c.due)
		}
	}
	return latest
}

package cb

import (
	"cmp"
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// circuit is the state machine: gobreaker, which decides every transition, and around it what gobreaker lacks. The machine is
// touched under mu alone, and no user code runs there: changes are queued and told after.
type circuit struct {
	policy   Policy
	disabled bool // Off is where Reset leads
	base     time.Time
	changes  changeQueue
	// nextJitter holds bits of a float64: drawn outside the lock, for the source is the user's.
	nextJitter atomic.Uint64

	word   atomic.Uint64
	status atomic.Pointer[status]

	mu       sync.Mutex
	machine  *gobreaker.TwoStepCircuitBreaker[struct{}]
	byHand   bool            // Reset closes it
	trip     bool            // our own judges say so: ReadyToTrip obeys
	changed  bool            // a change was queued under this lock
	by       *Breaker        // for whom the lock is held, of those that share the circuit
	ctx      context.Context //nolint:containedctx // of the call that holds the lock; nil: nobody does
	failures int             // in a row, ended in this generation
	row      *failureRow
	window   *rollingWindow
	watch    *watch // nil: no Slow
	surge    *surge // nil: no Surge
	probes   []*probe
	cause    error         // the last failure, for whoever opens it next
	period   time.Duration // the next open period, before jitter
	asked    asked
	ramping  bool          // closed, and not every call is let through
	credit   float64       // of the calls that come while ramping
	adopting time.Duration // above 0 while a state is entered that was decided elsewhere: its open period
}

// What done is called with.
var (
	errFailure = errors.New("failure")
	errIgnored = errors.New("ignored")
)

// newCircuit takes a valid policy with its defaults filled in. jitter is asked for a number from 0 to 1 per open period.
func newCircuit(p Policy, disabled bool, jitter func() float64, tell func(change)) *circuit {
	c := &circuit{policy: p, disabled: disabled, base: time.Now(), period: p.Timeout}
	if p.Ratio > 0 {
		c.window = newRollingWindow(p.ratioWindow())
	}
	if p.Threshold > 0 && p.Window > 0 {
		c.row = newFailureRow(p.Threshold, p.Window)
	}
	if p.Slow > 0 {
		c.watch = newWatch(p.Slow)
	}
	if p.Surge > 0 {
		c.surge = newSurge(p.Surge, 0)
	}
	draw := func() { c.nextJitter.Store(math.Float64bits(jitter())) }
	draw()
	c.changes.tell = func(ch change) {
		if ch.to == Open {
			draw()
		}
		tell(ch)
	}
	c.machine = c.newMachine(p.Timeout)
	state := Closed
	if disabled {
		state = Off
	}
	c.status.Store(&status{state: state, since: time.Now(), before: &history{}})
	c.publish(generationBit, state, false)
	return c
}

// newMachine makes a closed one, whose first open period may be shorter than Timeout.
func (c *circuit) newMachine(period time.Duration) *gobreaker.TwoStepCircuitBreaker[struct{}] {
	p := &c.policy
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: uint32(p.MaxRequests), //nolint:gosec // Validate bounds it
		// Our gate only ever delays: the shortest jittered period must find gobreaker ready, which compares strictly.
		Timeout:    max(min(period, p.Timeout)/10*9-1, 1),
		IsExcluded: func(err error) bool { return err == errIgnored }, //nolint:errorlint // only we call done
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return c.trip || p.Threshold > 0 && c.row == nil && int64(counts.ConsecutiveFailures) >= int64(p.Threshold)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			c.enter([...]State{gobreaker.StateClosed: Closed, gobreaker.StateHalfOpen: HalfOpen, gobreaker.StateOpen: Open}[to])
		},
	})
}

// now is the circuit's clock: monotonic, and cheaper to read than time.Now.
func (c *circuit) now() time.Duration { return time.Since(c.base) }

// generation is the word without state and flag; under mu it does not move.
func (c *circuit) generation() uint64 { return c.word.Load() &^ (generationBit - 1) }

func (c *circuit) publish(generation uint64, state State, pending bool) {
	word := generation | uint64(state)
	if state == Closed && (pending || c.window != nil || c.surge != nil) {
		word |= mattersBit
	}
	if state == Closed && (c.watch != nil || c.ramping || c.surging()) {
		word |= gateBit
	}
	if c.word.Load() != word { // under mu, and a store costs more
		c.word.Store(word)
	}
}

// lock begins what mu guards, on behalf of the breaker whose name the changes bear that are made there, and of its call, if it is
// one.
func (c *circuit) lock(ctx context.Context, by *Breaker) {
	c.mu.Lock()
	c.by, c.ctx = by, ctx
}

// unlock ends what mu guards; then it tells the changes made there.
func (c *circuit) unlock() {
	if c.unlockUntold() {
		c.changes.drain()
	}
}

// unlockUntold ends what mu guards, and tells whether there are changes to drain, for a caller that has something to note first.
func (c *circuit) unlockUntold() (changed bool) {
	changed, c.changed, c.ctx = c.changed, false, nil
	c.mu.Unlock()
	return changed
}

// enter makes a new state ours, under mu: a new generation, in which nothing that came before counts.
func (c *circuit) enter(to State) {
	old := c.status.Load()
	next := &status{state: to, since: time.Now()}
	next.before = old.followedBy(to, next.since)
	adopted := c.adopting > 0
	ch := change{by: c.by, ctx: c.ctx, from: old.state, to: to, at: next.since, inRow: c.failures, adopted: adopted}
	if c.window != nil {
		ch.windowFailures, ch.windowCalls = c.window.failures, c.window.calls
	}
	if c.surge != nil && old.state == Closed && !c.ramping {
		c.surge.learn(c.now())
	}
	c.ramping = false
	switch to {
	case Open:
		period := c.adopting
		if !adopted {
			if old.state == HalfOpen && c.cause != errTripped { //nolint:errorlint // is it that value?
				c.period = c.policy.doubled(c.period)
			}
			period = c.openPeriod()
		}
		next.until, next.after, next.cause = next.since.Add(period), c.now()+period, c.cause
		next.down = cmp.Or(old.down, next.since)
		ch.retryAfter = period
	case HalfOpen:
		next.cause, next.down = old.cause, old.down
	default:
		c.period, c.asked = c.policy.Timeout, asked{}
		if to == Closed && (old.state == HalfOpen || adopted) && c.policy.Ramp > 0 && !c.byHand {
			next.ramp = &ramp{from: c.now(), over: c.policy.Ramp, cause: old.cause}
			c.ramping, c.credit = true, 1-rampStart // the first call goes through
		}
		c.enterSurge(old, to, adopted)
	}
	ch.cause = next.cause
	c.giveUpProbes()
	c.forget()
	c.status.Store(next)
	c.publish(c.generation()+generationBit, to, false)
	if ch.from != to {
		c.changes.push(ch)
		c.changed = true
	}
}

// forget drops what the judges have seen.
func (c *circuit) forget() {
	c.failures = 0
	if c.row != nil {
		c.row.clear()
	}
	if c.window != nil {
		c.window.clear()
	}
	if c.watch != nil {
		c.watch.clear()
	}
}

// openPeriod is how long to stay open: the period, give or take a tenth, and as long as the upstream asks.
func (c *circuit) openPeriod() time.Duration {
	jitter := math.Float64frombits(c.nextJitter.Load())
	tenth := c.period / 10
	period := c.period - tenth + time.Duration(2*jitter*float64(tenth))
	if c.policy.MaxTimeout > 0 {
		period = min(period, c.policy.MaxTimeout)
	}
	return max(period, c.asked.atLeast(c.now(), &c.policy))
}

// record counts a call that ended in the generation it was admitted in, closed; now is needed for windows alone. Under mu.
func (c *circuit) record(now time.Duration, v verdict, err error) {
	switch v {
	case failure:
		c.cause = err
		c.failures++
		trip := c.row != nil && c.row.add(now)
		if c.window != nil {
			c.window.add(now, true)
			trip = c.judge() || trip
		}
		c.feed(errFailure, trip)
	case success:
		if c.window != nil {
			c.window.add(now, false)
			if c.judge() { // the call that reaches Min need not be a failure
				c.feed(errFailure, true)
				return
			}
		}
		if c.failures > 0 {
			c.failures = 0
			if c.row != nil {
				c.row.clear()
			}
			c.feed(nil, false)
		}
	default:
		return
	}
	if word := c.word.Load(); stateOf(word) == Closed {
		c.publish(c.generation(), Closed, c.failures > 0)
	}
}

// judge tells whether the ratio opens. The division is exact where it matters: 7 of 100 is the 0.07 that was written.
func (c *circuit) judge() bool {
	w := c.window
	return w.calls >= c.policy.Min && float64(w.failures)/float64(w.calls) >= c.policy.Ratio
}

// feed tells gobreaker of an outcome, begun and ended now: however long the call ran, it counts.
func (c *circuit) feed(outcome error, trip bool) {
	done, err := c.machine.Allow()
	if err != nil {
		return // cannot be: the state is closed
	}
	c.trip = trip
	done(outcome)
	c.trip = false
}

func (c *circuit) tripByHand(by *Breaker) {
	c.lock(context.Background(), by)
	defer c.unlock()
	switch c.status.Load().state {
	case Closed:
		c.cause = errTripped
		c.feed(errFailure, true)
	case HalfOpen:
		c.cause = errTripped
		c.failProbe()
	case Open:
		c.prolong(c.openPeriod())
	default:
	}
}

func (c *circuit) force(by *Breaker, state State) {
	c.lock(context.Background(), by)
	defer c.unlock()
	if c.status.Load().state != state {
		c.enter(state)
	}
}

func (c *circuit) reset(by *Breaker) {
	c.lock(context.Background(), by)
	defer c.unlock()
	c.machine = c.newMachine(c.policy.Timeout)
	if c.disabled {
		c.enter(Off)
		return
	}
	c.byHand = true
	c.enter(Closed)
	c.byHand = false
}

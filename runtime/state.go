package cb

import "time"

// State is a breaker's state.
type State uint8

// States. The last three are held by hand until [Breaker.Reset].
const (
	Closed       State = iota // calls go through and are judged
	HalfOpen                  // probes go through, other calls are rejected
	Open                      // calls are rejected, until Timeout has passed
	ForcedOpen                // calls are rejected
	ForcedClosed              // calls go through, whatever they end like; deadlines and fallbacks hold
	Off                       // calls go through untouched: no deadline, no fallback; they are only counted

	states // how many there are
)

// String is one of closed, half-open, open, forced-open, forced-closed, disabled.
func (s State) String() string {
	names := [...]string{"closed", "half-open", "open", "forced-open", "forced-closed", "disabled"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// MarshalText makes the state readable in JSON and logs.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// rejects tells whether the state turns calls away.
func (s State) rejects() bool { return s == Open || s == ForcedOpen }

// status is our own copy of where a circuit stands: what is read without its lock, and never written after it is published.
type status struct {
	state  State
	since  time.Time
	until  time.Time     // end of the open period
	after  time.Duration // the same on the circuit's clock
	cause  error         // the failure that opened it; kept while half-open
	down   time.Time     // when the outage began: kept while probes fail, zero unless open or half-open
	ramp   *ramp         // closed: how the share of calls let through grows; nil: all are
	before *history
}

// The word of a circuit says in one atomic load what a call must know: its state in the low bits, whether a success matters
// and whether an admission does, and above them the generation, which every change of state moves on.
const (
	stateBits     uint64 = 1<<3 - 1
	mattersBit    uint64 = 1 << 3 // set while a failure is pending, and always where Ratio or Surge counts
	gateBit       uint64 = 1 << 4 // set while closed, where every call must come to the circuit to be let through
	generationBit uint64 = 1 << 5
)

func stateOf(word uint64) State { return State(word & stateBits) }

// State tells where the breaker stands. An open breaker stays open until a call probes it, however much time has passed.
func (b *Breaker) State() State { return b.circuit.status.Load().state }

// Trip opens the breaker, as if it had failed too often; an open one stays so for another period. A state held by hand stays.
func (b *Breaker) Trip() { b.circuit.tripByHand(b) }

// Reset closes the breaker, forgets what it has seen, and releases a state that ForceOpen, ForceClose or Disable hold. A
// breaker made with [Disabled] is disabled again.
func (b *Breaker) Reset() { b.circuit.reset(b) }

// ForceOpen rejects every call until Reset.
func (b *Breaker) ForceOpen() { b.circuit.force(b, ForcedOpen) }

// ForceClose lets every call through until Reset, whatever they end like; deadlines and fallbacks hold.
func (b *Breaker) ForceClose() { b.circuit.force(b, ForcedClosed) }

// Disable lets every call through untouched until Reset: no deadline, no fallback. They are only counted.
func (b *Breaker) Disable() { b.circuit.force(b, Off) }

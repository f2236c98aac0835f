package cb

import (
	"cmp"
	"log/slog"
	"slices"
	"sync/atomic"
)

// Breaker guards one method. Make one with [New] or [Client.Breaker]; call through it with [Call], [CallResult], [CallErr],
// [CallStream] or [Breaker.Do].
type Breaker struct {
	client, method string
	key            string // of a keyed one
	policy         Policy
	classifier     classifier
	circuit        *circuit
	retry          *retrier  // nil: none
	bulkhead       *bulkhead // nil: none
	measured       bool      // an observer wants to know how long calls take
	limited        bool      // there is a deadline or a bulkhead, or it is measured
	plain          bool      // while closed, a call that goes well changes nothing: it needs no attempt
	counters       counters
	turnedAway     atomic.Pointer[sharedRejection] // whoever was last
	log            *slog.Logger                    // nil: slog's default, looked up when it is needed
	observers      []Observer                      // beside the log
	observed       bool                            // one of them wants to know of more than changes of state
	injector       Injector                        // nil: none
	cutter         StreamInjector
	registry       *Registry // nil: none, so nobody follows it
}

// newBreaker takes a valid policy.
func newBreaker(client, method string, policy Policy, o *options) *Breaker {
	policy = policy.withDefaults()
	b := &Breaker{
		client: client, method: method, policy: policy, classifier: newClassifier(&policy), log: o.logger, observers: o.observers,
		registry: o.registry,
	}
	b.counters.init(len(policy.Fallbacks))
	b.retry, b.bulkhead = newRetrier(policy.Retry, o.jitter), newBulkhead(policy.Bulkhead)
	b.observed = slices.ContainsFunc(b.observers, wantsCalls)
	b.injector = o.injector
	b.cutter, _ = o.injector.(StreamInjector)
	b.measured = slices.ContainsFunc(b.observers, isCallObserver)
	b.limited = policy.Deadline > 0 || b.bulkhead != nil || b.measured
	b.circuit = newCircuit(policy, o.disabled, o.jitter, func(ch change) { cmp.Or(ch.by, b).tell(ch) })
	b.plain = !b.limited && b.retry == nil && b.injector == nil && policy.Slow == 0 && policy.Ratio == 0 && policy.Surge == 0
	return b
}

// Client is the client's name; "" for a breaker of [New] without [WithName].
func (b *Breaker) Client() string { return b.client }

// Method is the method's name; "" for a breaker of [New].
func (b *Breaker) Method() string { return b.method }

// Key is the value a keyed breaker is for, as text, or [OverflowKey]; "" where the method is not keyed.
func (b *Breaker) Key() string { return b.key }

func (b *Breaker) logger() *slog.Logger {
	if b.log != nil {
		return b.log
	}
	return slog.Default()
}

package cb

import (
	"context"
	"log/slog"
	"time"
)

// Breaker guards one method. Make one with [New] or [Client.Breaker]; call through it with [Call], [CallResult], [CallErr] or
// [Breaker.Do].
type Breaker struct {
	client, method string
	key            string // of a keyed one
	policy         Policy
	classifier     classifier
	circuit        *circuit
	counters       counters
	log            *slog.Logger // nil: slog's default, looked up when it is needed
	observers      []Observer   // the first writes the log
}

// newBreaker takes a valid policy.
func newBreaker(client, method string, policy Policy, o *options) *Breaker {
	policy = policy.withDefaults()
	b := &Breaker{client: client, method: method, policy: policy, classifier: newClassifier(&policy), log: o.logger}
	b.observers = append([]Observer{logObserver{b: b}}, o.observers...)
	b.counters.init(len(policy.Fallbacks))
	b.circuit = newCircuit(policy, o.disabled, o.jitter, b.tell)
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

// attempt is one call on its way through a breaker. It lives on the caller's stack.
type attempt struct {
	b      *Breaker
	ctx    context.Context // the attempt's, with the deadline of the policy
	cancel context.CancelFunc
	word   uint64 // the circuit's at admission, as it is when a success need not reach it
	probe  *probe
	cell   *cell
	stage  stage
}

type stage uint8

const (
	turnedAway stage = iota // not admitted yet, or never
	admitted                // and not called
	calling
	settled
)

// begin asks for admission, and tells why there is none.
func (a *attempt) begin(ctx context.Context, b *Breaker) *RejectedError {
	a.b, a.ctx = b, ctx
	a.word = b.circuit.word.Load()
	if stateOf(a.word) == Closed {
		a.word &^= mattersBit
	} else if r := a.admit(); r.reason != "" {
		return b.reject(ctx, r)
	}
	if b.policy.Deadline > 0 && stateOf(a.word) != Off {
		a.ctx, a.cancel = context.WithTimeout(ctx, b.policy.Deadline)
	}
	a.cell = b.counters.cell()
	a.cell.started.Add(1)
	a.stage = calling
	return nil
}

// admit is begin where the circuit is not closed.
func (a *attempt) admit() refusal {
	c := a.b.circuit
	r, undecided := c.admit(a.word)
	if !undecided {
		return r
	}
	a.word, a.probe, r = c.admitProbe()
	if a.probe != nil {
		a.stage = admitted
	}
	c.tellChanges()
	return r
}

// succeed settles a call that ended well. In the generation it was admitted in, closed and with no failure pending, it changes
// nothing that decides anything, so the circuit need not hear of it.
func (a *attempt) succeed() {
	a.stage = settled
	a.cell.succeeded.Add(1)
	if a.cancel != nil {
		a.cancel()
	}
	if c := a.b.circuit; c.word.Load() != a.word {
		c.end(a.word, a.probe, success, nil)
	}
}

// settle classifies how the call ended, counts it, and tells the circuit.
func (a *attempt) settle(caller context.Context, err error, code int) verdict {
	v := a.b.classifier.classify(caller, a.ctx, err, code)
	if v == success {
		a.succeed()
	} else {
		if err == nil && v == failure {
			err = &StatusError{Code: code}
		}
		a.fail(v, err)
	}
	if stateOf(a.word) == Off {
		return passed
	}
	return v
}

// fail settles a call that did not end well.
func (a *attempt) fail(v verdict, err error) {
	a.stage = settled
	n := &a.b.counters
	if v == failure {
		n.failed.Add(1)
		n.last.Store(&lastFailure{err, time.Now()})
	} else {
		n.ignored.Add(1)
	}
	if a.cancel != nil {
		a.cancel()
	}
	if v == failure && stateOf(a.word) == Closed || a.probe != nil {
		a.b.circuit.end(a.word, a.probe, v, err)
	}
}

// abandon settles what did not return: a panic or Goexit, which goes on unchanged. It is deferred, and does nothing else.
func (a *attempt) abandon() {
	switch a.stage {
	case calling:
		a.fail(failure, errAbandoned)
	case admitted: // an observer ended the goroutine of a probe before its call
		a.stage = settled
		a.b.circuit.end(a.word, a.probe, ignored, nil)
	default:
	}
}

// reject makes, counts and tells a rejection.
func (b *Breaker) reject(ctx context.Context, r refusal) *RejectedError {
	b.counters.rejection(r.reason).Add(1)
	e := &RejectedError{
		Client: b.client, Method: b.method, Key: b.key, Reason: r.reason, State: r.state, RetryAfter: r.retryAfter, Cause: r.cause,
	}
	if len(b.observers) > 1 {
		b.observe(1, func(o Observer) { o.Rejected(ctx, e) })
	}
	return e
}

package cb_test

import (
	"context"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// orderRow is one call, what its layers are given, and what they record. MP is MicroProfile Fault Tolerance (its chapters on
// retry, breaker, bulkhead, timeout and fallback say how each meets the others), R4J resilience4j, own what both leave open.
type orderRow struct {
	name, source string
	policy       func(*cb.Policy) // changes the one of TestOrder
	before       []func(*layers)
	limit        time.Duration                 // the caller's deadline
	method       []func(context.Context) error // ends of the attempts, the last for good
	fallbacks    []func(context.Context) error // nil: one that answers
	want         []string
	left         string
}

func orderRows() []orderRow {
	return []orderRow{
		// Success
		{name: "success", source: "MP, R4J: every layer lets a success through", method: ends(ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				`0s returned "value", <nil>`,
			}, left: "closed: success 1, failure 0, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "success after a wait in the bulkhead", source: "R4J: Bulkhead innermost; own: the deadline runs while it waits",
			before: seq(occupy(100 * time.Millisecond)), method: ends(ok),
			want: []string{
				"100ms method: deadline 900ms, bulkhead 1",
				`100ms returned "value", <nil>`,
			}, left: "closed: success 2, failure 0, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "success of the second attempt", source: "MP retry: retry sees each outcome of the breaker", method: ends(down, ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				`50ms returned "value", <nil>`,
			}, left: "closed: success 1, failure 1, ignored 0, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "success of the last attempt", source: "MP retry", method: ends(down, down, ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				`150ms returned "value", <nil>`,
			}, left: "closed: success 1, failure 2, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		{name: "success of a probe", source: "MP breaker: half-open, a success closes", before: seq(opened, afterwards), method: ends(ok),
			want: []string{
				"0s breaker half-open",
				"0s method: deadline 1s, bulkhead 1",
				"0s breaker closed",
				`0s returned "value", <nil>`,
			}, left: "closed: success 1, failure 0, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		// Failure
		{name: "failure of all attempts", source: "MP fallback: fallback after the last retry, once", method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				"150ms fallback 1: no deadline, bulkhead 0: down (after 3 attempts)",
				`150ms returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		{name: "failure of all attempts, no fallback", source: "own: with the number of attempts", method: ends(down), fallbacks: ends(),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				`150ms returned "value", down (after 3 attempts)`,
			}, left: "closed: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		{name: "failure without retry", source: "MP fallback", policy: func(p *cb.Policy) { p.Retry = cb.Retry{} }, method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s fallback 1: no deadline, bulkhead 0: down",
				`0s returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 1, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "failure of the first fallback", source: "R4J-558: one chain around everything, not one per layer", method: ends(down), fallbacks: ends(down, ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				"150ms fallback 1: no deadline, bulkhead 0: down (after 3 attempts)",
				"150ms fallback 2: no deadline, bulkhead 0: down (after 3 attempts)",
				`150ms returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		{name: "failure of all fallbacks", source: "own: joined with the original", method: ends(down), fallbacks: ends(down, down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				"150ms fallback 1: no deadline, bulkhead 0: down (after 3 attempts)",
				"150ms fallback 2: no deadline, bulkhead 0: down (after 3 attempts)",
				`150ms returned "value", down (after 3 attempts); fallback 1: down; fallback 2: down`,
			}, left: "closed: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		{name: "failure that is ignored", source: "MP retry: abortOn; R4J: ignoreExceptions", method: ends(notFound),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				`0s returned "value", status 404`,
			}, left: "closed: success 0, failure 0, ignored 1, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "failure that is ignored, after another", source: "MP retry", method: ends(down, notFound),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				`50ms returned "value", status 404 (after 2 attempts)`,
			}, left: "closed: success 0, failure 1, ignored 1, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "failure of a probe", source: "MP retry: with a retry the open breaker answers the next attempt", before: seq(opened, afterwards), method: ends(down),
			want: []string{
				"0s breaker half-open",
				"0s method: deadline 1s, bulkhead 1",
				"0s breaker open",
				"0s rejected open after down",
				"0s fallback 1: no deadline, bulkhead 0: circuit breaker is open, retry after 30s, last failure: down",
				`0s returned "fallback", <nil>`,
			}, left: "open: success 0, failure 1, ignored 0, rejected 1+0, retries 0, running 0, in flight 0"},
		{name: "failure that opens", source: "MP retry: each attempt is one event for the breaker", policy: func(p *cb.Policy) { p.Threshold = 2 }, method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms breaker open",
				"50ms rejected open after down",
				"50ms fallback 1: no deadline, bulkhead 0: circuit breaker is open, retry after 30s, last failure: down",
				`50ms returned "fallback", <nil>`,
			}, left: "open: success 0, failure 2, ignored 0, rejected 1+0, retries 1, running 0, in flight 0"},
		{name: "failure that opens, at the last attempt", source: "MP retry", policy: func(p *cb.Policy) { p.Threshold = 3 }, method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				"150ms breaker open",
				"150ms fallback 1: no deadline, bulkhead 0: down (after 3 attempts)",
				`150ms returned "fallback", <nil>`,
			}, left: "open: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		{name: "failure with the retries' budget used up", source: "Envoy, Finagle: no retry, no rejection", policy: func(p *cb.Policy) { p.Threshold = 100 },
			before: seq(spent), method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s fallback 1: no deadline, bulkhead 0: down",
				`0s returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 16, ignored 0, rejected 0+0, retries 10, running 0, in flight 0"},
		// Rejection
		{name: "rejection by the open breaker", source: "MP breaker: before deadline, bulkhead and method; not retried (MP would)", before: seq(opened), method: ends(ok),
			want: []string{
				"0s rejected open after tripped by hand",
				"0s fallback 1: no deadline, bulkhead 0: circuit breaker is open, retry after 30s, last failure: tripped by hand",
				`0s returned "fallback", <nil>`,
			}, left: "open: success 0, failure 0, ignored 0, rejected 1+0, retries 0, running 0, in flight 0"},
		{name: "rejection by the open breaker, no fallback", source: "MP breaker", before: seq(opened), method: ends(ok), fallbacks: ends(),
			want: []string{
				"0s rejected open after tripped by hand",
				`0s returned "", circuit breaker is open, retry after 30s, last failure: tripped by hand`,
			}, left: "open: success 0, failure 0, ignored 0, rejected 1+0, retries 0, running 0, in flight 0"},
		{name: "rejection by the open breaker, the bulkhead full", source: "MP bulkhead: the breaker is asked before the bulkhead",
			before: seq(occupy(time.Minute/2), opened), method: ends(ok),
			want: []string{
				"0s rejected open after tripped by hand",
				"0s fallback 1: no deadline, bulkhead 1: circuit breaker is open, retry after 30s, last failure: tripped by hand",
				`0s returned "fallback", <nil>`,
			}, left: "open: success 0, failure 0, ignored 0, rejected 1+0, retries 0, running 1, in flight 1"},
		{name: "rejection by the half-open breaker", source: "R4J: no permission while the probes are taken", before: seq(opened, afterwards, occupy(900*time.Millisecond)), method: ends(ok),
			want: []string{
				"0s rejected too-many-probes after tripped by hand",
				"0s fallback 1: no deadline, bulkhead 1: circuit breaker is half-open and its probes are taken, last failure: tripped by hand",
				`0s returned "fallback", <nil>`,
			}, left: "half-open: success 0, failure 0, ignored 0, rejected 1+0, retries 0, running 1, in flight 1"},
		{name: "rejection by the breaker, of the second attempt", source: "own: its cause the last real error",
			before: seq(later(20*time.Millisecond, func(l *layers) { l.b.ForceOpen() })), method: ends(down), fallbacks: ends(),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"20ms breaker forced-open",
				"50ms rejected open after down",
				`50ms returned "", circuit breaker is open (held by hand), last failure: down`,
			}, left: "forced-open: success 0, failure 1, ignored 0, rejected 1+0, retries 1, running 0, in flight 0"},
		{name: "rejection by the breaker, of the second attempt, falls back", source: "own", before: seq(later(20*time.Millisecond, func(l *layers) { l.b.ForceOpen() })), method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"20ms breaker forced-open",
				"50ms rejected open after down",
				"50ms fallback 1: no deadline, bulkhead 0: circuit breaker is open (held by hand), last failure: down",
				`50ms returned "fallback", <nil>`,
			}, left: "forced-open: success 0, failure 1, ignored 0, rejected 1+0, retries 1, running 0, in flight 0"},
		{name: "rejection by the bulkhead", source: "MP bulkhead: BulkheadException; own: never retried, never counted", before: seq(occupy(time.Second)), method: ends(ok),
			want: []string{
				"200ms rejected bulkhead-full",
				"200ms fallback 1: no deadline, bulkhead 1: bulkhead is full",
				`200ms returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 0, ignored 0, rejected 0+1, retries 0, running 1, in flight 1"},
		{name: "rejection by the bulkhead, no fallback", source: "own", before: seq(occupy(time.Second)), method: ends(ok), fallbacks: ends(),
			want: []string{
				"200ms rejected bulkhead-full",
				`200ms returned "", bulkhead is full`,
			}, left: "closed: success 0, failure 0, ignored 0, rejected 0+1, retries 0, running 1, in flight 1"},
		{name: "rejection by the bulkhead, no waiting", source: "R4J: maxWaitDuration 0", policy: func(p *cb.Policy) { p.Bulkhead.Wait = 0 }, before: seq(occupy(time.Second)), method: ends(ok),
			want: []string{
				"0s rejected bulkhead-full",
				"0s fallback 1: no deadline, bulkhead 1: bulkhead is full",
				`0s returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 0, ignored 0, rejected 0+1, retries 0, running 1, in flight 1"},
		{name: "rejection by the bulkhead, of a probe", source: "R4J: releases its permission", before: seq(occupy(time.Minute), opened, afterwards), method: ends(ok),
			want: []string{
				"0s breaker half-open",
				"200ms rejected bulkhead-full",
				"200ms fallback 1: no deadline, bulkhead 1: bulkhead is full",
				`200ms returned "fallback", <nil>`,
			}, left: "half-open: success 0, failure 0, ignored 0, rejected 0+1, retries 0, running 1, in flight 1"},
		{name: "rejection by the bulkhead, of the second attempt", source: "MP bulkhead: a retry leaves the bulkhead while it waits, and asks anew",
			before: seq(later(20*time.Millisecond, occupy(time.Second))), method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"250ms rejected bulkhead-full after down",
				"250ms fallback 1: no deadline, bulkhead 1: bulkhead is full, last failure: down",
				`250ms returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 1, ignored 0, rejected 0+1, retries 1, running 1, in flight 1"},
		{name: "rejection by the method", source: "own: another breaker's; ignored, not retried, falls back", method: ends(elsewhere),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s fallback 1: no deadline, bulkhead 0: inner: circuit breaker is open",
				`0s returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 0, ignored 1, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "rejection by the method, of the second attempt", source: "own", method: ends(down, elsewhere),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms fallback 1: no deadline, bulkhead 0: inner: circuit breaker is open",
				`50ms returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 1, ignored 1, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "rejection, and the fallback fails", source: "own: joined", before: seq(opened), method: ends(ok), fallbacks: ends(down),
			want: []string{
				"0s rejected open after tripped by hand",
				"0s fallback 1: no deadline, bulkhead 0: circuit breaker is open, retry after 30s, last failure: tripped by hand",
				`0s returned "", circuit breaker is open, retry after 30s, last failure: tripped by hand; fallback 1: down`,
			}, left: "open: success 0, failure 0, ignored 0, rejected 1+0, retries 0, running 0, in flight 0"},
	}
}

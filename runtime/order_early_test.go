package cb_test

import (
	"runtime"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// orderRowsThatEndEarly are those in which a deadline, a cancellation, a panic or Goexit ends something, in each layer, and those
// of a state held by hand.
func orderRowsThatEndEarly() []orderRow {
	return []orderRow{
		// Deadlines
		{name: "deadline of an attempt", source: "MP retry: the timeout starts anew with each attempt", method: ends(tillEnded),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"1s retry after attempt 1, in 50ms: context deadline exceeded",
				"1.05s method: deadline 1s, bulkhead 1",
				"2.05s retry after attempt 2, in 100ms: context deadline exceeded",
				"2.15s method: deadline 1s, bulkhead 1",
				"3.15s fallback 1: no deadline, bulkhead 0: context deadline exceeded (after 3 attempts)",
				`3.15s returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		{name: "deadline of the first attempt", source: "MP retry", method: ends(tillEnded, ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"1s retry after attempt 1, in 50ms: context deadline exceeded",
				"1.05s method: deadline 1s, bulkhead 1",
				`1.05s returned "value", <nil>`,
			}, left: "closed: success 1, failure 1, ignored 0, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "deadline that the method does not hear", source: "MP bulkhead: it holds its place until it returns", method: ends(deaf),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				`1.5s returned "value", <nil>`,
			}, left: "closed: success 1, failure 0, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "deadline in the bulkhead", source: "own: a rejection, for nothing was sent", policy: func(p *cb.Policy) { p.Bulkhead.Wait = 10 * time.Second },
			before: seq(occupy(2 * time.Second)), method: ends(ok),
			want: []string{
				"1s rejected bulkhead-full",
				"1s fallback 1: no deadline, bulkhead 1: bulkhead is full",
				`1s returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 0, ignored 0, rejected 0+1, retries 0, running 1, in flight 1"},
		{name: "deadline of the caller, in the method", source: "own: a failure, and no attempt after it", limit: 500 * time.Millisecond, method: ends(tillEnded),
			want: []string{
				"0s method: deadline 500ms, bulkhead 1",
				"500ms fallback 1: deadline 0s, bulkhead 0: context deadline exceeded",
				`500ms returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 1, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "deadline of the caller, in the bulkhead", source: "own", limit: 100 * time.Millisecond, before: seq(occupy(time.Second)), method: ends(ok),
			want: []string{
				"100ms rejected bulkhead-full",
				"100ms fallback 1: deadline 0s, bulkhead 1: bulkhead is full",
				`100ms returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 0, ignored 0, rejected 0+1, retries 0, running 1, in flight 1"},
		{name: "deadline of the caller, in the wait of a retry", source: "MP retry: maxDuration; own: not waited for", limit: 120 * time.Millisecond, method: ends(down),
			want: []string{
				"0s method: deadline 120ms, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 70ms, bulkhead 1",
				"50ms fallback 1: deadline 70ms, bulkhead 0: down (after 2 attempts)",
				`50ms returned "fallback", <nil>`,
			}, left: "closed: success 0, failure 2, ignored 0, rejected 0+0, retries 1, running 0, in flight 0"},
		// Cancellation
		{name: "cancellation before the call", source: "own: the method is asked, and nothing counts", before: seq(gone), method: ends(tillEnded),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				`0s returned "value", context canceled`,
			}, left: "closed: success 0, failure 0, ignored 1, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "cancellation before the call, breaker open", source: "own", before: seq(opened, gone), method: ends(ok),
			want: []string{
				"0s rejected open after tripped by hand",
				"0s fallback 1: no deadline, bulkhead 0: circuit breaker is open, retry after 30s, last failure: tripped by hand",
				`0s returned "fallback", <nil>`,
			}, left: "open: success 0, failure 0, ignored 0, rejected 1+0, retries 0, running 0, in flight 0"},
		{name: "cancellation in the bulkhead", source: "MP bulkhead: interrupted while it waits", before: seq(occupy(time.Second), goes(100*time.Millisecond)), method: ends(ok),
			want: []string{
				`100ms returned "", context canceled`,
			}, left: "closed: success 0, failure 0, ignored 1, rejected 0+0, retries 0, running 1, in flight 1"},
		{name: "cancellation in the bulkhead, of a probe", source: "R4J: releases its permission", policy: func(p *cb.Policy) { p.Bulkhead.Wait = 20 * time.Second; p.Deadline = 0 },
			before: seq(occupy(40*time.Second), opened, afterwards, goes(100*time.Millisecond)), method: ends(ok),
			want: []string{
				"0s breaker half-open",
				`100ms returned "", context canceled`,
			}, left: "half-open: success 0, failure 0, ignored 1, rejected 0+0, retries 0, running 1, in flight 1"},
		{name: "cancellation in the method", source: "own: ignored, no retry, no fallback", before: seq(goes(100 * time.Millisecond)), method: ends(tillEnded),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				`100ms returned "value", context canceled`,
			}, left: "closed: success 0, failure 0, ignored 1, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "cancellation in the method, of the second attempt", source: "own", before: seq(goes(100 * time.Millisecond)), method: ends(down, tillEnded),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				`100ms returned "value", context canceled (after 2 attempts)`,
			}, left: "closed: success 0, failure 1, ignored 1, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "cancellation in the method, of a probe", source: "own: its place is free again", before: seq(opened, afterwards, goes(100*time.Millisecond)), method: ends(tillEnded),
			want: []string{
				"0s breaker half-open",
				"0s method: deadline 1s, bulkhead 1",
				`100ms returned "value", context canceled`,
			}, left: "half-open: success 0, failure 0, ignored 1, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "cancellation in the wait of a retry", source: "MP retry: interrupted", before: seq(goes(20 * time.Millisecond)), method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				`20ms returned "value", down`,
			}, left: "closed: success 0, failure 1, ignored 0, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "cancellation in the fallback", source: "own: the caller's context, as it is", before: seq(opened, goes(100*time.Millisecond)), method: ends(ok), fallbacks: ends(tillEnded),
			want: []string{
				"0s rejected open after tripped by hand",
				"0s fallback 1: no deadline, bulkhead 0: circuit breaker is open, retry after 30s, last failure: tripped by hand",
				`100ms returned "", circuit breaker is open, retry after 30s, last failure: tripped by hand; fallback 1: context canceled`,
			}, left: "open: success 0, failure 0, ignored 0, rejected 1+0, retries 0, running 0, in flight 0"},
		// Panics
		{name: "panic of the method", source: "own: a failure, goes on, past retry and fallback", method: ends(panics),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s panicked: boom",
			}, left: "closed: success 0, failure 1, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "panic of the method, of the second attempt", source: "own", method: ends(down, panics),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms panicked: boom",
			}, left: "closed: success 0, failure 2, ignored 0, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "panic of the method, of a probe", source: "own: it opens", before: seq(opened, afterwards), method: ends(panics),
			want: []string{
				"0s breaker half-open",
				"0s method: deadline 1s, bulkhead 1",
				"0s breaker open",
				"0s panicked: boom",
			}, left: "open: success 0, failure 1, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "panic of the breaker's classification", source: "own: a failure, goes on, leaves nothing taken",
			policy: func(p *cb.Policy) {
				p.Failure.Codes, p.Failure.CodeOf = "5xx", append(p.Failure.CodeOf, func(error) (int, bool) { panic("bad reader") })
			}, method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s panicked: bad reader",
			}, left: "closed: success 0, failure 1, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "panic of an observer of the retry", source: "own: goes no further", before: seq(func(l *layers) { l.onRetry = func() { panic("observer") } }), method: ends(down, ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				`50ms returned "value", <nil>`,
			}, left: "closed: success 1, failure 1, ignored 0, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "panic of an observer of the rejection", source: "own: goes no further", before: seq(opened, func(l *layers) { l.onReject = func() { panic("observer") } }), method: ends(ok),
			want: []string{
				"0s rejected open after tripped by hand",
				"0s fallback 1: no deadline, bulkhead 0: circuit breaker is open, retry after 30s, last failure: tripped by hand",
				`0s returned "fallback", <nil>`,
			}, left: "open: success 0, failure 0, ignored 0, rejected 1+0, retries 0, running 0, in flight 0"},
		{name: "panic of the fallback", source: "own: goes on", method: ends(down), fallbacks: ends(panics, ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				"150ms fallback 1: no deadline, bulkhead 0: down (after 3 attempts)",
				"150ms panicked: boom",
			}, left: "closed: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		// Goexit
		{name: "Goexit in the method", source: "own: like a panic", method: ends(exits),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s ended the goroutine",
			}, left: "closed: success 0, failure 1, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "Goexit in the method, of the second attempt", source: "own", method: ends(down, exits),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms ended the goroutine",
			}, left: "closed: success 0, failure 2, ignored 0, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "Goexit in the method, of a probe", source: "own: it opens", before: seq(opened, afterwards), method: ends(exits),
			want: []string{
				"0s breaker half-open",
				"0s method: deadline 1s, bulkhead 1",
				"0s breaker open",
				"0s ended the goroutine",
			}, left: "open: success 0, failure 1, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
		{name: "Goexit in an observer of the retry", source: "own: no attempt is left", before: seq(func(l *layers) { l.onRetry = runtime.Goexit }), method: ends(down, ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"0s ended the goroutine",
			}, left: "closed: success 0, failure 1, ignored 0, rejected 0+0, retries 1, running 0, in flight 0"},
		{name: "Goexit in an observer of the bulkhead's rejection", source: "own", before: seq(occupy(time.Second), func(l *layers) { l.onReject = runtime.Goexit }), method: ends(ok),
			want: []string{
				"200ms rejected bulkhead-full",
				"200ms ended the goroutine",
			}, left: "closed: success 0, failure 0, ignored 0, rejected 0+1, retries 0, running 1, in flight 1"},
		{name: "Goexit in the fallback", source: "own", method: ends(down), fallbacks: ends(exits, ok),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				"150ms fallback 1: no deadline, bulkhead 0: down (after 3 attempts)",
				"150ms ended the goroutine",
			}, left: "closed: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		// States held by hand
		{name: "held closed", source: "R4J METRICS_ONLY; own: all other layers hold", policy: func(p *cb.Policy) { p.Threshold = 1 }, before: seq(func(l *layers) { l.b.ForceClose() }), method: ends(down),
			want: []string{
				"0s method: deadline 1s, bulkhead 1",
				"0s retry after attempt 1, in 50ms: down",
				"50ms method: deadline 1s, bulkhead 1",
				"50ms retry after attempt 2, in 100ms: down",
				"150ms method: deadline 1s, bulkhead 1",
				"150ms fallback 1: no deadline, bulkhead 0: down (after 3 attempts)",
				`150ms returned "fallback", <nil>`,
			}, left: "forced-closed: success 0, failure 3, ignored 0, rejected 0+0, retries 2, running 0, in flight 0"},
		{name: "disabled", source: "R4J DISABLED; own: no layer is left", before: seq(func(l *layers) { l.b.Disable() }), method: ends(down),
			want: []string{
				"0s method: no deadline, bulkhead 0",
				`0s returned "value", down`,
			}, left: "disabled: success 0, failure 1, ignored 0, rejected 0+0, retries 0, running 0, in flight 0"},
	}
}

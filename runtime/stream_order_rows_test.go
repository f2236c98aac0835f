package cb_test

import (
	"context"
	"io"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

type streamRow struct {
	name      string
	policy    func(*cb.Policy)
	before    func(*cb.Breaker)
	limit     time.Duration // of the caller's context
	opening   []opening
	fallbacks []opening
	reader    func(*streamed, words) // nil: readsAll
	want      string
	left      string // state, successes/failures/ignored
}

func of(openings ...opening) []opening { return openings }

// calls is a step that calls one of the ends of a method.
func calls(end func(context.Context) error) step {
	return step{do: func() { _ = end(context.Background()) }}
}

func withRetries(p *cb.Policy) { p.Retry = cb.Retry{Max: 2, Backoff: 100 * time.Millisecond} }

// streamEndRows are ends that the source tells of.
func streamEndRows() []streamRow {
	return []streamRow{
		{
			name: "well", opening: of(source(word("a"), wordIn(time.Second, "b"))),
			want: "0s open, 0s a, 1s b, 1s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "well, empty", opening: of(source()),
			want: "0s open, 0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "fails after an item", opening: of(source(word("a"), fails(errDown))), fallbacks: of(source(word("f"))), policy: withRetries,
			want: "0s open, 0s a, 0s down, 0s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "fails before an item", opening: of(source(fails(errDown))),
			want: "0s open, 0s down, 0s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "fails before an item, a fallback", opening: of(source(fails(errDown))), fallbacks: of(source(word("f"), fails(io.ErrUnexpectedEOF))),
			want: "0s open, 0s fallback for down, 0s f, 0s unexpected EOF, 0s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "fails before an item, the fallbacks too", opening: of(source(fails(errDown))), fallbacks: of(breaks(io.EOF), breaks(io.ErrClosedPipe)),
			want: "0s open, 0s fallback for down, 0s fallback for down, " +
				"0s down; fallback 1: EOF; fallback 2: io: read/write on closed pipe, 0s end",
			left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "fails before an item, a retry", opening: of(source(fails(errDown)), source(word("a"))), policy: withRetries,
			want: "0s open, 50ms open, 50ms a, 50ms end", left: "closed 1/1/0, retries 1, running 0, in flight 0",
		},
		{
			name: "fails before an item, every time", opening: of(source(fails(errDown))), policy: withRetries,
			want: "0s open, 50ms open, 150ms open, 150ms down (after 3 attempts), 150ms end", left: "closed 0/3/0, retries 2, running 0, in flight 0",
		},
		{
			name: "fails before an item, every time, a fallback", opening: of(source(fails(errDown))), policy: withRetries,
			fallbacks: of(source(word("f"))),
			want:      "0s open, 50ms open, 150ms open, 150ms fallback for down (after 3 attempts), 150ms f, 150ms end",
			left:      "closed 0/3/0, retries 2, running 0, in flight 0",
		},
		{
			name: "a retry fails after an item", opening: of(source(fails(errDown)), source(word("a"), fails(errDown))), policy: withRetries,
			want: "0s open, 50ms open, 50ms a, 50ms down, 50ms end", left: "closed 0/2/0, retries 1, running 0, in flight 0",
		},
		{
			name: "openings and streams share their retries", opening: of(breaks(errDown), source(fails(errDown))), policy: withRetries,
			want: "0s open, 50ms open, 150ms open, 150ms down (after 3 attempts), 150ms end", left: "closed 0/3/0, retries 2, running 0, in flight 0",
		},
		{
			name: "the breaker opens before a retry", opening: of(source(fails(errDown))), fallbacks: of(source(word("f"))),
			policy: func(p *cb.Policy) { withRetries(p); p.Threshold = 2 },
			want: "0s open, 50ms open, " +
				"50ms fallback for circuit breaker is open, retry after 30s, last failure: down, 50ms f, 50ms end",
			left: "open 0/2/0, retries 1, running 0, in flight 0",
		},
		{
			name: "ignored before an item", opening: of(source(fails(statusError(404)))), fallbacks: of(source(word("f"))), policy: withRetries,
			want: "0s open, 0s status 404, 0s end", left: "closed 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "ignored after an item", opening: of(source(word("a"), fails(statusError(404)))),
			want: "0s open, 0s a, 0s status 404, 0s end", left: "closed 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "an answer", opening: of(source(word("a"), fails(io.EOF))),
			want: "0s open, 0s a, 0s EOF, 0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "another breaker rejects before an item", opening: of(source(fails(elsewhere(context.Background())))), fallbacks: of(source(word("f"))), policy: withRetries,
			want: "0s open, 0s fallback for inner: circuit breaker is open, 0s f, 0s end", left: "closed 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "an error, and it goes on", opening: of(source(word("a"), fails(errDown), word("b"), fails(statusError(404)), wordIn(time.Second, "c"))),
			want: "0s open, 0s a, 0s down, 0s b, 0s status 404, 1s c, 1s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "an error at first, and it goes on", opening: of(source(fails(errDown), wordIn(time.Second, "b"))),
			want: "0s open, 0s down, 1s b, 1s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the source panics before an item", opening: of(source(calls(panics))), fallbacks: of(source(word("f"))), policy: withRetries,
			want: "0s open, 0s panic boom", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the source panics after an item", opening: of(source(word("a"), calls(panics))),
			want: "0s open, 0s a, 0s panic boom", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the source ends the goroutine", opening: of(source(word("a"), calls(exits))),
			want: "0s open, 0s a, 0s goexit", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "a retry panics", opening: of(source(fails(errDown)), func(context.Context) (words, error) { panic("boom") }), policy: withRetries,
			want: "0s open, 50ms open, 50ms panic boom", left: "closed 0/2/0, retries 1, running 0, in flight 0",
		},
		{
			name: "the opening fails", opening: of(breaks(errDown)),
			want: "0s open, 0s returned down", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the opening fails, a retry", opening: of(breaks(errDown), source(word("a"))), policy: withRetries,
			want: "0s open, 50ms open, 50ms a, 50ms end", left: "closed 1/1/0, retries 1, running 0, in flight 0",
		},
		{
			name: "the opening fails, a fallback", opening: of(breaks(errDown)), fallbacks: of(source(word("f"))),
			want: "0s open, 0s fallback for down, 0s f, 0s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the opening panics", opening: of(func(context.Context) (words, error) { panic("boom") }), fallbacks: of(source(word("f"))),
			want: "0s open, 0s panic boom", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "rejected", before: (*cb.Breaker).Trip, opening: of(source(word("a"))),
			want: "0s returned circuit breaker is open, retry after 30s, last failure: tripped by hand",
			left: "open 0/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "rejected, a fallback", before: (*cb.Breaker).Trip, opening: of(source(word("a"))), fallbacks: of(source(word("f"))),
			want: "0s fallback for circuit breaker is open, retry after 30s, last failure: tripped by hand, 0s f, 0s end",
			left: "open 0/0/0, retries 0, running 0, in flight 0",
		},
	}
}

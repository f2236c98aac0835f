package cb_test

import (
	"context"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// deafSource is a deaf source: it looks at no context.
func deafSource(d time.Duration, word string) opening {
	return func(context.Context) (words, error) {
		return func(yield func(string, error) bool) {
			time.Sleep(d)
			yield(word, nil)
		}, nil
	}
}

// streamReaderRows are ends that come from the reader.
func streamReaderRows() []streamRow {
	endless := source(word("a"), word("b"), wordIn(time.Hour, "c"))
	return []streamRow{
		{
			name: "the reader leaves after an item", opening: of(endless), reader: leavesAfter(1),
			want: "0s open, 0s a, 0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the reader panics", opening: of(endless), reader: doesAfter(2, panics), fallbacks: of(source(word("f"))),
			want: "0s open, 0s a, 0s b, 0s panic boom", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the reader ends the goroutine", opening: of(endless), reader: doesAfter(1, exits),
			want: "0s open, 0s a, 0s goexit", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the caller goes between items", opening: of(endless), reader: cancelsAfter(2), fallbacks: of(source(word("f"))),
			want: "0s open, 0s a, 0s b, 0s context canceled, 0s end", left: "closed 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "the caller goes while the reader waits", opening: of(source(wordIn(time.Hour, "a"))), fallbacks: of(source(word("f"))), policy: withRetries,
			reader: func(s *streamed, seq words) { time.AfterFunc(time.Second, s.cancel); readsAll(s, seq) },
			want:   "0s open, 1s context canceled, 1s end", left: "closed 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "the caller goes before a retry", opening: of(source(fails(errDown))), fallbacks: of(source(word("f"))), policy: withRetries,
			reader: func(s *streamed, seq words) { time.AfterFunc(time.Millisecond, s.cancel); readsAll(s, seq) },
			want:   "0s open, 1ms down, 1ms end", left: "closed 0/1/0, retries 1, running 0, in flight 0",
		},
		{
			name: "the caller's time is up while the reader waits", limit: time.Second, opening: of(endless),
			want: "0s open, 0s a, 0s b, 1s context deadline exceeded, 1s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the caller's time is up between items", limit: time.Second, opening: of(endless), reader: waitsAfter(1, time.Minute),
			want: "0s open, 0s a, 1m0s b, 1m0s context deadline exceeded, 1m0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "never read, the caller's time is up", limit: time.Second, opening: of(endless), reader: neverReads(time.Second),
			want: "0s open, 1s end", left: "closed 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "never read, the deadline passes", opening: of(endless), reader: neverReads(time.Second),
			policy: func(p *cb.Policy) { p.Deadline = time.Second },
			want:   "0s open, 1s end", left: "closed 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "never read, and still open", opening: of(endless), reader: neverReads(time.Second),
			want: "0s open, 1s end", left: "closed 0/0/0, retries 0, running 1, in flight 1",
		},
	}
}

// streamLimitRows are ends that a policy makes.
func streamLimitRows() []streamRow {
	first := func(p *cb.Policy) { p.Stream.First = time.Second }
	idle := func(p *cb.Policy) { p.Stream.Idle = time.Second }
	slow := func(p *cb.Policy) { p.Slow = time.Second }
	return []streamRow{
		{
			name: "first passes", opening: of(source(wordIn(time.Hour, "a"))), policy: first,
			want: "0s open, 1s stream has not brought its first item within 1s, 1s end",
			left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "first passes, a fallback", opening: of(source(wordIn(time.Hour, "a"))), policy: first, fallbacks: of(source(wordIn(time.Hour, "f"))),
			want: "0s open, 1s fallback for stream has not brought its first item within 1s, 1h0m1s f, 1h0m1s end",
			left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "first passes, a retry has all its time", opening: of(source(wordIn(time.Hour, "a")), source(wordIn(900*time.Millisecond, "b"))),
			policy: func(p *cb.Policy) { first(p); withRetries(p) },
			want:   "0s open, 1.05s open, 1.95s b, 1.95s end",
			left:   "closed 1/1/0, retries 1, running 0, in flight 0",
		},
		{
			name: "first passes while it opens", opening: of(opensIn(time.Hour, source(word("a")))), policy: first,
			want: "0s open, 1s returned stream has not brought its first item within 1s",
			left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "first passes while it opens and does not look", policy: first, fallbacks: of(source(word("f"))),
			opening: of(func(context.Context) (words, error) {
				time.Sleep(time.Minute)
				return source(word("a"))(context.Background())
			}),
			want: "0s open, 1m0s fallback for stream has not brought its first item within 1s, 1m0s f, 1m0s end",
			left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "first counts the opening", opening: of(opensIn(600*time.Millisecond, source(wordIn(600*time.Millisecond, "a")))), policy: first,
			want: "0s open, 1s stream has not brought its first item within 1s, 1s end",
			left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "first does not count the reader's time", opening: of(source(wordIn(600*time.Millisecond, "a"))), policy: first, reader: readsLate(time.Hour),
			want: "0s open, 1h0m0.6s a, 1h0m0.6s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "first passes, and it does not look", opening: of(deafSource(time.Minute, "a")), policy: first,
			want: "0s open, 1m0s a, 1m0s stream has not brought its first item within 1s, 1m0s end",
			left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "idle passes", opening: of(source(wordIn(time.Minute, "a"), wordIn(time.Hour, "b"))), policy: idle, fallbacks: of(source(word("f"))),
			want: "0s open, 1m0s a, 1m1s stream has not brought another item within 1s, 1m1s end",
			left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "idle is for each item", policy: idle,
			opening: of(source(word("a"), wordIn(900*time.Millisecond, "b"), wordIn(900*time.Millisecond, "c"))),
			want:    "0s open, 0s a, 900ms b, 1.8s c, 1.8s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "idle does not count the reader's time", opening: of(source(word("a"), word("b"))), policy: idle, reader: waitsAfter(1, time.Hour),
			want: "0s open, 0s a, 1h0m0s b, 1h0m0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "the deadline limits all of it", policy: func(p *cb.Policy) { p.Deadline = time.Second },
			opening: of(source(wordIn(600*time.Millisecond, "a"), wordIn(600*time.Millisecond, "b"))),
			want:    "0s open, 600ms a, 1s context deadline exceeded, 1s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "slow to the first item", policy: slow, opening: of(source(wordIn(time.Second, "a"), word("b"))),
			want: "0s open, 1s a, 1s b, 1s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "slow counts the opening", policy: slow, opening: of(opensIn(600*time.Millisecond, source(wordIn(600*time.Millisecond, "a")))),
			want: "0s open, 1.2s a, 1.2s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "slow to open", policy: slow, opening: of(opensIn(2*time.Second, source(word("a")))),
			want: "0s open, 2s a, 2s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "long, but not slow", policy: slow, opening: of(source(word("a"), wordIn(time.Hour, "b"))),
			want: "0s open, 0s a, 1h0m0s b, 1h0m0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "slow does not count the reader's time", policy: slow, opening: of(source(wordIn(600*time.Millisecond, "a"))), reader: readsLate(time.Hour),
			want: "0s open, 1h0m0.6s a, 1h0m0.6s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "not read, not slow", policy: slow, limit: time.Minute, opening: of(source(word("a"))), reader: neverReads(time.Hour),
			want: "0s open, 1h0m0s end", left: "closed 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "fails after an item, with slow", policy: slow, opening: of(source(word("a"), fails(errDown))),
			want: "0s open, 0s a, 0s down, 0s end", left: "closed 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "disabled", before: (*cb.Breaker).Disable, opening: of(source(wordIn(time.Hour, "a"), fails(errDown))), fallbacks: of(source(word("f"))),
			policy: func(p *cb.Policy) { first(p); withRetries(p) },
			want:   "0s open, 1h0m0s a, 1h0m0s down, 1h0m0s end", left: "disabled 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "disabled, fails at first", before: (*cb.Breaker).Disable, opening: of(source(fails(errDown))), fallbacks: of(source(word("f"))), policy: withRetries,
			want: "0s open, 0s down, 0s end", left: "disabled 0/1/0, retries 0, running 0, in flight 0",
		},
	}
}

// streamProbeRows are streams that probe a half-open breaker.
func streamProbeRows() []streamRow {
	half := func(b *cb.Breaker) { b.Trip(); afterTimeout() }
	return []streamRow{
		{
			name: "a probe ends well", before: half, opening: of(source(word("a"))),
			want: "0s open, 0s a, 0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "a probe fails after an item", before: half, opening: of(source(word("a"), fails(errDown))),
			want: "0s open, 0s a, 0s down, 0s end", left: "open 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "a probe's reader leaves after an item", before: half, opening: of(source(word("a"), word("b"))), reader: leavesAfter(1),
			want: "0s open, 0s a, 0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
		{
			name: "a probe is not read", before: half, limit: time.Second, opening: of(source(word("a"))), reader: neverReads(time.Second),
			want: "0s open, 1s end", left: "half-open 0/0/1, retries 0, running 0, in flight 0",
		},
		{
			name: "a probe passes a limit", before: half, opening: of(source(wordIn(time.Hour, "a"))),
			policy: func(p *cb.Policy) { p.Stream.First = time.Second },
			want:   "0s open, 1s stream has not brought its first item within 1s, 1s end",
			left:   "open 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "a probe is slow", before: half, opening: of(source(wordIn(2*time.Second, "a"))),
			policy: func(p *cb.Policy) { p.Slow = time.Second },
			want:   "0s open, 2s a, 2s end", left: "open 0/1/0, retries 0, running 0, in flight 0",
		},
		{
			name: "a probe is long, but not slow", before: half, opening: of(source(word("a"), wordIn(time.Hour, "b"))),
			policy: func(p *cb.Policy) { p.Slow = time.Second },
			want:   "0s open, 0s a, 1h0m0s b, 1h0m0s end", left: "closed 1/0/0, retries 0, running 0, in flight 0",
		},
	}
}

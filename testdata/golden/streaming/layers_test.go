package streaming

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// TestFallsBackBeforeTheFirstItem asks the fallbacks of a stream that fails when it opens, before its first item, or too late for it.
func TestFallsBackBeforeTheFirstItem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script script
		cause  error
		after  time.Duration
	}{
		"opening": {script{opening: errDown}, errDown, 0},
		"reading": {script{end: errDown}, errDown, time.Second},
		"hanging": {script{hangs: true}, context.DeadlineExceeded, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u, old, start := plays(test.script), &archive{items: []string{"old", "older"}}, time.Now()
				b := NewFeedBreaker(u, old, plays(script{items: []string{"standby"}}))
				ctx, provenance := cb.WithProvenance(t.Context())
				rows, err := b.Rows(ctx, "users")
				require.NoError(t, err)
				items, err := readSeq(rows, -1)
				require.NoError(t, err)
				assert.Equal(t, []string{"old", "older"}, items)
				require.ErrorIs(t, old.cause, test.cause)
				assert.Equal(t, test.after, time.Since(start))
				assert.Equal(t, "Archived", provenance.Served().By)
				assert.Equal(t, cb.Counts{Failure: 1}, b.rows.Snapshot().Counts)

				old.items = nil
				rows, err = b.Rows(t.Context(), "users")
				require.NoError(t, err)
				items, err = readSeq(rows, -1)
				require.NoError(t, err)
				assert.Equal(t, []string{"standby"}, items)

				b.standby = nil
				b.rows.Reset()
				_, err = shapes()["Rows"].read(t.Context(), b, -1)
				require.ErrorIs(t, err, test.cause)
				require.ErrorContains(t, err, "no archive of users")
			})
		})
	}
}

// TestRetriesBeforeTheFirstItem makes the call again, closes the stream that it replaces, and asks the standby at last.
func TestRetriesBeforeTheFirstItem(t *testing.T) {
	t.Parallel()
	tail := shapes()["Tail"].read
	synctest.Test(t, func(t *testing.T) {
		u := plays(script{end: errDown}, script{items: []string{"a", "b"}})
		b := NewFeedBreaker(u, &archive{}, nil)
		items, err := tail(t.Context(), b, -1)
		require.NoError(t, err)
		assert.Equal(t, []string{"a", "b"}, items)
		assert.Equal(t, cb.Counts{Success: 1, Failure: 1}, b.tail.Snapshot().Counts)
		assert.EqualValues(t, 1, b.tail.Snapshot().Retries)
		assert.Equal(t, 2, u.closed)

		u = plays(script{opening: errDown}, script{end: errDown})
		b = NewFeedBreaker(u, &archive{}, plays(script{items: []string{"standby"}}))
		items, err = tail(t.Context(), b, -1)
		require.NoError(t, err)
		assert.Equal(t, []string{"standby"}, items)
		assert.Equal(t, cb.Counts{Failure: 2}, b.tail.Snapshot().Counts)

		u = plays(script{items: []string{"a"}, end: errDown})
		b = NewFeedBreaker(u, &archive{}, plays(script{items: []string{"standby"}}))
		items, err = tail(t.Context(), b, -1)
		require.ErrorIs(t, err, errDown)
		assert.Equal(t, []string{"a"}, items, "what was read is never read again")
		assert.Equal(t, 1, u.calls)
	})
}

func TestSequenceIsCalledPerRange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := plays(script{items: []string{"a"}})
		b := NewFeedBreaker(u, &archive{}, nil)
		lines := b.Lines(t.Context(), "a.log")
		assert.Zero(t, u.calls)
		for n := range 2 {
			items, err := readSeq(lines, -1)
			require.NoError(t, err)
			assert.Equal(t, []string{"a"}, items)
			assert.Equal(t, n+1, u.calls)
		}
	})
}

// TestClosedBeforeAnItem counts as nothing, but of a response there was the status to have.
func TestClosedBeforeAnItem(t *testing.T) {
	t.Parallel()
	for name, counts := range map[string]cb.Counts{"Open": {Ignored: 1}, "Fetch": {Success: 1}, "Tail": {Ignored: 1}, "Chat": {Ignored: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u, s := plays(script{items: []string{"a"}}), shapes()[name]
				b := NewFeedBreaker(u, &archive{}, nil)
				items, err := s.read(t.Context(), b, 0)
				require.NoError(t, err)
				assert.Empty(t, items)
				assert.Equal(t, counts, s.breaker(b).Snapshot().Counts)
				assert.Equal(t, 1, u.closed)
			})
		})
	}
}

func TestBulkheadIsLeftAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewFeedBreaker(plays(script{items: []string{"a"}}), &archive{}, nil)
		r, err := b.Open(t.Context(), "file")
		require.NoError(t, err)
		_, err = b.Open(t.Context(), "file")
		require.ErrorIs(t, err, cb.ErrBulkheadFull)
		_, err = readBody(r, -1)
		require.NoError(t, err)

		ctx, cancel := context.WithCancel(t.Context())
		unread, err := b.Open(ctx, "never read")
		require.NoError(t, err)
		cancel()
		synctest.Wait()
		runtime.KeepAlive(unread) // the garbage collector is outside the bubble
		_, err = shapes()["Open"].read(t.Context(), b, -1)
		require.NoError(t, err, "its context has ended")
		assert.Equal(t, cb.Counts{Success: 2, Ignored: 1}, b.open.Snapshot().Counts)
	})
}

func TestResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := plays(script{items: []string{"a"}, end: errDown})
		b := NewFeedBreaker(u, &archive{}, nil)
		resp, err := b.Fetch(t.Context(), "http://x/busy")
		require.NoError(t, err)
		assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
		assert.Equal(t, cb.Counts{Failure: 1}, b.fetch.Snapshot().Counts, "it counts when it opens")
		_, err = readBody(resp.Body, -1)
		require.ErrorIs(t, err, errDown)
		assert.Equal(t, cb.Counts{Failure: 1}, b.fetch.Snapshot().Counts, "and once")

		for range 2 {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/", nil)
			require.NoError(t, err)
			resp, err := b.Send(req)
			require.NoError(t, err)
			items, err := readBody(resp.Body, -1)
			require.ErrorIs(t, err, errDown)
			assert.Equal(t, []string{"a"}, items)
		}
		body := &closes{}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/", body)
		require.NoError(t, err)
		_, err = b.Send(req)
		require.ErrorIs(t, err, cb.ErrOpen)
		assert.Equal(t, 1, body.closed, "of a request that was not sent")
	})
}

type closes struct{ closed int }

func (*closes) Read([]byte) (int, error) { return 0, io.EOF }
func (c *closes) Close() error           { c.closed++; return nil }

func TestChannels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := plays(script{opening: errDown}, script{items: []string{"a"}, end: errDown})
		b := NewFeedBreaker(u, &archive{}, nil)
		events, err := b.Events(t.Context())
		require.NoError(t, err, "it was retried")
		var got []Event
		for event := range events {
			got = append(got, event)
		}
		assert.Equal(t, []Event{{Text: "a"}, {failure: errDown}}, got)
		synctest.Wait()
		assert.Equal(t, cb.Counts{Failure: 2}, b.events.Snapshot().Counts, "its last item says how it ended")

		u = plays(script{items: []string{"a", "b"}})
		b = NewFeedBreaker(u, &archive{}, nil)
		read := func(ctx context.Context) (ticks []int) {
			for tick := range b.Ticks(ctx) {
				ticks = append(ticks, tick)
			}
			return ticks
		}
		assert.Equal(t, []int{0, 1}, read(t.Context()))
		b.ticks.Trip()
		assert.Equal(t, []int{-1}, read(t.Context()), "the fallback's")
		b.ticks.Reset()

		held := b.Ticks(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		assert.Empty(t, read(ctx), "its caller leaves while it waits for its place, which no fallback answers for")
		assert.Zero(t, <-held)
		assert.Equal(t, 1, <-held)
	})
}

// TestDeadlineIsOfTheWholeStream reads an item a second, far within the limits of the stream.
func TestDeadlineIsOfTheWholeStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, start := NewFeedBreaker(plays(script{items: slices.Repeat([]string{"a"}, 100)}), &archive{}, nil), time.Now()
		r, err := b.Chat(t.Context(), "room")
		require.NoError(t, err)
		time.Sleep(time.Second / 2) // so that the deadline passes between two items: of one at that very moment either may come first
		items, err := readReceiver(r, -1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Len(t, items, 59)
		assert.Equal(t, time.Minute+time.Second/2, time.Since(start), "the upstream looks at its context once a second")
		assert.Equal(t, cb.Counts{Failure: 1}, b.chat.For("room").Snapshot().Counts)
		assert.Zero(t, b.chat.For("other room").Snapshot().Counts)
	})
}

func TestPanicInAStream(t *testing.T) {
	t.Parallel()
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := NewFeedBreaker(plays(script{items: []string{"a"}, panics: true}), &archive{}, nil)
				assert.PanicsWithValue(t, "out of order", func() { _, _ = s.read(t.Context(), b, -1) })
				assert.Equal(t, cb.Counts{Failure: 1}, s.breaker(b).Snapshot().Counts)
				assert.Zero(t, s.breaker(b).Snapshot().InFlight)
			})
		})
	}
}

// TestTheRestIsDelegated calls what neither carries a stream on nor ends it.
func TestTheRestIsDelegated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewFeedBreaker(plays(script{items: []string{"a", "b", "c"}}), &archive{}, nil)
		c, err := b.Tail(t.Context(), "topic")
		require.NoError(t, err)
		require.True(t, c.Next())
		require.NoError(t, c.Jump(0, 1))
		require.True(t, c.Next())
		var item string
		require.NoError(t, c.Scan(&item))
		assert.Equal(t, "c", item)
		c.ended()
		require.NoError(t, c.Err())
		require.False(t, c.Next())
		require.False(t, c.Next(), "and it stays so")
		require.ErrorIs(t, c.Close(), errDown)
		require.ErrorIs(t, c.Close(), errDown)
		assert.Equal(t, cb.Counts{Success: 1}, b.tail.Snapshot().Counts)

		r, err := b.Chat(t.Context(), "room")
		require.NoError(t, err)
		require.ErrorIs(t, r.CloseSend(), errDown)
		items, err := readReceiver(r, -1)
		require.NoError(t, err)
		assert.Len(t, items, 3, "it ends the sending only")
	})
}

// TestJudgedAtOpening has methods that //cb:stream does not hold for.
func TestJudgedAtOpening(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := NewFeedBreaker(plays(script{end: errDown}, script{opening: errDown}), &archive{}, nil)
		events, err := b.Watch(ctx)
		require.NoError(t, err)
		assert.Equal(t, cb.Counts{Success: 1}, b.watch.Snapshot().Counts)
		assert.Equal(t, Event{failure: errDown}, <-events)
		assert.Equal(t, cb.Counts{Success: 1}, b.watch.Snapshot().Counts)
		assert.Zero(t, b.watch.Snapshot().Policy.Stream)
		_, err = b.Get(ctx, "1")
		require.True(t, errors.Is(err, errDown))
		assert.Equal(t, cb.Counts{Failure: 1}, b.get.Snapshot().Counts)
	})
}

// TestLimitsAreReplaced reads a policy as an operator writes it.
func TestLimitsAreReplaced(t *testing.T) {
	t.Parallel()
	policies, err := cb.ReadPolicies(DefaultFeedPolicies(), []byte(`{"Chat": {"stream": {"idle": "2s"}}}`))
	require.NoError(t, err)
	assert.Equal(t, cb.Stream{First: 5 * time.Second, Idle: 2 * time.Second}, policies.Chat.Stream)
	synctest.Test(t, func(t *testing.T) {
		b, start := NewFeedBreaker(plays(script{items: []string{"a"}, hangs: true}), &archive{}, nil, WithFeedPolicies(policies)), time.Now()
		_, err := shapes()["Chat"].read(t.Context(), b, -1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 3*time.Second, time.Since(start), "a second for the item, and the limit")
	})
}

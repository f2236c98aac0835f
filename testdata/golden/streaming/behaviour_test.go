package streaming

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// shape is a method of Feed: how its stream is read, up to so many items (-1: to the end, else closed by its reader).
type shape struct {
	breaker func(*FeedBreaker) *cb.Breaker
	read    func(ctx context.Context, feed Feed, most int) ([]string, error)
}

func shapes() map[string]shape {
	return map[string]shape{
		"Rows": {func(b *FeedBreaker) *cb.Breaker { return b.rows }, func(ctx context.Context, feed Feed, most int) ([]string, error) {
			rows, err := feed.Rows(ctx, "users")
			if err != nil {
				return nil, err
			}
			return readSeq(rows, most)
		}},
		"Lines": {func(b *FeedBreaker) *cb.Breaker { return b.lines }, func(ctx context.Context, feed Feed, most int) ([]string, error) {
			return readSeq(feed.Lines(ctx, "a.log", "b.log"), most)
		}},
		"Open": {func(b *FeedBreaker) *cb.Breaker { return b.open }, func(ctx context.Context, feed Feed, most int) ([]string, error) {
			r, err := feed.Open(ctx, "file")
			if err != nil {
				return nil, err
			}
			return readBody(r, most)
		}},
		"Fetch": {func(b *FeedBreaker) *cb.Breaker { return b.fetch }, func(ctx context.Context, feed Feed, most int) ([]string, error) {
			resp, err := feed.Fetch(ctx, "http://x/")
			if err != nil {
				return nil, err
			}
			return readBody(resp.Body, most)
		}},
		"Tail": {func(b *FeedBreaker) *cb.Breaker { return b.tail }, func(ctx context.Context, feed Feed, most int) ([]string, error) {
			c, err := feed.Tail(ctx, "topic")
			if err != nil {
				return nil, err
			}
			return readCursor(c, most)
		}},
		"Chat": {func(b *FeedBreaker) *cb.Breaker { return b.chat.For("room") }, func(ctx context.Context, feed Feed, most int) ([]string, error) {
			r, err := feed.Chat(ctx, "room")
			if err != nil {
				return nil, err
			}
			return readReceiver(r, most)
		}},
	}
}

func readSeq(seq iter.Seq2[string, error], most int) (items []string, err error) {
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		if items = append(items, item); len(items) == most {
			break
		}
	}
	return items, nil
}

func readBody(r io.ReadCloser, most int) (items []string, err error) {
	defer func() { err = errors.Join(err, r.Close()) }()
	for p := make([]byte, 9); len(items) != most; {
		n, err := r.Read(p)
		if err == io.EOF {
			break
		}
		if err != nil {
			return items, err
		}
		items = append(items, string(p[:n]))
	}
	return items, nil
}

func readCursor(c Cursor, most int) (items []string, err error) {
	for len(items) != most && c.Next() {
		var item string
		if err := c.Scan(&item); err != nil {
			return items, err
		}
		items = append(items, item)
	}
	err = c.Err()
	if closing := c.Close(); !errors.Is(closing, errDown) {
		return items, errors.New("closing came back otherwise")
	}
	return items, err
}

func readReceiver(r Receiver[Message], most int) (items []string, err error) {
	defer r.Close()
	for len(items) != most {
		m, err := r.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			return items, err
		}
		items = append(items, m.Text)
	}
	return items, nil
}

// TestEnds reads every shape of a stream to every end: its end is the call's outcome, and nothing is read twice.
func TestEnds(t *testing.T) {
	t.Parallel()
	for name, s := range shapes() {
		for _, test := range []struct {
			name   string
			script script
			most   int
			items  []string
			err    error
			limit  string
			counts cb.Counts
		}{
			{"well", script{items: []string{"a", "b"}}, -1, []string{"a", "b"}, nil, "", cb.Counts{Success: 1}},
			{"empty", script{}, -1, nil, nil, "", cb.Counts{Success: 1}},
			{"breaks", script{items: []string{"a"}, end: errDown}, -1, []string{"a"}, errDown, "", cb.Counts{Failure: 1}},
			{"hangs", script{items: []string{"a"}, hangs: true}, -1, []string{"a"}, context.DeadlineExceeded, "idle", cb.Counts{Failure: 1}},
			{"reader leaves", script{items: []string{"a", "b"}, end: errDown}, 1, []string{"a"}, nil, "", cb.Counts{Success: 1}},
		} {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					u := plays(test.script)
					b := NewFeedBreaker(u, &archive{}, nil)
					items, err := s.read(t.Context(), b, test.most)
					assert.Equal(t, test.items, items)
					require.ErrorIs(t, err, test.err)
					var limit *cb.StreamLimitError
					if errors.As(err, &limit) {
						assert.Equal(t, test.limit, limit.Limit)
					} else {
						assert.Empty(t, test.limit)
					}
					assert.Equal(t, test.counts, s.breaker(b).Snapshot().Counts)
					assert.Zero(t, s.breaker(b).Snapshot().InFlight)
					assert.Equal(t, 1, u.calls)
					synctest.Wait()
					assert.Error(t, u.ctx.Err(), "the attempt is over")
				})
			})
		}
	}
}

// TestOpens needs two streams that break halfway: then calls are rejected.
func TestOpens(t *testing.T) {
	t.Parallel()
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := plays(script{items: []string{"a"}, end: errDown})
				b := NewFeedBreaker(u, &archive{items: []string{"old"}}, nil)
				for range 2 {
					_, err := s.read(t.Context(), b, -1)
					require.ErrorIs(t, err, errDown)
				}
				assert.Equal(t, cb.Open, s.breaker(b).State())
				items, err := s.read(t.Context(), b, -1)
				switch name {
				case "Rows":
					require.NoError(t, err)
					assert.Equal(t, []string{"old"}, items)
				case "Lines":
					require.NoError(t, err)
					require.Len(t, items, 1)
					assert.Contains(t, items[0], "as of yesterday, for streaming.Feed.Lines")
				default:
					require.ErrorIs(t, err, cb.ErrOpen)
				}
				assert.Equal(t, 2, u.calls)
			})
		})
	}
}

package cb_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

// streamed is one call whose result is read, and a trace of what its reader and its sources saw.
type streamed struct {
	b         *cb.Breaker
	ctx       context.Context
	cancel    context.CancelFunc
	opening   []opening // of the attempts, the last for good
	fallbacks []opening
	attempts  int
	start     time.Time
	seq       words // kept from the garbage collector, which is outside the bubble

	mu    sync.Mutex
	trace []string
}

func (s *streamed) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, fmt.Sprintf("%v ", time.Since(s.start))+fmt.Sprintf(format, args...))
}

func (s *streamed) seen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.trace, ", ")
}

func (s *streamed) open(ctx context.Context) (words, error) {
	s.attempts++
	s.note("open")
	return s.opening[min(s.attempts, len(s.opening))-1](ctx)
}

func (s *streamed) fallback(i int) func(context.Context, error) (words, error) {
	return func(ctx context.Context, cause error) (words, error) {
		s.note("fallback for %v", cause)
		return s.fallbacks[i](ctx)
	}
}

// run makes the call on a goroutine of its own and hands its sequence to the reader.
func (s *streamed) run(reader func(*streamed, words)) {
	var fallbacks []func(context.Context, error) (words, error)
	for i := range s.fallbacks {
		fallbacks = append(fallbacks, s.fallback(i))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		how := "goexit"
		defer func() {
			if reason := recover(); reason != nil {
				how = fmt.Sprintf("panic %v", reason)
			}
			s.note("%s", how)
		}()
		seq, err := cb.CallStream(s.ctx, s.b, cb.StreamSeq2[string], s.open, fallbacks...)
		s.seq = seq
		if err == nil {
			reader(s, seq)
			how = "end"
		} else {
			how = "returned " + err.Error()
		}
	}()
	<-done
}

// reads is a reader who does something after the n-th item, and leaves where that is what it returns.
func reads(n int, do func(*streamed) (leaves bool)) func(*streamed, words) {
	return func(s *streamed, seq words) {
		count := 0
		for w, err := range seq {
			if err != nil {
				s.note("%v", err)
				continue
			}
			s.note("%s", w)
			if count++; count == n && do(s) {
				return
			}
		}
	}
}

var readsAll = reads(0, nil)

// Readers.
func leavesAfter(n int) func(*streamed, words) {
	return reads(n, func(*streamed) bool { return true })
}

func waitsAfter(n int, d time.Duration) func(*streamed, words) {
	return reads(n, func(*streamed) bool { time.Sleep(d); return false })
}

func cancelsAfter(n int) func(*streamed, words) {
	return reads(n, func(s *streamed) bool { s.cancel(); synctest.Wait(); return false })
}

func doesAfter(n int, do func(context.Context) error) func(*streamed, words) {
	return reads(n, func(s *streamed) bool { _ = do(s.ctx); return false })
}

// readsLate reads all, but only after a while. neverReads lets as much time pass, and drops the sequence.
func readsLate(d time.Duration) func(*streamed, words) {
	return func(s *streamed, seq words) {
		time.Sleep(d)
		readsAll(s, seq)
	}
}

func neverReads(d time.Duration) func(*streamed, words) {
	return func(*streamed, words) { time.Sleep(d) }
}

// breaks is an opening that fails.
func breaks(err error) opening {
	return func(context.Context) (words, error) { return nil, err }
}

// opensIn is an opening that takes its time, or all the time it is given.
func opensIn(d time.Duration, then opening) opening {
	return func(ctx context.Context) (words, error) {
		select {
		case <-time.After(d):
			return then(ctx)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *streamed) left() string {
	n := s.b.Snapshot()
	return fmt.Sprintf("%v %d/%d/%d, retries %d, running %d, in flight %d", n.State,
		n.Counts.Success, n.Counts.Failure, n.Counts.Ignored, n.Retries, n.Bulkhead.Running, n.InFlight)
}

// TestStreamOrder proves how streams end: what their readers see, and what the breaker counts.
func TestStreamOrder(t *testing.T) {
	t.Parallel()
	rows := slices.Concat(streamEndRows(), streamReaderRows(), streamLimitRows(), streamProbeRows())
	assert.GreaterOrEqual(t, len(rows), 30)
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := cb.Policy{Threshold: 5, Ignore: cb.Match{Codes: "404"}, Bulkhead: cb.Bulkhead{Max: 1}}
				if tt.policy != nil {
					tt.policy(&p)
				}
				s := &streamed{b: newBreaker(p), opening: tt.opening, fallbacks: tt.fallbacks}
				s.ctx, s.cancel = context.WithCancel(context.Background())
				defer s.cancel()
				if tt.limit > 0 {
					var cancel context.CancelFunc
					s.ctx, cancel = context.WithTimeout(s.ctx, tt.limit)
					defer cancel()
				}
				if tt.before != nil {
					tt.before(s.b)
				}
				reader := tt.reader
				if reader == nil {
					reader = readsAll
				}
				s.start = time.Now()
				s.run(reader)
				synctest.Wait()
				assert.Equal(t, tt.want, s.seen())
				assert.Equal(t, tt.left, s.left())
				s.cancel() // whatever is still open
				synctest.Wait()
				assert.Zero(t, s.b.Snapshot().InFlight)
				assert.Zero(t, s.b.Snapshot().Bulkhead.Running)
				runtime.KeepAlive(s)
			})
		})
	}
}

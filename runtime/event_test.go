package cb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// funcObserver is an observer of changes made of a function.
type funcObserver struct {
	cb.NopObserver
	changed func(cb.Event)
}

func (o funcObserver) StateChanged(e cb.Event) { o.changed(e) }

func onChange(f func(cb.Event)) cb.Option { return cb.WithObserver(funcObserver{changed: f}) }

func TestR7_ObserversMayCallBack(t *testing.T) {
	t.Parallel()
	var b *cb.Breaker
	var seen []string
	running := false
	b = newBreaker(cb.Policy{Threshold: 1}, onChange(func(e cb.Event) {
		assert.False(t, running, "one at a time")
		running = true
		seen = append(seen, e.From.String()+">"+e.To.String())
		if len(seen) == 1 {
			assert.Equal(t, cb.Open, b.State())
		}
		assert.Equal(t, uint64(1), b.Snapshot().Counts.Failure)
		if len(seen) < 5 {
			b.Reset()
			b.Trip()
		}
		running = false
	}), cb.WithObserver(nil))
	fail(b, 1)
	assert.Equal(t, []string{"closed>open"}, seen[:1])
	assert.Equal(t, cb.Open, b.State())
	for i, s := range seen {
		assert.Equal(t, [...]string{"closed>open", "open>closed"}[i%2], s, "in order")
	}
}

func TestR7_ASlowObserverHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		seen := &recorder{}
		b := newBreaker(cb.Policy{Threshold: 1}, onChange(func(e cb.Event) {
			if e.To == cb.Open {
				<-release
			}
		}), cb.WithObserver(seen))
		go fail(b, 1)
		synctest.Wait() // it is telling
		require.ErrorIs(t, end(b, nil), cb.ErrOpen)
		b.Reset()
		require.NoError(t, end(b, nil))
		assert.Equal(t, cb.Closed, b.Snapshot().State)
		assert.Empty(t, seen.path(), "the second change waits for its turn")
		close(release)
		synctest.Wait()
		assert.Equal(t, []string{"closed>open", "open>closed"}, seen.path())
	})
}

func TestR7_PanickingObserversAreSurvived(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	after := &recorder{}
	b := newBreaker(cb.Policy{Threshold: 1}, cb.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		onChange(func(cb.Event) { panic("observer's own") }), cb.WithObserver(panicking{}), cb.WithObserver(after))
	require.PanicsWithValue(t, "call's own", func() { // while another panic is under way
		_ = b.Do(t.Context(), func(context.Context) error { panic("call's own") })
	})
	require.ErrorIs(t, end(b, nil), cb.ErrOpen)
	b.Reset()
	assert.Equal(t, []string{"closed>open", "open>closed"}, after.path())
	assert.Len(t, after.rejected, 1)
	assert.Equal(t, 3, strings.Count(log.String(), "observer panicked"))
	assert.Contains(t, log.String(), "observer's own")
}

type panicking struct{ cb.NopObserver }

func (panicking) Rejected(context.Context, *cb.RejectedError) { panic("rejected") }

func TestR7_GoexitInAnObserverIsSurvived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		after := &recorder{}
		b := newBreaker(cb.Policy{Threshold: 1}, onChange(func(cb.Event) { runtime.Goexit() }), cb.WithObserver(after))
		var wg sync.WaitGroup
		ended := func(call func()) {
			wg.Go(call)
			wg.Wait()
		}
		ended(func() { fail(b, 1) })
		assert.Equal(t, cb.Open, b.State())
		afterTimeout()
		ended(func() { _ = end(b, nil); t.Error("the observer of half-open ends this goroutine before its call") })
		assert.Equal(t, cb.HalfOpen, b.State())
		assert.Zero(t, b.Snapshot().InFlight)
		ended(func() { _ = end(b, nil) })
		assert.Equal(t, cb.Closed, b.State(), "the probe's place was given back")
		assert.Equal(t, []string{"closed>open", "open>half-open", "half-open>closed"}, after.path())
	})
}

func TestR7_APanickingLoggerIsSurvived(t *testing.T) {
	t.Parallel()
	seen := &recorder{}
	b := newBreaker(cb.Policy{Threshold: 1}, cb.WithLogger(slog.New(badHandler{slog.NewTextHandler(io.Discard, nil)})), cb.WithObserver(seen))
	fail(b, 1)
	b.Reset()
	assert.Equal(t, []string{"closed>open", "open>closed"}, seen.path())
}

type badHandler struct{ slog.Handler }

func (badHandler) Handle(context.Context, slog.Record) error { panic("disk full") }

func TestR12_ForcedStatesAreHeld(t *testing.T) {
	t.Parallel()
	for state, tt := range map[cb.State]struct {
		force func(*cb.Breaker)
		check func(t *testing.T, b *cb.Breaker)
	}{
		cb.ForcedOpen: {(*cb.Breaker).ForceOpen, func(t *testing.T, b *cb.Breaker) {
			t.Helper()
			err := end(b, nil)
			var rejected *cb.RejectedError
			require.ErrorAs(t, err, &rejected)
			require.ErrorIs(t, err, cb.ErrOpen)
			assert.Equal(t, cb.ForcedOpen, rejected.State)
			assert.Zero(t, rejected.RetryAfter)
		}},
		cb.ForcedClosed: {(*cb.Breaker).ForceClose, func(t *testing.T, b *cb.Breaker) {
			t.Helper()
			for range 10 {
				fellBack := false
				require.NoError(t, b.Do(t.Context(), func(ctx context.Context) error {
					_, limited := ctx.Deadline()
					assert.True(t, limited)
					return errDown
				}, func(context.Context, error) error { fellBack = true; return nil }))
				assert.True(t, fellBack)
			}
		}},
		cb.Off: {(*cb.Breaker).Disable, passesThrough},
	} {
		t.Run(state.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, from := range []cb.State{cb.Closed, cb.Open, cb.HalfOpen} {
					seen := &recorder{}
					b := newBreaker(cb.Policy{Deadline: time.Minute}, cb.WithObserver(seen))
					early := []*call{begin(b)}
					if from != cb.Closed {
						fail(b, 5)
					}
					if from == cb.HalfOpen {
						afterTimeout()
						early = append(early, begin(b))
					}
					require.Equal(t, from, b.State())

					tt.force(b)
					since := b.Snapshot().Since
					time.Sleep(time.Nanosecond)
					tt.force(b)
					require.Equal(t, since, b.Snapshot().Since, "held already")
					tt.check(t, b)
					for _, c := range early {
						_ = c.end(errDown) // of another time
					}
					b.Trip()
					time.Sleep(time.Hour)
					tt.check(t, b)
					assert.Equal(t, state, b.State())
					assert.Equal(t, state, b.Snapshot().State)
					assert.Equal(t, from.String()+">"+state.String(), seen.path()[len(seen.path())-1])

					b.Reset()
					assert.Equal(t, cb.Closed, b.State())
					assert.Equal(t, state.String()+">closed", seen.path()[len(seen.path())-1])
					fail(b, 4)
					assert.Equal(t, cb.Closed, b.State(), "what was seen before is forgotten")
					fail(b, 1)
					assert.Equal(t, cb.Open, b.State())
				}
			})
		})
	}
}

// passesThrough checks a disabled breaker.
func passesThrough(t *testing.T, b *cb.Breaker) {
	t.Helper()
	before := b.Snapshot().Counts
	for range 10 {
		require.Equal(t, errDown, b.Do(t.Context(), func(ctx context.Context) error {
			_, limited := ctx.Deadline()
			assert.False(t, limited)
			return errDown
		}, func(context.Context, error) error { return nil }))
	}
	require.NoError(t, end(b, nil))
	after := b.Snapshot().Counts
	assert.Equal(t, uint64(10), after.Failure-before.Failure, "it still counts")
	assert.Equal(t, uint64(1), after.Success-before.Success)
}

func TestR12_DisabledStaysDisabled(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Deadline: time.Minute}, cb.Disabled())
	assert.Equal(t, cb.Off, b.State())
	passesThrough(t, b)
	b.Trip()
	passesThrough(t, b)
	b.ForceOpen()
	require.ErrorIs(t, end(b, nil), cb.ErrOpen)
	b.Reset()
	assert.Equal(t, cb.Off, b.State())
	passesThrough(t, b)
}

func TestR12_Trip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 100, Ratio: 1, Min: 100})
		b.Trip()
		var rejected *cb.RejectedError
		require.ErrorAs(t, end(b, nil), &rejected)
		require.EqualError(t, rejected.Cause, "tripped by hand")

		time.Sleep(20 * time.Second)
		b.Trip() // open: the period begins anew
		time.Sleep(30*time.Second - 1)
		require.ErrorIs(t, end(b, nil), cb.ErrOpen)
		time.Sleep(time.Nanosecond)

		probe := begin(b)
		b.Trip() // half-open, with a probe under way
		require.Equal(t, cb.Open, b.State())
		require.NoError(t, probe.end(nil))
		require.Equal(t, cb.Open, b.State())

		afterTimeout()
		probe = begin(b)
		probe.endBy(func() { panic("x") })
		afterTimeout()
		b.Reset()
		require.NoError(t, end(b, nil))
	})
	synctest.Test(t, func(t *testing.T) { // open, and the new period would end before the old
		jitter := 1.0
		b := newBreaker(cb.Policy{}, cb.WithJitter(func() float64 { jitter = 1 - jitter; return 1 - jitter }))
		b.Trip()
		until := b.Snapshot().OpenUntil
		require.Equal(t, 33*time.Second, time.Until(until))
		b.Trip()
		assert.Equal(t, until, b.Snapshot().OpenUntil)
	})
	synctest.Test(t, func(t *testing.T) { // half-open, and no probe under way
		b := newBreaker(cb.Policy{MaxRequests: 2})
		b.Trip()
		afterTimeout()
		require.NoError(t, end(b, nil))
		require.Equal(t, cb.HalfOpen, b.State())
		b.Trip()
		require.Equal(t, cb.Open, b.State())
	})
}

func TestR12_ResetForgets(t *testing.T) {
	t.Parallel()
	for _, p := range []cb.Policy{{}, {Threshold: 5, Window: time.Hour}, {Ratio: 1, Min: 5}} {
		seen := &recorder{}
		b := newBreaker(p, cb.WithObserver(seen))
		fail(b, 4)
		b.Reset()
		fail(b, 4)
		assert.Equal(t, cb.Closed, b.State())
		fail(b, 1)
		assert.Equal(t, cb.Open, b.State())
		assert.Equal(t, []string{"closed>open"}, seen.path(), "closed to closed is no change")
	}
}

func TestR13_ChangesAreAlwaysLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, nil))
		b := cb.NewClient("chat.Provider", cb.WithLogger(logger), exactly()).Breaker("Complete", cb.Policy{})
		_ = end(b, nil)
		fail(b, 5)
		afterTimeout()
		_ = end(b, nil)

		var lines []map[string]any
		for decoder := json.NewDecoder(&log); ; {
			var line map[string]any
			if decoder.Decode(&line) != nil {
				break
			}
			delete(line, "time")
			lines = append(lines, line)
		}
		counts := func(success, inRow float64) map[string]any {
			return map[string]any{"success": success, "failure": 5.0, "ignored": 0.0, "in_row": inRow}
		}
		assert.Equal(t, []map[string]any{
			{
				"level": "WARN", "msg": "circuit breaker open", "client": "chat.Provider", "method": "Complete", "from": "closed", "to": "open",
				"cause": "down", "counts": counts(1, 5), "retry_after": 3e10,
			},
			{
				"level": "INFO", "msg": "circuit breaker half-open", "client": "chat.Provider", "method": "Complete", "from": "open", "to": "half-open",
				"cause": "down", "counts": counts(1, 0),
			},
			{
				"level": "INFO", "msg": "circuit breaker closed", "client": "chat.Provider", "method": "Complete", "from": "half-open", "to": "closed",
				"counts": counts(2, 0),
			},
		}, lines)
	})
}

func TestR13_DefaultLogger(t *testing.T) { // not parallel: it borrows slog's default
	old := slog.Default()
	defer slog.SetDefault(old)
	b := cb.New(cb.Policy{Threshold: 1}, cb.WithLogger(nil))
	var log bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	fail(b, 1)
	assert.Contains(t, log.String(), `level=WARN msg="circuit breaker open"`)
}

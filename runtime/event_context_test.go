package cb_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

type callName struct{}

// TestEventsHaveTheContextOfTheirCall makes every change there is by a call of its own.
func TestEventsHaveTheContextOfTheirCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		b := newBreaker(cb.Policy{Threshold: 1, Deadline: time.Second, Slow: 100 * time.Millisecond}, onChange(func(e cb.Event) {
			name, _ := e.Context.Value(callName{}).(string)
			seen = append(seen, e.To.String()+" by "+name)
		}))
		do := func(name string, fn func(context.Context) error) {
			_ = b.Do(context.WithValue(t.Context(), callName{}, name), fn)
		}
		do("failing", func(context.Context) error { return errDown })
		afterTimeout()
		do("probe", func(context.Context) error { return nil })
		go do("hanging", func(context.Context) error { time.Sleep(time.Minute); return nil })
		synctest.Wait()
		time.Sleep(time.Second)
		do("next", func(context.Context) error { return nil }) // finds that the hanging one has failed
		b.Reset()
		b.ForceOpen()
		time.Sleep(time.Hour)
		assert.Equal(t, []string{
			"open by failing", "half-open by probe", "closed by probe", "open by next", "closed by ", "forced-open by ",
		}, seen)
	})
}

// TestTheContextOfACallIsNotKept once its change has been told: a request may hang on it.
func TestTheContextOfACallIsNotKept(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 1})
	request := func() weak.Pointer[[64]byte] {
		request := new([64]byte)
		_ = b.Do(context.WithValue(t.Context(), callName{}, request), func(context.Context) error { return errDown })
		return weak.Make(request)
	}()
	require.Eventually(t, func() bool { runtime.GC(); return request.Value() == nil }, 10*time.Second, time.Millisecond)
	assert.Equal(t, cb.Open, b.State())
}

// stateRecorder wants changes of state alone, and would notice more.
type stateRecorder struct {
	cb.StateOnly
	changes, others int
}

func (r *stateRecorder) StateChanged(cb.Event)                       { r.changes++ }
func (r *stateRecorder) Rejected(context.Context, *cb.RejectedError) { r.others++ }

func TestStateOnlyObserversAreNotToldOfCalls(t *testing.T) {
	t.Parallel()
	seen := &stateRecorder{}
	b := newBreaker(cb.Policy{Threshold: 1}, cb.WithObserver(seen))
	fail(b, 2)
	assert.Equal(t, 1, seen.changes)
	assert.Zero(t, seen.others)

	seen, all := &stateRecorder{}, &recorder{}
	b = newBreaker(cb.Policy{Threshold: 1}, cb.WithObserver(seen), cb.WithObserver(all))
	fail(b, 2)
	assert.Equal(t, 1, seen.changes)
	assert.Len(t, all.rejected, 1, "another one still is")
}

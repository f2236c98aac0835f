package cb_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

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

package cb_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

// lines returns a logger, without the time, and what it has written.
func lines() (cb.Option, *bytes.Buffer) {
	var log bytes.Buffer
	return cb.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return a
		},
	}))), &log
}

func TestR13_TheExactLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, log := lines()
		client := cb.NewClient("chat.Provider", logger, exactly())
		b := cb.KeyedBreaker[string](client, "Complete", cb.Policy{Ratio: 0.5, Min: 2}, 10).For("gpt-5")
		assert.NoError(t, end(b, nil))
		_ = end(b, errors.New("status 503\nover\"loaded\""))
		_ = end(b, nil) // rejected: no line
		afterTimeout()
		_ = end(b, nil)
		b.ForceOpen()
		b.ForceOpen() // held already: no line
		b.ForceClose()
		b.Disable()
		b.Reset()
		b.Reset()
		b.Trip()
		const from = `client=chat.Provider method=Complete key=gpt-5 from=`
		assert.Equal(t, `level=WARN msg="circuit breaker open" `+from+`closed to=open cause="status 503\nover\"loaded\"" `+
			`counts.success=1 counts.failure=1 counts.ignored=0 counts.in_row=1 counts.window_failures=1 counts.window_calls=2 retry_after=30s
level=INFO msg="circuit breaker half-open" `+from+`open to=half-open cause="status 503\nover\"loaded\"" `+
			`counts.success=1 counts.failure=1 counts.ignored=0 counts.in_row=0
level=INFO msg="circuit breaker closed" `+from+`half-open to=closed counts.success=2 counts.failure=1 counts.ignored=0 counts.in_row=0
level=WARN msg="circuit breaker forced-open" `+from+`closed to=forced-open counts.success=2 counts.failure=1 counts.ignored=0 counts.in_row=0
level=INFO msg="circuit breaker forced-closed" `+from+`forced-open to=forced-closed counts.success=2 counts.failure=1 counts.ignored=0 counts.in_row=0
level=INFO msg="circuit breaker disabled" `+from+`forced-closed to=disabled counts.success=2 counts.failure=1 counts.ignored=0 counts.in_row=0
level=INFO msg="circuit breaker closed" `+from+`disabled to=closed counts.success=2 counts.failure=1 counts.ignored=0 counts.in_row=0
level=WARN msg="circuit breaker open" `+from+`closed to=open cause="tripped by hand" `+
			`counts.success=2 counts.failure=1 counts.ignored=0 counts.in_row=0 retry_after=30s
`, log.String())
	})
}

// textlessError cannot say what it is.
type textlessError struct{ at *time.Time }

func (e textlessError) Error() string { return e.at.String() }

func TestR13_AnErrorWithoutTextIsToldToo(t *testing.T) {
	t.Parallel()
	logger, log := lines()
	b := cb.New(cb.Policy{Threshold: 1}, logger)
	_ = end(b, textlessError{})
	assert.Contains(t, log.String(), `from=closed to=open cause="cb_test.textlessError, whose Error panicked: `)
	assert.ErrorContains(t, end(b, nil), "last failure: cb_test.textlessError, whose Error panicked: ", "of every call that it rejects")
}

// contextHandler adds what the context says to a line, as those that know traces do.
type contextHandler struct{ slog.Handler }

func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	name, _ := ctx.Value(callName{}).(string)
	r.AddAttrs(slog.String("call", name))
	return h.Handler.Handle(ctx, r)
}

// TestR13_TheLogHasTheContextOfTheCall that made the change, as [cb.Event.Context] says; by hand it has none.
func TestR13_TheLogHasTheContextOfTheCall(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := cb.New(cb.Policy{Threshold: 1}, cb.WithLogger(slog.New(contextHandler{slog.NewTextHandler(&log, nil)})))
	_ = b.Do(context.WithValue(t.Context(), callName{}, "failing"), func(context.Context) error { return errDown })
	b.Reset()
	said := strings.Split(log.String(), "\n")
	assert.Contains(t, said[0], `to=open`)
	assert.Contains(t, said[0], `call=failing`)
	assert.Contains(t, said[1], `to=closed`)
	assert.Contains(t, said[1], `call=""`)
}

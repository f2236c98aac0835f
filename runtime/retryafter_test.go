package cb_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// busyError asks to be left alone.
type busyError time.Duration

func (e busyError) Error() string             { return "busy" }
func (e busyError) RetryAfter() time.Duration { return time.Duration(e) }

// asBusy is a busyError only for those who ask it.
type asBusy struct{ error }

func (e asBusy) As(target any) bool {
	t, ok := target.(*interface{ RetryAfter() time.Duration })
	if ok {
		*t = busyError(time.Minute)
	}
	return ok
}

// headerError carries the headers of a response.
type headerError struct{ header map[string][]string }

func (e *headerError) Error() string { return "has headers" }

func readsHeader() cb.ErrorMatch {
	return cb.ErrorHeader(func(e *headerError) map[string][]string { return e.header })
}

func TestR11_RetryAfterHoldsItOpen(t *testing.T) {
	t.Parallel()
	headers := cb.Policy{Ignore: cb.Match{Errors: []cb.ErrorMatch{readsHeader()}}} // a reader alone ignores nothing
	for name, test := range map[string]struct {
		policy cb.Policy
		err    error
		want   time.Duration
	}{
		"method":                    {cb.Policy{}, busyError(time.Minute), time.Minute},
		"wrapped":                   {cb.Policy{}, fmt.Errorf("call: %w", busyError(time.Minute)), time.Minute},
		"joined":                    {cb.Policy{}, errors.Join(errDown, fmt.Errorf("call: %w", busyError(time.Minute))), time.Minute},
		"found by As":               {cb.Policy{}, fmt.Errorf("call: %w", asBusy{errDown}), time.Minute},
		"header":                    {headers, fmt.Errorf("call: %w", &headerError{map[string][]string{"Retry-After": {"60"}}}), time.Minute},
		"shorter than timeout":      {cb.Policy{}, busyError(time.Second), 30 * time.Second},
		"negative":                  {cb.Policy{}, busyError(-time.Minute), 30 * time.Second},
		"capped":                    {cb.Policy{}, busyError(time.Hour), 5 * time.Minute},
		"does not overflow":         {cb.Policy{}, busyError(math.MaxInt64), 5 * time.Minute},
		"capped by max-timeout":     {cb.Policy{MaxTimeout: 10 * time.Minute}, busyError(time.Hour), 10 * time.Minute},
		"a timeout above the cap":   {cb.Policy{Timeout: 10 * time.Minute}, busyError(time.Hour), 10 * time.Minute},
		"max-timeout is the period": {cb.Policy{MaxTimeout: 30 * time.Second}, busyError(time.Hour), 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.policy.Threshold = 1
				b := newBreaker(test.policy)
				require.ErrorIs(t, end(b, test.err), test.err)
				assert.Equal(t, test.want, openFor(b))
				time.Sleep(test.want - 1)
				var rejection *cb.RejectedError
				require.ErrorAs(t, end(b, nil), &rejection)
				assert.Equal(t, time.Duration(1), rejection.RetryAfter)
				time.Sleep(time.Nanosecond)
				require.NoError(t, end(b, nil))
			})
		})
	}
}

func TestR11_RetryAfterOfAnOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 1, Failure: cb.Match{Codes: "429"}})
		answer := func(code int) error {
			_, err := cb.CallResult(t.Context(), b,
				func(code int, err error) cb.Outcome { return cb.Outcome{Err: err, Code: code, RetryAfter: time.Minute} },
				func(context.Context) (int, error) { return code, nil })
			return err
		}
		require.NoError(t, answer(503), "no failure")
		fail(b, 1)
		assert.Equal(t, 30*time.Second, openFor(b), "a success asks for nothing")
		afterTimeout()
		require.NoError(t, answer(429))
		assert.Equal(t, time.Minute, openFor(b), "a probe does")
	})
}

func TestR11_TheLongestSinceTheLastCloseHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 3})
		_ = end(b, busyError(2*time.Minute))
		_ = end(b, nil)
		_ = end(b, busyError(time.Minute))
		fail(b, 2)
		assert.Equal(t, 2*time.Minute, openFor(b))
		time.Sleep(openFor(b))
		fail(b, 1)
		assert.Equal(t, 30*time.Second, openFor(b), "its time has passed")
		afterTimeout()
		_ = end(b, busyError(time.Minute))
		assert.Equal(t, time.Minute, openFor(b))
		time.Sleep(openFor(b))
		require.NoError(t, end(b, nil))
		fail(b, 3)
		assert.Equal(t, 30*time.Second, openFor(b), "closing forgets")
		afterTimeout()
		require.NoError(t, end(b, nil))
		_ = end(b, busyError(time.Minute))
		time.Sleep(time.Minute)
		fail(b, 2)
		assert.Equal(t, 30*time.Second, openFor(b), "asked long ago")
	})
}

func TestR11_Headers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the bubble's clock says 2000-01-01T00:00:00Z
		for _, test := range []struct {
			ms, after string
			want      time.Duration
		}{
			{"", "", 0},
			{"", "120", 2 * time.Minute},
			{"", " 1.5 ", 1500 * time.Millisecond},
			{"250", "9", 250 * time.Millisecond},
			{"0.5", "", 500 * time.Microsecond},
			{"soon", "9", 9 * time.Second},
			{"", "-1", 0},
			{"-7", "", 0},
			{"", "soon", 0},
			{"", "NaN", 0},
			{"", "Inf", 0},
			{"", "0x10", 0},
			{"", "1e3", 1000 * time.Second},
			{"", "1e400", 365 * 24 * time.Hour},
			{"", "9223372036854775807", 365 * 24 * time.Hour},
			{"", "Sat, 01 Jan 2000 00:01:30 GMT", 90 * time.Second},
			{"", "Sat, 01 Jan 2000 01:01:30 +0100", 90 * time.Second},
			{"", "Saturday, 01-Jan-00 00:01:30 GMT", 90 * time.Second},
			{"", "Sat Jan  1 00:01:30 2000", 90 * time.Second},
			{"", "Fri, 31 Dec 1999 23:59:59 GMT", 0},
			{"", "Fri, 31 Dec 9999 23:59:59 GMT", 365 * 24 * time.Hour},
		} {
			header := map[string][]string{"Retry-After": {test.after}, "retry-after-ms": {test.ms, "1"}}
			assert.Equal(t, test.want, cb.RetryAfterHeader(header), "ms %q, after %q", test.ms, test.after)
		}
		assert.Zero(t, cb.RetryAfterHeader(nil))
		assert.Zero(t, cb.RetryAfterHeader(map[string][]string{"Retry-After": {}}))
	})
}

func FuzzRetryAfterHeader(f *testing.F) {
	f.Add("1.5")
	f.Add("Sat, 01 Jan 2000 00:01:30 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		for _, key := range []string{"Retry-After", "Retry-After-Ms"} {
			d := cb.RetryAfterHeader(map[string][]string{key: {value}})
			require.GreaterOrEqual(t, d, time.Duration(0))
			require.LessOrEqual(t, d, 365*24*time.Hour)
		}
	})
}

func TestErrorHeaderMatchesNothing(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 1, Failure: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(errDown), readsHeader()}}})
	_ = end(b, &headerError{})
	assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
	only := newBreaker(cb.Policy{Threshold: 1, Failure: cb.Match{Errors: []cb.ErrorMatch{readsHeader()}}})
	_ = end(only, errDown)
	assert.Equal(t, cb.Counts{Failure: 1}, only.Snapshot().Counts, "as if no Failure were given")
}

// hollowError panics when it is asked, as a method of a nil pointer inside does.
type hollowError struct{}

func (hollowError) Error() string             { return "hollow" }
func (hollowError) RetryAfter() time.Duration { panic("hollow") }

// TestR5_AFailureWhoseRetryAfterPanics is counted all the same, once, and gives back what it holds.
func TestR5_AFailureWhoseRetryAfterPanics(t *testing.T) {
	t.Parallel()
	hollow := cb.Outcome{Err: hollowError{}}
	for name, call := range map[string]func(t *testing.T, b *cb.Breaker){
		"a call": func(_ *testing.T, b *cb.Breaker) { _ = end(b, hollowError{}) },
		"a call with an outcome": func(t *testing.T, b *cb.Breaker) {
			_, _ = cb.CallResult(t.Context(), b, func(string, error) cb.Outcome { return hollow }, returning("", nil))
		},
		"the opening of a stream": func(t *testing.T, b *cb.Breaker) {
			_, _ = cb.CallStream(t.Context(), b, cb.StreamSeq2[string], func(context.Context) (words, error) { return nil, hollowError{} })
		},
		"a stream before its first item": func(t *testing.T, b *cb.Breaker) {
			_, _ = read(openSeq(t, t.Context(), b, source(fails(hollowError{}))))
		},
		"a stream after an item": func(t *testing.T, b *cb.Breaker) {
			_, _ = read(openSeq(t, t.Context(), b, source(word("a"), fails(hollowError{}))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &stopwatch{}
			b := newBreaker(cb.Policy{Threshold: 1, Bulkhead: cb.Bulkhead{Max: 1}}, cb.WithObserver(seen))
			assert.PanicsWithValue(t, "hollow", func() { call(t, b) })
			ended := seen.take()
			require.Len(t, ended, 1)
			assert.Equal(t, cb.OutcomeFailure, ended[0].Outcome)
			look := b.Snapshot()
			assert.Equal(t, cb.Counts{Failure: 1}, look.Counts)
			assert.Equal(t, cb.Open, look.State)
			assert.Zero(t, look.InFlight)
			assert.Zero(t, look.Bulkhead.Running)
		})
	}
}

package cb

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"
)

// FuzzBreakerAgainstGobreaker plays histories of calls, in flight at the same time, some of which panic, and with virtual time between,
// to a breaker with a threshold and to gobreaker alone. Every admission and every state must be the same. It covers R1, R2 and R9.
func FuzzBreakerAgainstGobreaker(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		history := make([]byte, 20+random.IntN(300))
		for i := range history {
			history[i] = byte(random.Uint32())
		}
		f.Add(history)
	}
	f.Fuzz(func(t *testing.T, history []byte) {
		if len(history) < 2 || len(history) > 1000 {
			return
		}
		synctest.Test(t, func(t *testing.T) { playHistory(t, history[0], history[1], history[2:]) })
	})
}

const fuzzTimeout = 10 * time.Second

func playHistory(t *testing.T, threshold, probes byte, history []byte) {
	policy := Policy{
		Threshold: 1 + int(threshold%5), MaxRequests: 1 + int(probes%3), Timeout: fuzzTimeout,
		Deadline: 1000 * time.Hour, // gobreaker alone never gives up a probe
		Ignore:   Match{Errors: []ErrorMatch{ErrorIs(errIgnored)}},
	}
	b := New(policy, WithJitter(func() float64 { return 0.5 }), WithLogger(slog.New(slog.DiscardHandler)))
	if probes&4 == 0 { // as without the deadline, which then is for probes alone
		b.limited, b.plain = false, true
	}
	oracle := gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: uint32(policy.MaxRequests),
		Timeout:     fuzzTimeout - 1, // it must be over, ours may be just over
		IsExcluded:  func(err error) bool { return errors.Is(err, errIgnored) },
		ReadyToTrip: func(c gobreaker.Counts) bool { return int(c.ConsecutiveFailures) >= policy.Threshold },
	})
	type flight struct {
		outcome chan error // how the call is to end; errPanic: not at all
		ended   chan error
		theirs  func(error)
	}
	errPanic := errors.New("panic")
	begin := func() (*flight, error) {
		fl := &flight{outcome: make(chan error), ended: make(chan error, 1)}
		entered := false
		go func() {
			defer func() {
				if reason := recover(); reason != nil {
					fl.ended <- errPanic
				}
			}()
			fl.ended <- b.Do(context.Background(), func(context.Context) error {
				entered = true
				outcome := <-fl.outcome
				if outcome == errPanic { //nolint:errorlint // is it that value?
					panic(outcome)
				}
				return outcome
			})
		}()
		synctest.Wait()
		if !entered {
			return nil, <-fl.ended
		}
		return fl, nil
	}
	var flights []*flight
	finish := func(i int, outcome error) {
		fl := flights[i]
		flights = append(flights[:i], flights[i+1:]...)
		fl.outcome <- outcome
		require.Equal(t, outcome, <-fl.ended)
		if outcome == errPanic { //nolint:errorlint // as above
			outcome = errFailure
		}
		fl.theirs(outcome)
	}
	for step, op := range history {
		switch argument := int(op >> 3); op & 7 {
		case 0, 1, 2:
			fl, rejection := begin()
			done, err := oracle.Allow()
			if err != nil {
				require.NotNil(t, rejection, "step %d: gobreaker rejects: %v", step, err)
				require.ErrorIs(t, rejection, err, "step %d", step)
				continue
			}
			require.NoError(t, rejection, "step %d: gobreaker does not reject", step)
			fl.theirs = done
			flights = append(flights, fl)
		case 3, 4, 5, 6:
			if len(flights) > 0 {
				outcome := [...]error{nil, errFailure, errIgnored, errPanic}[op&7-3]
				finish(argument%len(flights), outcome)
			}
		case 7:
			time.Sleep([...]time.Duration{1, time.Second, fuzzTimeout / 2, fuzzTimeout - 1, fuzzTimeout}[argument%5])
		}
		ours := b.Snapshot()
		if ours.State == Open && !time.Now().Before(ours.OpenUntil) {
			ours.State = HalfOpen // gobreaker moves when it is looked at, we when we are called
		}
		require.Equal(t, oracle.State().String(), ours.State.String(), "step %d", step)
		require.Equal(t, len(flights), ours.InFlight, "step %d", step)
	}
	for len(flights) > 0 {
		finish(0, nil)
	}
	require.Equal(t, 0, b.Snapshot().InFlight)
}

package cbredis

import (
	"context"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// figures of one simulated outage.
type figures struct {
	commands, commandsTrip, commandsRecovery int // of Redis
	published, probes, calls                 int
	allOpen, allClosed                       time.Duration // after the first
}

// simulate has every replica make rate calls a second to an upstream that goes down for a while.
func simulate(t *testing.T, replicas int, rate float64, outage time.Duration) (f figures) {
	synctest.Test(t, func(t *testing.T) {
		const (
			timeout = 30 * time.Second
		)
		m := newMemory(2 * time.Millisecond)
		nodes := newNodes(t, m, replicas, cb.Policy{Timeout: timeout, Deadline: 5 * time.Second})
		defer stop(nodes)
		var mu sync.Mutex
		down := false
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for _, n := range nodes {
			wg.Go(func() {
				for ctx.Err() == nil {
					select {
					case <-ctx.Done():
						return
					case <-time.After(time.Duration(rand.ExpFloat64() / rate * float64(time.Second))):
					}
					_ = n.breaker.Do(ctx, func(context.Context) error {
						time.Sleep(20 * time.Millisecond)
						mu.Lock()
						defer mu.Unlock()
						if n.breaker.State() == cb.HalfOpen {
							f.probes++
						}
						if down {
							return errDown
						}
						return nil
					})
					mu.Lock()
					f.calls++
					mu.Unlock()
				}
			})
		}
		set := func(to bool) { mu.Lock(); defer mu.Unlock(); down = to }
		time.Sleep(5 * time.Second)
		require.Zero(t, m.sent(), "a successful call is none")
		set(true)
		began := time.Now()
		for states(nodes)[cb.Open] == 0 {
			time.Sleep(time.Millisecond)
		}
		tripped := time.Now()
		for states(nodes)[cb.Open] < replicas {
			time.Sleep(time.Millisecond)
		}
		f.allOpen = time.Since(tripped)
		time.Sleep(time.Second)
		f.commandsTrip = m.sent()
		time.Sleep(time.Until(began.Add(outage)))
		set(false)
		beforeRecovery := m.sent()
		for states(nodes)[cb.Closed] == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		closing := time.Now()
		for states(nodes)[cb.Closed] < replicas {
			time.Sleep(time.Millisecond)
		}
		f.allClosed = time.Since(closing)
		time.Sleep(time.Second)
		f.commands = m.sent()
		f.commandsRecovery = f.commands - beforeRecovery
		f.published = m.told()
		cancel()
		wg.Wait()
	})
	return f
}

// TestSimulation models fleets that no machine at hand could run, in virtual time: what is said grows no faster than the fleet, and
// not with its calls; the upstream sees one probe in an open period, however large the fleet.
func TestSimulation(t *testing.T) {
	type run struct {
		replicas int
		rate     float64 // calls a second, of each
		outage   time.Duration
	}
	const outage = 100 * time.Second
	runs := []run{{10, 0.5, outage}, {100, 0.5, outage}, {1000, 0.5, outage}, {100, 5, outage}, {100, 50, outage}, {50, 20, 3 * outage}}
	if raceDetector() {
		t.Log("no fleet of 10,000: with the race detector it takes minutes; make simulations has it")
	} else {
		runs = append(runs, run{10_000, 0.5, outage})
	}
	for _, run := range runs {
		f := simulate(t, run.replicas, run.rate, run.outage)
		t.Logf("%6d replicas, %4.1f calls/s each (%7d calls), outage of %v: all reject %v after the first trip, all closed %v after the first; "+
			"commands: %d at the trip, %d in the outage, %d of them at recovery; %d messages; %d probes", run.replicas, run.rate, f.calls, run.outage,
			f.allOpen, f.allClosed, f.commandsTrip, f.commands, f.commandsRecovery, f.published, f.probes)
		periods := int(run.outage / (30 * time.Second))
		assert.LessOrEqual(t, f.probes, periods+2, "one in each open period, and one that finds it well")
		assert.GreaterOrEqual(t, f.probes, periods-1)
		assert.LessOrEqual(t, f.commands, 400+run.replicas, "linear in replicas, whatever the calls")
		assert.LessOrEqual(t, f.published, 100+run.replicas/10)
		assert.Less(t, f.allOpen, 20*time.Millisecond)
		assert.Less(t, f.allClosed, 20*time.Millisecond)
	}
}

func raceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

package cbredis_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// failoverLimit is for what takes servers some seconds where they have the machine to themselves.
const failoverLimit = time.Minute

// goingOn makes calls through breakers that nobody trips, until the function it returns is called, which tells what became of them.
func goingOn(fleet []*replica) (end func(t *testing.T)) {
	var ending atomic.Bool
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	var longest time.Duration
	calls := 0
	for _, r := range fleet {
		b := r.method("GoingOn", cb.Policy{})
		wg.Go(func() {
			for !ending.Load() {
				began := time.Now()
				err := b.Do(context.Background(), func(context.Context) error { return nil })
				took := time.Since(began)
				mu.Lock()
				if err != nil {
					failed = append(failed, err)
				}
				longest = max(longest, took)
				calls++
				mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		})
	}
	return func(t *testing.T) {
		t.Helper()
		ending.Store(true)
		wg.Wait()
		assert.Empty(t, failed)
		assert.Less(t, longest, 500*time.Millisecond, "half of what Redis is given for an answer")
		t.Logf("of %d calls meanwhile none failed, the longest took %v", calls, longest)
	}
}

// testFailover has replicas lose the server that has what they share, and find the one that takes its place: what stands and what was
// found in between is then known to all, also to replicas that start afterwards, and so is what is found from then on. Meanwhile no
// call fails or waits.
func testFailover(t *testing.T, newOne func() *replica, fail func()) {
	t.Helper()
	minute := cb.Policy{Timeout: time.Minute}
	one, other := newOne(), newOne()
	fleet := []*replica{one, other}
	foundBetween := map[*replica]*cb.Breaker{}
	for _, r := range fleet {
		foundBetween[r] = r.method("Between", minute)
		r.join(t)
	}
	one.breaker.Trip()
	require.Eventually(t, other.is(cb.Open), failoverLimit, time.Millisecond)
	end := goingOn(fleet)

	failed := time.Now()
	fail()
	foundBetween[one].Trip()
	for _, r := range fleet {
		require.Eventually(t, func() bool { return strings.Contains(strings.Join(r.log.lines(), ""), "not shared") },
			failoverLimit, time.Millisecond)
	}
	for _, r := range fleet {
		require.Eventually(t, r.joined, failoverLimit, time.Millisecond)
	}
	rejoined := time.Since(failed)
	require.Eventually(t, func() bool { return foundBetween[other].State() == cb.Open }, failoverLimit, time.Millisecond)
	t.Logf("rejoined %v after the failure, told %v after it", rejoined, time.Since(failed))
	end(t)

	late := newOne()
	foundBetween[late] = late.method("Between", minute)
	late.join(t)
	assert.Equal(t, cb.Open, late.breaker.State(), "what stands")
	assert.Equal(t, cb.Open, foundBetween[late].State())
	fleet = append(fleet, late)
	eachIs := func(state cb.State) {
		for _, r := range fleet {
			require.Eventually(t, r.is(state), failoverLimit, time.Millisecond)
		}
	}
	other.breaker.Reset()
	eachIs(cb.Closed)
	one.breaker.Trip()
	eachIs(cb.Open)
}

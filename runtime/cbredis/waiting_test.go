package cbredis_test

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	cb "github.com/cbgen/cbgen/runtime"
)

// Calls that are compared: enough of them for a p99 of each round, and enough rounds for a median.
const (
	comparedRounds  = 15
	comparedCallers = 32
	comparedPairs   = 25 // of each caller in a round
	pairsPerTrip    = 50 // of each caller: with one pair of so many another breaker is tripped
)

// waiting is how long calls took that go through a breaker that is shared, beside those through one that is not.
type waiting struct {
	ratio                       float64       // of the p99s of a round: the median of the rounds
	tripRatio                   float64       // of the medians of those calls that told the fleet something
	shared, alone               time.Duration // p99s of that round
	longestShared, longestAlone time.Duration // of all rounds
}

// compareWaiting has each caller make every call twice, through a breaker that is shared and through one that is not, in alternating
// order. With one pair in fifty it trips and resets another breaker of the same kind first, which the fleet is to be told.
//
// At any moment as many calls of either kind are under way, so that what holds up the process holds up both alike. Where the edge of a
// stall falls is luck, and makes one round say too much and another too little: that is why the median of the rounds counts. Where more
// than one call in a hundred waits for Redis, most rounds say so; and where the machine is so busy that a wait does not show among the
// longest calls, the median of the calls that told the fleet something still does.
func compareWaiting(t *testing.T, r *replica) waiting {
	t.Helper()
	const shared, alone = 0, 1
	policy := cb.Policy{Timeout: time.Minute}
	unshared := cb.NewRegistry(cb.WithLogger(slog.New(slog.DiscardHandler)))
	called := [2]*cb.Breaker{r.breaker, cb.NewClient("chat", cb.WithRegistry(unshared)).Breaker("Complete", policy)}
	var tripping [comparedCallers][2][]time.Duration
	var took [comparedRounds][2][comparedCallers * comparedPairs]time.Duration
	var wg sync.WaitGroup
	for n := range comparedCallers {
		var tripped [2]*cb.Breaker
		for k, registry := range []*cb.Registry{r.registry, unshared} {
			tripped[k] = cb.NewClient("chat", cb.WithRegistry(registry)).Breaker("Tripped"+strconv.Itoa(n), policy)
		}
		wg.Go(func() {
			for i := range comparedRounds * comparedPairs {
				round, pair := i/comparedPairs, i%comparedPairs
				for turn := range 2 {
					k := (n + i + turn) % 2
					began := time.Now()
					trips := i%pairsPerTrip == n*pairsPerTrip/comparedCallers
					if trips {
						tripped[k].Trip()
						tripped[k].Reset()
					}
					err := called[k].Do(context.Background(), func(context.Context) error { time.Sleep(2 * time.Millisecond); return nil })
					d := time.Since(began)
					assert.NoError(t, err)
					took[round][k][n*comparedPairs+pair] = d
					if trips {
						tripping[n][k] = append(tripping[n][k], d)
					}
				}
			}
		})
	}
	wg.Wait()
	var rounds []waiting
	var w waiting
	for i := range took {
		for k := range took[i] {
			slices.Sort(took[i][k][:])
		}
		const last = comparedCallers*comparedPairs - 1
		w.shared, w.alone = took[i][shared][last*99/100], took[i][alone][last*99/100]
		w.ratio = float64(w.shared) / float64(w.alone)
		rounds = append(rounds, w)
		w.longestShared, w.longestAlone = max(w.longestShared, took[i][shared][last]), max(w.longestAlone, took[i][alone][last])
	}
	slices.SortFunc(rounds, func(a, b waiting) int { return cmp.Compare(a.ratio, b.ratio) })
	var all [2][]time.Duration
	for k := range all {
		for n := range tripping {
			all[k] = append(all[k], tripping[n][k]...)
		}
		slices.Sort(all[k])
	}
	median := rounds[len(rounds)/2]
	median.tripRatio = float64(all[shared][len(all[shared])/2]) / float64(all[alone][len(all[alone])/2])
	median.longestShared, median.longestAlone = w.longestShared, w.longestAlone
	return median
}

package cb

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRollingWindowAgainstOracle compares the window with a list of everything that ever ended.
func TestRollingWindowAgainstOracle(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		window := windowBuckets * time.Duration(1+random.IntN(50))
		w := newRollingWindow(window)
		var now time.Duration
		var ends []time.Duration
		var failed []bool
		for range 300 {
			switch random.IntN(10) {
			case 0:
				now += time.Duration(random.Int64N(int64(2 * window)))
			case 1, 2, 3:
				now += time.Duration(random.Int64N(int64(window)/10 + 1))
			case 4:
				if random.IntN(20) == 0 {
					w.clear()
					ends, failed = nil, nil
				}
			}
			isFailure := random.IntN(2) == 0
			w.add(now, isFailure)
			ends, failed = append(ends, now), append(failed, isFailure)
			calls, failures := 0, 0
			for i, at := range ends {
				counts := at/w.width > now/w.width-windowBuckets
				if counts {
					calls++
					if failed[i] {
						failures++
					}
				}
				if counts && now-at > window || !counts && now-at <= window-w.width {
					t.Fatalf("of a window of %v, what ended %v ago counts: %v", window, now-at, counts)
				}
			}
			require.Equal(t, [2]int{calls, failures}, [2]int{w.calls, w.failures})
		}
	}
}

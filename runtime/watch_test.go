package cb

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWatchAgainstAList plays random histories to a watch and to a plain list.
func TestWatchAgainstAList(t *testing.T) {
	t.Parallel()
	type entry struct {
		watched
		start time.Duration
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		w := newWatch(10)
		var now time.Duration
		var list, gone []entry
		most := 0
		for range 500 {
			switch random.IntN(8) {
			case 0, 1, 2:
				list = append(list, entry{w.add(now, nil), now})
				most = max(most, len(list))
			case 3, 4:
				if len(list) > 0 {
					i := random.IntN(len(list))
					require.True(t, w.remove(list[i].watched))
					gone = append(gone, list[i])
					list = append(list[:i], list[i+1:]...)
				}
			case 5:
				now += time.Duration(random.IntN(4))
			case 6:
				for len(list) > 0 && now-list[0].start >= 10 {
					at, _, ok := w.overdue(now)
					require.True(t, ok)
					require.Equal(t, list[0].start+10, at)
					gone = append(gone, list[0])
					list = list[1:]
				}
				_, _, ok := w.overdue(now)
				require.False(t, ok)
			case 7:
				if random.IntN(20) == 0 {
					w.clear()
					gone = append(gone, list...)
					list = nil
				}
				if len(gone) > 0 {
					require.False(t, w.remove(gone[random.IntN(len(gone))].watched))
				}
			}
		}
		assert.LessOrEqual(t, len(w.nodes), most+1, "places are used again")
	}
	assert.False(t, newWatch(1).remove(watched{}))
}

package cbdash

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// Changes go on between a look and what a new viewer is sent of it.
func TestAViewerIsToldOfAChangeOnce(t *testing.T) {
	t.Parallel()
	timeline := NewTimeline(2)
	w := &watch{watchers: &watchers{registry: cb.NewRegistry(), timeline: timeline}}
	methods := func() (list []string) {
		var full struct{ Timeline []entry }
		require.NoError(t, json.Unmarshal(w.full(time.Now()).data, &full))
		for _, e := range full.Timeline {
			list = append(list, e.Method)
		}
		return list
	}
	timeline.add(entry{Method: "A"})
	w.look()
	timeline.add(entry{Method: "B"})
	assert.Equal(t, []string{"A"}, methods(), "the next update has B")
	timeline.add(entry{Method: "C"})
	timeline.add(entry{Method: "D"})
	assert.Empty(t, methods(), "the next update has C and D, and nobody has A and B any more")
	w.look()
	assert.Equal(t, []string{"C", "D"}, methods())
}

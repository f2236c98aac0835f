package incident

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

const own = "cbgen"

// TestFigures holds the generated wrapper, with the directives of [Provider], to what it is for.
func TestFigures(t *testing.T) {
	t.Parallel()
	for _, row := range play(t, append(Incidents(), HeldOut()...), []Guard{{own, cbgen}}) {
		t.Run(row.Incident.Name, func(t *testing.T) { alone(t, row) })
	}
}

// alone checks what needs no comparison.
func alone(t *testing.T, row Row) {
	f, incident := row.Figures, row.Incident
	assert.GreaterOrEqual(t, f.Healthy, 0.999, "requests that do not need the upstream")
	asked := incident.Rate * int(incident.Length/time.Second)
	switch incident.Name {
	case "half hang":
		assert.GreaterOrEqual(t, f.Good, 3600)
	case "one model of ten":
		assert.GreaterOrEqual(t, f.Good, asked*9/10, "the nine others lose nothing")
	case "flood of mistakes":
		assert.Equal(t, asked, f.Good, "no mistake opens it")
	default:
	}
	longest := DefaultProviderPolicies().Complete.Timeout * 11 / 10
	if incident.Name == "429 storm" {
		longest = max(longest, retryAfter)
	}
	require.NotEqual(t, Never, f.Recover)
	assert.LessOrEqual(t, f.Recover, longest+time.Second, "one open period")
	assert.LessOrEqual(t, f.Peak, 1.2, "calls after the recovery, of the normal rate")
}

// TestRanking compares what the peers and the wrapper do in incidents by which no policy was chosen.
func TestRanking(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("with -race the peers take too long: make incidents plays them without")
	}
	ranked(t, play(t, HeldOut(), Guards()), 2)
}

// ranked checks that the wrapper is ahead of its peers: with good answers in an incident that leaves some, at less than a third of
// failsafe-go's cost, and else with the fewest worker-seconds lost, or the second fewest.
func ranked(t *testing.T, rows []Row, place int) {
	t.Helper()
	peers := map[string][]Row{}
	for _, row := range rows {
		peers[row.Incident.Name] = append(peers[row.Incident.Name], row)
	}
	for name, rows := range peers {
		mine := rows[len(rows)-1]
		require.Equal(t, own, mine.Guard)
		fewer := 0
		for _, row := range rows[:len(rows)-1] {
			f, peer := mine.Figures, row.Figures
			assert.GreaterOrEqual(t, f.Healthy, peer.Healthy, "%s: %s", name, row.Guard)
			failsafe := row.Guard == "failsafe-go, rate" || row.Guard == "failsafe-go, rate, limiter"
			if row.Incident.Partial && failsafe && peer.LostPerGood() > 0.1 {
				assert.LessOrEqual(t, f.LostPerGood(), peer.LostPerGood()/3, "%s: %s", name, row.Guard)
			}
			if row.Incident.Nothing && f.Lost > lossless && f.Lost > peer.Lost*11/10 {
				fewer++
			}
		}
		assert.Less(t, fewer, place, "%s: guards that lost fewer worker-seconds", name)
	}
}

// lossless is what a service with 64 workers, which have 19200s in five minutes, does not notice.
const lossless = time.Second

// TestWastedIsBounded counts the calls that are wasted where every call fails: those that open it, those under way at that
// moment, and a probe for each open period; besides those that failed while calls of before still had good answers, for no row of
// failures begins then.
func TestWastedIsBounded(t *testing.T) {
	t.Parallel()
	for _, incident := range Incidents() {
		if !incident.Nothing {
			continue
		}
		t.Run(incident.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var opened firstOpening
				f := Play(incident, Guard{own, func(next Provider) (Provider, func()) {
					opened.upstream = next.(*upstream)
					return NewProviderBreaker(next, quietly(cb.WithObserver(&opened))...), func() {}
				}})
				policy := DefaultProviderPolicies().Complete
				periods := int(incident.Length / (policy.Timeout * 9 / 10))
				bound := policy.Threshold + periods + int(opened.underWay.Load()+opened.upstream.early.Load())
				assert.LessOrEqual(t, f.Wasted, bound)
				assert.GreaterOrEqual(t, f.Wasted, policy.Threshold)
			})
		})
	}
}

// firstOpening notes how many attempts were under way when the breaker first opened.
type firstOpening struct {
	cb.NopObserver
	upstream *upstream
	opened   atomic.Bool
	underWay atomic.Int64
}

func (o *firstOpening) StateChanged(e cb.Event) {
	if e.To == cb.Open && !o.opened.Swap(true) {
		o.underWay.Store(o.upstream.underWay.Load())
	}
}

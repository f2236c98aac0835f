package cbtest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	cb "github.com/cbgen/cbgen/runtime"
)

// Calls are the guarded methods of a wrapper by name, each with what makes one call of it: a stream is read to its end. Methods
// without a context.Context take no notice of ctx.
type Calls map[string]func(ctx context.Context) error

// Conform proves that a wrapper keeps the policies it has: those of its directives, or of the options that wrap adds. wrap makes a
// new wrapper with opts around an upstream that answers well at once, and never blocks; it is called for each walk of each method,
// in a bubble of testing/synctest of its own, so that hours pass in no time.
//
// Every method is taken through the states as its policy says: it opens by so many failures and not before, lets no call get
// through to the upstream while open, then lets so many probes through, and closes or reopens by how they end. Deadline, bulkhead,
// retries, slow calls, the ramp, a caller that gives up, and fallbacks are walked where the policy has them. Failures are made
// in the place of the upstream, by cb.WithInjector: wrap must not set another one, nor a jitter or a registry.
func Conform(t *testing.T, wrap func(opts ...cb.Option) Calls) {
	t.Helper()
	var methods []string
	synctest.Test(t, func(t *testing.T) {
		methods = slices.Sorted(maps.Keys(newBench(wrap, halfway).calls))
	})
	if len(methods) == 0 {
		t.Fatal("cbtest: there are no calls")
	}
	for _, method := range methods {
		t.Run(method, func(t *testing.T) {
			var policy cb.Policy
			synctest.Test(t, func(t *testing.T) {
				policy = newBench(wrap, halfway).stage(t, method).policy
			})
			for _, walk := range walks() {
				if walk.applies != nil && !walk.applies(&policy) {
					continue
				}
				t.Run(walk.name, func(t *testing.T) {
					jitters := walk.jitters
					if jitters == nil {
						jitters = []float64{halfway}
					}
					for _, jitter := range jitters {
						synctest.Test(t, func(t *testing.T) {
							s := newBench(wrap, jitter).stage(t, method)
							s.jitter = jitter
							walk.run(s)
						})
					}
				})
			}
		})
	}
}

// halfway makes open periods as long as they are written.
const halfway = 0.5

// walk is one part of a breaker's life.
type walk struct {
	name    string
	applies func(p *cb.Policy) bool // nil: to every policy
	jitters []float64               // with which it is walked; none: halfway
	run     func(s *stage)
}

func walks() []walk {
	written := func(value func(p *cb.Policy) int64) func(p *cb.Policy) bool {
		return func(p *cb.Policy) bool { return value(p) > 0 }
	}
	return []walk{
		{name: "stays closed while the upstream is well", run: (*stage).staysClosed},
		{name: "ignores callers that give up", run: (*stage).ignoresCallers},
		{name: "opens after so many failures", run: (*stage).opensAfterFailures},
		{name: "counts failures in a row", applies: judgesRows, run: (*stage).countsRows},
		{name: "opens by its ratio", applies: judgesShares, run: (*stage).opensByRatio},
		{name: "forgets what is older than its window", applies: hasWindow, run: (*stage).forgetsOldCalls},
		{name: "lets nothing through while open", jitters: []float64{0, halfway, 1}, run: (*stage).rejectsWhileOpen},
		{name: "lets its probes through and closes", run: (*stage).closesByProbes},
		{name: "reopens by a failed probe", run: (*stage).reopens},
		{name: "gives up a probe that hangs", run: (*stage).givesUpHangingProbe},
		{name: "ramps up", applies: func(p *cb.Policy) bool { return p.Ramp > 0 && p.Surge == 0 }, run: (*stage).rampsUp},
		{name: "holds back who waited", applies: func(p *cb.Policy) bool { return p.Surge > 0 }, run: (*stage).holdsBack},
		{name: "ends calls at its limit", applies: written(func(p *cb.Policy) int64 { return int64(limitOf(p)) }), run: (*stage).endsCalls},
		{name: "counts slow calls", applies: written(func(p *cb.Policy) int64 { return int64(p.Slow) }), run: (*stage).countsSlowCalls},
		{name: "bounds the calls at once", applies: written(func(p *cb.Policy) int64 { return int64(p.Bulkhead.Max) }), run: (*stage).boundsCalls},
		{name: "retries", applies: written(func(p *cb.Policy) int64 { return int64(p.Retry.Max) }), run: (*stage).retries},
		{name: "falls back", applies: written(func(p *cb.Policy) int64 { return int64(len(p.Fallbacks)) }), run: (*stage).fallsBack},
	}
}

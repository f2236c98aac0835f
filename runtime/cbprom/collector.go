// Package cbprom shows circuit breakers to Prometheus: what they are up to ([New]) and, for those who ask, how long calls take
// ([NewLatency]).
//
//	registry := cb.NewRegistry()
//	prometheus.MustRegister(cbprom.New(registry))
//	provider := chat.NewProviderBreaker(client, fallback, cb.WithRegistry(registry))
//
// Every series has the labels client and method, and a keyed breaker's also key. All are there, at zero, before the first call.
// The command `cbgen rules` writes alerts over them from the directives, `cbgen dashboard` a dashboard.
//
//	circuit_breaker_state                              0 closed, 0.5 half-open, 1 open
//	circuit_breaker_trips_total                        how often it opened
//	circuit_breaker_transitions_total{from,to}         changes of state
//	circuit_breaker_open_seconds_total                 how long it rejected every call
//	circuit_breaker_calls_total{outcome}               attempts that ended: success, failure, ignored
//	circuit_breaker_rejects_total{reason}              open, too-many-probes, ramping, bulkhead-full
//	circuit_breaker_fallbacks_total{kind,outcome}      fallbacks that were asked: answered, failed
//	circuit_breaker_retries_total                      attempts beyond the first of their call
//	circuit_breaker_in_flight                          calls that run now
//
// States that are held by hand have the number of what they do: forced-open is 1, forced-closed and disabled are 0; which of them
// it is the labels of transitions tell. The kind of a fallback is its name in the policy: standby, cache, queue, or the method's or
// function's; "other" stands for those that the policy of a breaker made by hand does not name, from their first answer on.
//
// Breakers of one group share a circuit: each of its methods shows the group's state, trips, transitions and time open, and what is
// added up over methods counts them once for each. A keyed method has as many values of key as it has breakers, its directive's max
// and one for the others at most; what is held by hand there shows once it has happened.
package cbprom

import (
	"github.com/prometheus/client_golang/prometheus"

	cb "github.com/cbgen/cbgen/runtime"
)

// New returns a collector of all breakers of the registry, those included that are made later. It reads a [cb.Snapshot] of each as
// it is scraped: calls cost what they cost without it, and a scrape changes no state. It may be scraped by several at once.
//
// It describes nothing beforehand, for the breakers, and whether they have a key, are known when it is scraped: what Prometheus's
// client calls an unchecked collector. Registering two for one cb.Registry is found at the first scrape, which fails.
func New(registry *cb.Registry) prometheus.Collector { return &collector{registry} }

type collector struct{ registry *cb.Registry }

// Describe describes nothing: see [New].
func (*collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends every series of every breaker.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	for _, snapshot := range c.registry.Snapshots() {
		series{out, &snapshot}.send()
	}
}

// metric is one of the metrics, with the labels it has beside those of its breaker.
type metric struct {
	plain, keyed *prometheus.Desc
	kind         prometheus.ValueType
}

func newMetric(kind prometheus.ValueType, name, help string, labels ...string) metric {
	name = prometheus.BuildFQName("circuit_breaker", "", name)
	desc := func(own ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append(own, labels...), nil)
	}
	return metric{desc("client", "method"), desc("client", "method", "key"), kind}
}

// metrics are all there are.
var metrics = struct {
	state, trips, transitions, open, calls, rejects, fallbacks, retries, inFlight metric
}{
	state: newMetric(prometheus.GaugeValue, "state",
		"State of the circuit breaker: 0 closed, 0.5 half-open, 1 open."),
	trips: newMetric(prometheus.CounterValue, "trips_total",
		"How often the circuit breaker opened."),
	transitions: newMetric(prometheus.CounterValue, "transitions_total",
		"Changes of the circuit breaker's state.", "from", "to"),
	open: newMetric(prometheus.CounterValue, "open_seconds_total",
		"Time during which the circuit breaker rejected every call."),
	calls: newMetric(prometheus.CounterValue, "calls_total",
		"Calls that the circuit breaker let through and that ended, retries included.", "outcome"),
	rejects: newMetric(prometheus.CounterValue, "rejects_total",
		"Calls that were rejected before they were made.", "reason"),
	fallbacks: newMetric(prometheus.CounterValue, "fallbacks_total",
		"Fallbacks that were asked instead.", "kind", "outcome"),
	retries: newMetric(prometheus.CounterValue, "retries_total",
		"Attempts beyond the first of their call."),
	inFlight: newMetric(prometheus.GaugeValue, "in_flight",
		"Calls that were let through and have not ended."),
}

// series are those of one breaker.
type series struct {
	out      chan<- prometheus.Metric
	snapshot *cb.Snapshot
}

func (s series) send() {
	b := s.snapshot
	s.add(metrics.state, b.State.Gauge())
	s.add(metrics.trips, float64(b.Trips))
	for _, t := range b.Transitions {
		// A key may have thousands of values, and the many ways of a hand are hardly ever taken.
		if b.Key == "" || t.Count > 0 || !byHand(t) {
			s.add(metrics.transitions, float64(t.Count), t.From.String(), t.To.String())
		}
	}
	s.add(metrics.open, b.OpenFor.Seconds())
	s.add(metrics.calls, float64(b.Counts.Success), string(cb.OutcomeSuccess))
	s.add(metrics.calls, float64(b.Counts.Failure), string(cb.OutcomeFailure))
	s.add(metrics.calls, float64(b.Counts.Ignored), string(cb.OutcomeIgnored))
	for reason, n := range b.Rejections {
		s.add(metrics.rejects, float64(n), string(reason))
	}
	s.addFallbacks()
	s.add(metrics.retries, float64(b.Retries))
	s.add(metrics.inFlight, float64(b.InFlight))
}

// addFallbacks adds up those of one name, which a policy may name twice.
func (s series) addFallbacks() {
	kinds := make(map[string]cb.FallbackCounts, len(s.snapshot.Fallbacks))
	for _, f := range s.snapshot.Fallbacks {
		if f.Name == "" {
			f.Name = "other"
		}
		sum := kinds[f.Name]
		kinds[f.Name] = cb.FallbackCounts{Answered: sum.Answered + f.Answered, Failed: sum.Failed + f.Failed}
	}
	for kind, n := range kinds {
		s.add(metrics.fallbacks, float64(n.Answered), kind, "answered")
		s.add(metrics.fallbacks, float64(n.Failed), kind, "failed")
	}
}

func (s series) add(m metric, value float64, labels ...string) {
	desc, own := m.plain, []string{s.snapshot.Client, s.snapshot.Method}
	if s.snapshot.Key != "" {
		desc, own = m.keyed, append(own, s.snapshot.Key)
	}
	sample, err := prometheus.NewConstMetric(desc, m.kind, value, append(own, labels...)...)
	if err != nil { // a name that is no UTF-8
		sample = prometheus.NewInvalidMetric(desc, err)
	}
	s.out <- sample
}

// byHand tells whether a transition is to or from a state that is held by hand.
func byHand(t cb.Transitions) bool { return t.From > cb.Open || t.To > cb.Open }

package cbotel

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	cb "github.com/cbgen/cbgen/runtime"
)

const scope = "github.com/cbgen/cbgen/runtime/cbotel"

// Register shows all breakers of the registry, those included that are made later, as metrics of the provider; nil: the global one.
// It reads a [cb.Snapshot] of each when metrics are collected: calls cost what they cost without it, and collecting changes no state.
// Unregister the result to end it. The error is the provider's, where it refuses an instrument.
func Register(registry *cb.Registry, provider metric.MeterProvider) (metric.Registration, error) {
	if provider == nil {
		provider = otel.GetMeterProvider()
	}
	m := maker{meter: provider.Meter(scope)}
	i := instruments{
		trips:       m.counter("circuit_breaker.trips", "How often the circuit breaker opened.", "{trip}"),
		transitions: m.counter("circuit_breaker.transitions", "Changes of the circuit breaker's state.", "{transition}"),
		calls:       m.counter("circuit_breaker.calls", "Calls that the circuit breaker let through and that ended, retries included.", "{call}"),
		rejects:     m.counter("circuit_breaker.rejects", "Calls that were rejected before they were made.", "{call}"),
		fallbacks:   m.counter("circuit_breaker.fallbacks", "Fallbacks that were asked instead.", "{call}"),
		retries:     m.counter("circuit_breaker.retries", "Attempts beyond the first of their call.", "{call}"),
	}
	var err error
	i.state, err = m.meter.Float64ObservableGauge("circuit_breaker.state", metric.WithUnit("{state}"),
		metric.WithDescription("State of the circuit breaker: 0 closed, 0.5 half-open, 1 open."))
	m.keep(i.state, err)
	i.open, err = m.meter.Float64ObservableCounter("circuit_breaker.open", metric.WithUnit("s"),
		metric.WithDescription("Time during which the circuit breaker rejected every call."))
	m.keep(i.open, err)
	i.inFlight, err = m.meter.Int64ObservableUpDownCounter("circuit_breaker.in_flight", metric.WithUnit("{call}"),
		metric.WithDescription("Calls that were let through and have not ended."))
	m.keep(i.inFlight, err)
	if m.err != nil {
		return nil, m.err
	}
	return m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, s := range registry.Snapshots() {
			i.observe(o, &s)
		}
		return nil
	}, m.made...)
}

// maker makes instruments and keeps the first error.
type maker struct {
	meter metric.Meter
	made  []metric.Observable
	err   error
}

func (m *maker) keep(instrument metric.Observable, err error) {
	if m.err == nil {
		m.err = err
	}
	m.made = append(m.made, instrument)
}

func (m *maker) counter(name, help, unit string) metric.Int64ObservableCounter {
	counter, err := m.meter.Int64ObservableCounter(name, metric.WithDescription(help), metric.WithUnit(unit))
	m.keep(counter, err)
	return counter
}

type instruments struct {
	state                                                  metric.Float64ObservableGauge
	open                                                   metric.Float64ObservableCounter
	inFlight                                               metric.Int64ObservableUpDownCounter
	trips, transitions, calls, rejects, fallbacks, retries metric.Int64ObservableCounter
}

func (i *instruments) observe(o metric.Observer, s *cb.Snapshot) {
	own := breakerAttributes(s.Client, s.Method, s.Key)
	with := func(more ...attribute.KeyValue) metric.ObserveOption {
		return metric.WithAttributes(append(own[:len(own):len(own)], more...)...)
	}
	count := func(counter metric.Int64ObservableCounter, n uint64, attributes ...attribute.KeyValue) {
		o.ObserveInt64(counter, int64(n), with(attributes...)) //nolint:gosec // no counter gets there
	}
	o.ObserveFloat64(i.state, s.State.Gauge(), with())
	o.ObserveFloat64(i.open, s.OpenFor.Seconds(), with())
	o.ObserveInt64(i.inFlight, int64(s.InFlight), with())
	count(i.trips, s.Trips)
	count(i.retries, s.Retries)
	for _, t := range s.Transitions {
		// A key may have thousands of values, and the many ways of a hand are hardly ever taken.
		if s.Key == "" || t.Count > 0 || t.From <= cb.Open && t.To <= cb.Open {
			count(i.transitions, t.Count, attribute.Stringer("from", t.From), attribute.Stringer("to", t.To))
		}
	}
	count(i.calls, s.Counts.Success, attribute.String("outcome", string(cb.OutcomeSuccess)))
	count(i.calls, s.Counts.Failure, attribute.String("outcome", string(cb.OutcomeFailure)))
	count(i.calls, s.Counts.Ignored, attribute.String("outcome", string(cb.OutcomeIgnored)))
	for reason, n := range s.Rejections {
		count(i.rejects, n, attribute.String("reason", string(reason)))
	}
	for kind, f := range byKind(s.Fallbacks) {
		count(i.fallbacks, f.Answered, attribute.String("kind", kind), attribute.String("outcome", answered))
		count(i.fallbacks, f.Failed, attribute.String("kind", kind), attribute.String("outcome", failed))
	}
}

const answered, failed = "answered", "failed"

func breakerAttributes(client, method, key string) []attribute.KeyValue {
	attributes := []attribute.KeyValue{attribute.String("client", client), attribute.String("method", method)}
	if key != "" {
		attributes = append(attributes, attribute.String("key", key))
	}
	return attributes
}

// byKind adds up fallbacks of one name, which a policy may name twice.
func byKind(fallbacks []cb.FallbackCounts) map[string]cb.FallbackCounts {
	kinds := make(map[string]cb.FallbackCounts, len(fallbacks))
	for _, f := range fallbacks {
		if f.Name == "" {
			f.Name = "other"
		}
		sum := kinds[f.Name]
		kinds[f.Name] = cb.FallbackCounts{Answered: sum.Answered + f.Answered, Failed: sum.Failed + f.Failed}
	}
	return kinds
}

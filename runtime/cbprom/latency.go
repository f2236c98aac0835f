package cbprom

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	cb "github.com/cbgen/cbgen/runtime"
)

// Latency is a histogram of how long calls take: circuit_breaker_call_duration_seconds, with the labels client, method and outcome
// (success, failure, ignored), and none for a key. It has native buckets, a tenth wide at most, which Prometheus scrapes as protobuf
// with scrape_native_histograms, and the classic ones of [prometheus.DefBuckets] for everything else.
//
// It is both a collector and an observer, and must be given to the breakers before they are made:
//
//	latency := cbprom.NewLatency()
//	prometheus.MustRegister(latency)
//	registry := cb.NewRegistry(cb.WithObserver(latency))
//
// Calls of these breakers then read the clock twice, which those of others do not. Where the call's context carries a value for it,
// [WithExemplar] adds an exemplar.
type Latency struct {
	cb.NopObserver
	*prometheus.HistogramVec
	exemplar func(context.Context) prometheus.Labels
}

var _ cb.CallObserver = (*Latency)(nil)

// LatencyOption sets something of a [Latency]. A nil one does nothing.
type LatencyOption func(*Latency)

// WithExemplar gives observations the labels that exemplar finds in the context of their call, such as a trace's id; nil: none.
// Their names and values may have 128 characters together.
func WithExemplar(exemplar func(context.Context) prometheus.Labels) LatencyOption {
	return func(l *Latency) { l.exemplar = exemplar }
}

// NewLatency returns an empty histogram.
func NewLatency(opts ...LatencyOption) *Latency {
	l := &Latency{HistogramVec: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:                            "circuit_breaker_call_duration_seconds",
		Help:                            "How long calls took that the circuit breaker let through.",
		Buckets:                         prometheus.DefBuckets,
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  160,
		NativeHistogramMinResetDuration: time.Hour,
	}, []string{"client", "method", "outcome"})}
	for _, opt := range opts {
		if opt != nil {
			opt(l)
		}
	}
	return l
}

// CallEnded observes a call.
func (l *Latency) CallEnded(ctx context.Context, e cb.CallEvent) {
	observer := l.WithLabelValues(e.Client, e.Method, string(e.Outcome))
	if l.exemplar != nil {
		if labels := l.exemplar(ctx); labels != nil {
			observer.(prometheus.ExemplarObserver).ObserveWithExemplar(e.Took.Seconds(), labels) //nolint:forcetypeassert // histograms are
			return
		}
	}
	observer.Observe(e.Took.Seconds())
}

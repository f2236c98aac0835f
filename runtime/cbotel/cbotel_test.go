package cbotel_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbotel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

func newRegistry(opts ...cb.Option) *cb.Registry {
	return cb.NewRegistry(append(opts, cb.WithLogger(slog.New(slog.DiscardHandler)), cb.WithJitter(func() float64 { return 0.5 }))...)
}

// collect reads all metrics: each point as "name unit kind{attributes} value".
func collect(t *testing.T, reader *sdkmetric.ManualReader) (points []string) {
	t.Helper()
	var data metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &data))
	for _, scope := range data.ScopeMetrics {
		assert.Equal(t, "github.com/cbgen/cbgen/runtime/cbotel", scope.Scope.Name)
		for _, m := range scope.Metrics {
			assert.NotEmpty(t, m.Description)
			add := func(kind string, attributes attribute.Set, value any) {
				points = append(points, fmt.Sprintf("%s [%s] %s{%s} %v", m.Name, m.Unit, kind,
					attributes.Encoded(attribute.DefaultEncoder()), value))
			}
			sum := func(monotonic bool, temporality metricdata.Temporality) string {
				assert.Equal(t, metricdata.CumulativeTemporality, temporality)
				return map[bool]string{true: "counter", false: "updown"}[monotonic]
			}
			switch d := m.Data.(type) {
			case metricdata.Gauge[float64]:
				for _, p := range d.DataPoints {
					add("gauge", p.Attributes, p.Value)
				}
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					add(sum(d.IsMonotonic, d.Temporality), p.Attributes, p.Value)
				}
			case metricdata.Sum[float64]:
				for _, p := range d.DataPoints {
					add(sum(d.IsMonotonic, d.Temporality), p.Attributes, p.Value)
				}
			default:
				t.Errorf("%s is a %T", m.Name, m.Data)
			}
		}
	}
	slices.Sort(points)
	return points
}

func newReader(t *testing.T, registry *cb.Registry) (*sdkmetric.ManualReader, metric.Registration) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	t.Cleanup(func() { require.NoError(t, provider.Shutdown(context.Background())) })
	registration, err := cbotel.Register(registry, provider)
	require.NoError(t, err)
	return reader, registration
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newRegistry()
		reader, registration := newReader(t, registry)
		assert.Empty(t, collect(t, reader))
		b := cb.NewClient("c", cb.WithRegistry(registry)).Breaker("M", cb.Policy{Fallbacks: []cb.Fallback{{Name: "cache"}}})

		byHand := func(point string) bool {
			return strings.Contains(point, "forced") || strings.Contains(point, "disabled")
		}
		zero := collect(t, reader)
		assert.Len(t, slices.DeleteFunc(slices.Clone(zero), func(p string) bool { return !byHand(p) }), 18)
		assert.Equal(t, []string{
			"circuit_breaker.calls [{call}] counter{client=c,method=M,outcome=failure} 0",
			"circuit_breaker.calls [{call}] counter{client=c,method=M,outcome=ignored} 0",
			"circuit_breaker.calls [{call}] counter{client=c,method=M,outcome=success} 0",
			"circuit_breaker.fallbacks [{call}] counter{client=c,kind=cache,method=M,outcome=answered} 0",
			"circuit_breaker.fallbacks [{call}] counter{client=c,kind=cache,method=M,outcome=failed} 0",
			"circuit_breaker.in_flight [{call}] updown{client=c,method=M} 0",
			"circuit_breaker.open [s] counter{client=c,method=M} 0",
			"circuit_breaker.rejects [{call}] counter{client=c,method=M,reason=bulkhead-full} 0",
			"circuit_breaker.rejects [{call}] counter{client=c,method=M,reason=open} 0",
			"circuit_breaker.rejects [{call}] counter{client=c,method=M,reason=ramping} 0",
			"circuit_breaker.rejects [{call}] counter{client=c,method=M,reason=too-many-probes} 0",
			"circuit_breaker.retries [{call}] counter{client=c,method=M} 0",
			"circuit_breaker.state [{state}] gauge{client=c,method=M} 0",
			"circuit_breaker.transitions [{transition}] counter{client=c,from=closed,method=M,to=open} 0",
			"circuit_breaker.transitions [{transition}] counter{client=c,from=half-open,method=M,to=closed} 0",
			"circuit_breaker.transitions [{transition}] counter{client=c,from=half-open,method=M,to=open} 0",
			"circuit_breaker.transitions [{transition}] counter{client=c,from=open,method=M,to=closed} 0",
			"circuit_breaker.transitions [{transition}] counter{client=c,from=open,method=M,to=half-open} 0",
			"circuit_breaker.trips [{trip}] counter{client=c,method=M} 0",
		}, slices.DeleteFunc(zero, byHand))

		for range 5 {
			_ = b.Do(t.Context(), func(context.Context) error { return errDown })
		}
		_ = b.Do(t.Context(), nil, func(context.Context, error) error { return nil })
		time.Sleep(20 * time.Second)
		got := collect(t, reader)
		for _, want := range []string{
			"circuit_breaker.calls [{call}] counter{client=c,method=M,outcome=failure} 5",
			"circuit_breaker.fallbacks [{call}] counter{client=c,kind=cache,method=M,outcome=answered} 1",
			"circuit_breaker.open [s] counter{client=c,method=M} 20",
			"circuit_breaker.rejects [{call}] counter{client=c,method=M,reason=open} 1",
			"circuit_breaker.state [{state}] gauge{client=c,method=M} 1",
			"circuit_breaker.transitions [{transition}] counter{client=c,from=closed,method=M,to=open} 1",
			"circuit_breaker.trips [{trip}] counter{client=c,method=M} 1",
		} {
			assert.Contains(t, got, want)
		}
		time.Sleep(time.Hour)
		collect(t, reader)
		assert.Equal(t, cb.Open, b.State(), "looking changes nothing")
		go func() { _ = b.Do(t.Context(), func(context.Context) error { time.Sleep(time.Second); return nil }) }()
		synctest.Wait()
		got = collect(t, reader)
		assert.Contains(t, got, "circuit_breaker.state [{state}] gauge{client=c,method=M} 0.5")
		assert.Contains(t, got, "circuit_breaker.in_flight [{call}] updown{client=c,method=M} 1")
		time.Sleep(time.Minute)
		require.NoError(t, registration.Unregister())
		assert.Empty(t, collect(t, reader))
	})
}

// sameText are keys that differ and read the same.
type sameText int

func (sameText) String() string { return "same" }

func TestMetricsOfKeys(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	reader, _ := newReader(t, registry)
	k := cb.KeyedBreaker[sameText](cb.NewClient("c", cb.WithRegistry(registry)), "M", cb.Policy{}, 10)
	k.For(1).Trip()
	k.For(2).ForceOpen()
	_ = k.For(3).Do(t.Context(), func(context.Context) error { return nil }, nil)
	_ = k.For(1).Do(t.Context(), nil, func(context.Context, error) error { return nil })
	got := collect(t, reader)
	for _, want := range []string{
		"circuit_breaker.calls [{call}] counter{client=c,key=same,method=M,outcome=success} 1",
		"circuit_breaker.fallbacks [{call}] counter{client=c,key=same,kind=other,method=M,outcome=answered} 1",
		"circuit_breaker.state [{state}] gauge{client=c,key=(overflow),method=M} 0",
		"circuit_breaker.state [{state}] gauge{client=c,key=same,method=M} 1",
		"circuit_breaker.transitions [{transition}] counter{client=c,from=closed,key=same,method=M,to=forced-open} 1",
		"circuit_breaker.trips [{trip}] counter{client=c,key=same,method=M} 1",
	} {
		assert.Contains(t, got, want)
	}
	assert.NotContains(t, strings.Join(got, "\n"), "to=disabled", "not what a hand has not done")
}

// The figures are the documentation's: how many breakers need a higher limit, and what it is to be.
func TestManyBreakersNeedAHigherLimit(t *testing.T) {
	t.Parallel()
	points := func(methods, keys int, opts ...sdkmetric.Option) (list []string) {
		registry, reader := newRegistry(), sdkmetric.NewManualReader()
		_, err := cbotel.Register(registry, sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader))...))
		require.NoError(t, err)
		client := cb.NewClient("c", cb.WithRegistry(registry))
		for n := range methods {
			client.Breaker(fmt.Sprint("M", n), cb.Policy{})
		}
		if keys > 0 {
			keyed := cb.KeyedBreaker[int](client, "K", cb.Policy{}, keys)
			for n := range keys - 1 { // and one for the others
				keyed.For(n)
			}
		}
		return slices.DeleteFunc(collect(t, reader), func(p string) bool { return !strings.HasPrefix(p, "circuit_breaker.transitions ") })
	}
	const overflow = "circuit_breaker.transitions [{transition}] counter{otel.metric.overflow=true} 0"
	assert.NotContains(t, points(86, 0), overflow)
	assert.Contains(t, points(87, 0), overflow)
	assert.NotContains(t, points(0, 399), overflow)
	assert.Contains(t, points(0, 400), overflow)
	assert.Len(t, points(87, 400, sdkmetric.WithCardinalityLimit(0)), 87*23+400*5)
}

func TestRegisterTakesAnyProvider(t *testing.T) {
	t.Parallel()
	for _, provider := range []metric.MeterProvider{nil, noop.NewMeterProvider()} {
		registration, err := cbotel.Register(newRegistry(), provider)
		require.NoError(t, err)
		require.NoError(t, registration.Unregister())
	}
}

func TestSpanEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spans := tracetest.NewSpanRecorder()
		tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
		registry := newRegistry(cb.WithObserver(cbotel.NewObserver()))
		k := cb.KeyedBreaker[string](cb.NewClient("c", cb.WithRegistry(registry)), "M", cb.Policy{
			Threshold: 2, Retry: cb.Retry{Max: 1}, Fallbacks: []cb.Fallback{{Name: "cache"}, {Name: "Apologize"}}}, 10)
		b := k.For("k")
		events := func(fn func(context.Context) error, fallbacks ...func(context.Context, error) error) (told []string) {
			ctx, span := tracer.Start(t.Context(), "operation")
			_ = b.Do(ctx, fn, fallbacks...)
			span.End()
			ended := spans.Ended()
			for _, e := range ended[len(ended)-1].Events() {
				set := attribute.NewSet(e.Attributes...)
				told = append(told, e.Name+" "+set.Encoded(attribute.DefaultEncoder()))
			}
			assert.Equal(t, "Unset", ended[len(ended)-1].Status().Code.String())
			return told
		}
		failing := func(context.Context) error { return errDown }
		fine := func(context.Context) error { return nil }
		no := func(context.Context, error) error { return errors.New("nothing kept") }
		yes := func(context.Context, error) error { return nil }

		assert.Equal(t, []string{
			"circuit_breaker.retry attempt=1,client=c,error=down,key=k,method=M,wait=0.1",
			"circuit_breaker.state_changed cause=down,client=c,from=closed,key=k,method=M,retry_after=30,to=open",
			"circuit_breaker.fallback cause=down (after 2 attempts),client=c,error=nothing kept,key=k,kind=cache,method=M,outcome=failed",
			"circuit_breaker.fallback cause=down (after 2 attempts),client=c,key=k,kind=Apologize,method=M,outcome=answered",
		}, events(failing, no, yes))
		assert.Equal(t, []string{
			"circuit_breaker.rejected cause=down,client=c,key=k,method=M,reason=open,retry_after=30,state=open",
		}, events(fine))
		time.Sleep(30 * time.Second)
		assert.Equal(t, []string{
			"circuit_breaker.state_changed cause=down,client=c,from=open,key=k,method=M,to=half-open",
			"circuit_breaker.state_changed client=c,from=half-open,key=k,method=M,to=closed",
		}, events(fine))
		assert.Empty(t, events(fine))

		b.Trip() // by hand, without a span
		require.Error(t, b.Do(t.Context(), fine))
		assert.Len(t, spans.Ended(), 4)

		stored := events(fine, func(context.Context, error) error { return &cb.QueuedError{TaskID: "7"} })
		require.Len(t, stored, 2)
		assert.Contains(t, stored[1], "outcome=answered", "as the metrics count it")
		assert.NotContains(t, stored[1], "error=")
	})
}

// mute is an error that cannot say what it is.
type mute struct{}

func (*mute) Error() string { panic("no text") }

func TestErrorsOfOthersAreToldInUTF8(t *testing.T) {
	t.Parallel()
	for text, failure := range map[string]error{
		"status 503: caf\uFFFD": errors.New("status 503: caf\xc3"),
		"whose Error panicked":  &mute{},
	} {
		spans := tracetest.NewSpanRecorder()
		ctx, span := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test").Start(t.Context(), "operation")
		b := cb.NewClient("c", cb.WithRegistry(newRegistry(cb.WithObserver(cbotel.NewObserver())))).Breaker("M", cb.Policy{
			Threshold: 1, Fallbacks: []cb.Fallback{{Name: "cache"}}})
		fails := func(context.Context) error { return failure }
		for range 2 { // it opens, and is rejected
			_ = b.Do(ctx, fails, func(ctx context.Context, _ error) error { return fails(ctx) })
		}
		span.End()
		told := 0
		for _, e := range spans.Ended()[0].Events() {
			for _, a := range e.Attributes {
				if a.Key == "cause" || a.Key == "error" {
					told++
					assert.Contains(t, a.Value.AsString(), text, e.Name)
				}
			}
		}
		assert.Equal(t, 6, told, "the change, the rejection, and two of each fallback")
	}
}

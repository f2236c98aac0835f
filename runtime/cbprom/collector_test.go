package cbprom_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbprom"
)

var errDown = errors.New("down")

// newRegistry is a quiet one whose breakers stay open exactly as long as they say.
func newRegistry(opts ...cb.Option) *cb.Registry {
	quiet := []cb.Option{cb.WithLogger(discard()), cb.WithJitter(func() float64 { return 0.5 })}
	return cb.NewRegistry(append(quiet, opts...)...)
}

// call makes n calls that end with err; what fails is answered by each fallback in turn, as far as it has an error.
func call(b *cb.Breaker, n int, err error, fallbacks ...error) {
	answers := make([]func(context.Context, error) error, len(fallbacks))
	for k, answer := range fallbacks {
		answers[k] = func(context.Context, error) error { return answer }
	}
	for range n {
		_ = b.Do(context.Background(), func(context.Context) error { return err }, answers...)
	}
}

// value is one series of the collector, as name{label="value",...}.
func value(t *testing.T, c prometheus.Collector, series string) float64 {
	t.Helper()
	name, rest, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
	labels := strings.Split(rest, ",")
	slices.Sort(labels)
	series = name + "{" + strings.Join(labels, ",") + "}"
	for line := range strings.Lines(exposition(t, c)) {
		if name, number, ok := strings.Cut(line, "} "); ok && name+"}" == series {
			return parse(t, strings.TrimSpace(number))
		}
	}
	require.Fail(t, "no such series", series)
	return 0
}

// TestNamesAndLabels pins every name and label, and that all are there, at zero, before the first call.
func TestNamesAndLabels(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	client := cb.NewClient("chat.Provider", cb.WithRegistry(registry))
	client.Breaker("Complete", cb.Policy{Fallbacks: []cb.Fallback{{Name: "standby"}, {Name: "CompleteCached"}}})
	models := cb.KeyedBreaker[string](client, "Embed", cb.Policy{}, 1)
	models.For("small")
	got := exposition(t, cbprom.New(registry))
	golden := filepath.Join("testdata", "metrics.golden")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestLint(t *testing.T) {
	t.Parallel()
	latency := cbprom.NewLatency()
	registry := newRegistry(cb.WithObserver(latency))
	client := cb.NewClient("chat.Provider", cb.WithRegistry(registry))
	call(client.Breaker("Complete", cb.Policy{Fallbacks: []cb.Fallback{{Name: "Cached"}}}), 6, errDown, nil)
	cb.KeyedBreaker[string](client, "Embed", cb.Policy{}, 0).For("small")
	for _, c := range []prometheus.Collector{cbprom.New(registry), latency} {
		problems, err := testutil.CollectAndLint(c)
		require.NoError(t, err)
		assert.Empty(t, problems)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newRegistry()
		c := cbprom.New(registry)
		b := cb.NewClient("chat.Provider", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{
			Threshold: 2, Ignore: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(context.DeadlineExceeded)}},
			Retry:     cb.Retry{Max: 1, Backoff: time.Millisecond},
			Fallbacks: []cb.Fallback{{Name: "standby"}, {Name: "Cached"}, {Name: "standby"}},
		})
		want := func(series string, number float64) {
			t.Helper()
			assert.InDelta(t, number, value(t, c, series), 1e-9, series)
		}
		const method = `client="chat.Provider",method="Complete"`
		want(`circuit_breaker_state{`+method+`}`, 0)
		call(b, 3, nil)
		call(b, 1, errDown, errDown, errDown, nil) // and its retry
		want(`circuit_breaker_state{`+method+`}`, 1)
		want(`circuit_breaker_calls_total{`+method+`,outcome="success"}`, 3)
		want(`circuit_breaker_calls_total{`+method+`,outcome="failure"}`, 2)
		want(`circuit_breaker_calls_total{`+method+`,outcome="ignored"}`, 0)
		want(`circuit_breaker_retries_total{`+method+`}`, 1)
		want(`circuit_breaker_fallbacks_total{`+method+`,kind="standby",outcome="answered"}`, 1)
		want(`circuit_breaker_fallbacks_total{`+method+`,kind="standby",outcome="failed"}`, 1)
		want(`circuit_breaker_fallbacks_total{`+method+`,kind="Cached",outcome="failed"}`, 1)
		call(b, 4, nil)
		want(`circuit_breaker_rejects_total{`+method+`,reason="open"}`, 4)
		call(b, 1, nil, errDown, errDown, errDown, nil) // one more than the policy names
		want(`circuit_breaker_fallbacks_total{`+method+`,kind="other",outcome="answered"}`, 1)

		time.Sleep(45 * time.Second)
		want(`circuit_breaker_open_seconds_total{`+method+`}`, 45)
		hang := make(chan struct{})
		go func() { _ = b.Do(t.Context(), func(context.Context) error { <-hang; return nil }) }()
		synctest.Wait()
		want(`circuit_breaker_state{`+method+`}`, 0.5)
		want(`circuit_breaker_in_flight{`+method+`}`, 1)
		close(hang)
		synctest.Wait()
		want(`circuit_breaker_state{`+method+`}`, 0)
		want(`circuit_breaker_trips_total{`+method+`}`, 1)
		want(`circuit_breaker_transitions_total{`+method+`,from="half-open",to="closed"}`, 1)
		for state, number := range map[string]float64{"forced-open": 1, "forced-closed": 0, "disabled": 0} {
			map[string]func(){"forced-open": b.ForceOpen, "forced-closed": b.ForceClose, "disabled": b.Disable}[state]()
			want(`circuit_breaker_state{`+method+`}`, number)
			b.Reset()
			want(`circuit_breaker_transitions_total{`+method+`,from="`+state+`",to="closed"}`, 1)
		}
	})
}

// TestScrapingChangesNothing: an open period that has passed reads open until a call probes it.
func TestScrapingChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newRegistry()
		c := cbprom.New(registry)
		b := cb.NewClient("chat.Provider", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{Threshold: 1})
		call(b, 1, errDown)
		time.Sleep(time.Hour)
		before := exposition(t, c)
		for range 10 {
			assert.Equal(t, before, exposition(t, c))
		}
		assert.Equal(t, cb.Open, b.State())
		call(b, 1, nil)
		assert.Equal(t, cb.Closed, b.State())
	})
}

func TestShortOpeningBetweenTwoScrapes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newRegistry()
		c := cbprom.New(registry)
		b := cb.NewClient("chat.Provider", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{Threshold: 1, Timeout: time.Second})
		_ = exposition(t, c)
		call(b, 1, errDown)
		time.Sleep(time.Second)
		call(b, 1, nil)
		time.Sleep(15 * time.Second)
		const method = `client="chat.Provider",method="Complete"}`
		assert.Zero(t, value(t, c, `circuit_breaker_state{`+method))
		assert.InDelta(t, 1, value(t, c, `circuit_breaker_trips_total{`+method), 0)
		assert.InDelta(t, 1, value(t, c, `circuit_breaker_open_seconds_total{`+method), 1e-9)
	})
}

// textKey is a key of which different values may read the same.
type textKey struct{ text, more string }

func (k textKey) String() string { return k.text }

// TestKeysOfOneText share their series: two of the same labels would fail the scrape, and whoever sends keys could do that.
func TestKeysOfOneText(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	models := cb.KeyedBreaker[textKey](cb.NewClient("chat.Provider", cb.WithRegistry(registry)), "Complete",
		cb.Policy{Threshold: 1, Fallbacks: []cb.Fallback{{Name: "Cached"}}}, 10)
	call(models.For(textKey{"small", "a"}), 1, nil)
	call(models.For(textKey{"small", "b"}), 3, errDown, nil)
	call(models.For(textKey{cb.OverflowKey, ""}), 1, nil)
	call(models.For(textKey{"\xff", ""}), 1, nil)
	call(models.For(textKey{"\xfe", ""}), 1, nil)
	c := cbprom.New(registry)
	series := func(name, labels string) float64 {
		return value(t, c, "circuit_breaker_"+name+`{client="chat.Provider",method="Complete",key="small"`+labels+"}")
	}
	assert.InDelta(t, 1, series("state", ""), 0)
	assert.InDelta(t, 1, series("trips_total", ""), 0)
	assert.InDelta(t, 1, series("calls_total", `,outcome="success"`), 0)
	assert.InDelta(t, 1, series("calls_total", `,outcome="failure"`), 0)
	assert.InDelta(t, 2, series("rejects_total", `,reason="open"`), 0)
}

// TestCardinality bounds what keys add: the directive's max and one, whoever sends how many values.
func TestCardinality(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	models := cb.KeyedBreaker[int](cb.NewClient("chat.Provider", cb.WithRegistry(registry)), "Complete", cb.Policy{Threshold: 1}, 3)
	for k := range 1000 {
		call(models.For(k), 1, errDown)
	}
	count, err := testutil.GatherAndCount(gatherer(t, cbprom.New(registry)), "circuit_breaker_state")
	require.NoError(t, err)
	assert.Equal(t, 4, count)
}

func TestNameThatIsNoText(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	cb.NewClient("\xff", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{})
	_, err := gatherer(t, cbprom.New(registry)).Gather()
	require.ErrorContains(t, err, "UTF-8")
}

func TestGatheringAtOnce(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	client := cb.NewClient("chat.Provider", cb.WithRegistry(registry))
	b, models := client.Breaker("Complete", cb.Policy{Threshold: 2}), cb.KeyedBreaker[int](client, "Embed", cb.Policy{}, 5)
	c := cbprom.New(registry)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for k := range 500 {
			call(b, 3, errDown)
			b.Reset()
			call(models.For(k), 1, nil)
		}
	}()
	for range 50 {
		_ = exposition(t, c)
	}
	<-done
}

package cbprom_test

import (
	"bytes"
	"flag"
	"log/slog"
	"strconv"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// gatherer is a registry that checks whatever it is given.
func gatherer(t testing.TB, c prometheus.Collector) prometheus.Gatherer {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(c))
	return registry
}

// exposition is what a scrape reads.
func exposition(t testing.TB, c prometheus.Collector) string {
	t.Helper()
	families, err := gatherer(t, c).Gather()
	require.NoError(t, err)
	var text bytes.Buffer
	for _, family := range families {
		_, err := expfmt.MetricFamilyToText(&text, family)
		require.NoError(t, err)
	}
	return text.String()
}

func parse(t testing.TB, number string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(number, 64)
	require.NoError(t, err)
	return value
}

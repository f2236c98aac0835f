package cbprom_test

import (
	"github.com/prometheus/client_golang/prometheus"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbprom"
)

func ExampleNew() {
	registry := cb.NewRegistry()
	prometheus.MustRegister(cbprom.New(registry))
}

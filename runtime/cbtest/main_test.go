package cbtest_test

import (
	"io"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() cb.Option { return cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

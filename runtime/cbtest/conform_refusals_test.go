package cbtest_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbtest"
)

// misused are ways to use Conform that prove nothing, and what it says of each.
func misused() map[string]struct {
	wrap func(opts ...cb.Option) cbtest.Calls
	want string
} {
	call := func(end func() error, with func(opts []cb.Option) []cb.Option) func(opts ...cb.Option) cbtest.Calls {
		return func(opts ...cb.Option) cbtest.Calls {
			b := cb.NewClient("test", with(opts)...).Breaker("Call", cb.Policy{})
			return cbtest.Calls{"Call": func(ctx context.Context) error { return b.Do(ctx, func(context.Context) error { return end() }) }}
		}
	}
	well := func() error { return nil }
	as := func(opts []cb.Option) []cb.Option { return opts }
	return map[string]struct {
		wrap func(opts ...cb.Option) cbtest.Calls
		want string
	}{
		"no calls":      {func(...cb.Option) cbtest.Calls { return nil }, "there are no calls"},
		"no options":    {call(well, func([]cb.Option) []cb.Option { return nil }), "made without the options"},
		"bad upstream":  {call(func() error { return errReset }, as), "have the upstream answer well"},
		"panics":        {call(func() error { panic(errReset) }, as), "have the upstream answer well"},
		"disabled":      {call(well, func(opts []cb.Option) []cb.Option { return append(opts, cb.Disabled()) }), "it is disabled"},
		"its own list":  {call(well, func(opts []cb.Option) []cb.Option { return append(opts, cb.WithRegistry(cb.NewRegistry())) }), "has no breaker of a method Call"},
		"another names": {func(opts ...cb.Option) cbtest.Calls { return cbtest.Calls{"Cal": call(well, as)(opts...)["Call"]} }, "does not get to its breaker"},
	}
}

// TestConformRefusesWhatProvesNothing runs this test binary again for each misuse, which must fail.
func TestConformRefusesWhatProvesNothing(t *testing.T) {
	t.Parallel()
	const variable = "CBTEST_MISUSE"
	if name := os.Getenv(variable); name != "" {
		cbtest.Conform(t, misused()[name].wrap)
		return
	}
	for name, misuse := range misused() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			executable, err := os.Executable()
			require.NoError(t, err)
			cmd := exec.CommandContext(t.Context(), executable, "-test.run=^TestConformRefusesWhatProvesNothing$")
			cmd.Env = append(os.Environ(), variable+"="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, string(out), misuse.want)
			assert.NotContains(t, string(out), "goroutine ", "it fails as a test, and does not crash")
		})
	}
}

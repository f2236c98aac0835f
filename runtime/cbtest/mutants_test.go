package cbtest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mutant is a runtime that is broken in one place.
type mutant struct {
	name      string
	file      string // of the runtime
	old, new  string // old occurs there once
	caughtFor string // the policy of TestConform that must find it, among others
}

func mutants() []mutant {
	return []mutant{
		{"opens one failure too late", "circuit.go", "int64(counts.ConsecutiveFailures) >= int64(p.Threshold)",
			"int64(counts.ConsecutiveFailures) > int64(p.Threshold)", "Defaults"},
		{"a success does not end a row of failures", "circuit.go", "c.feed(nil, false)", "", "Row"},
		{"a share must be exceeded", "circuit.go", ">= c.policy.Ratio", "> c.policy.Ratio", "Ratio"},
		{"judges a share before enough calls have ended", "circuit.go", "w.calls >= c.policy.Min", "w.calls >= c.policy.Min-1", "Ratio"},
		{"a panic is no failure", "attempt.go", "a.fail(failure, errAbandoned)", "a.fail(ignored, errAbandoned)", "Defaults"},
		{"a caller that gives up is a failure", "outcome.go", "errors.Is(callerEnded, context.Canceled) { // also where err only prints it\n\t\treturn ignored",
			"errors.Is(callerEnded, context.Canceled) { // also where err only prints it\n\t\treturn failure", "Defaults"},
		{"the open period is always a tenth shorter", "circuit.go", "period := c.period - tenth + time.Duration(2*jitter*float64(tenth))",
			"period := c.period - tenth; _ = jitter", "Defaults"},
		{"lets calls through while open", "circuit.go", "word := generation | uint64(state)", "word := generation | uint64(state)&^uint64(Open)", "Defaults"},
		{"lets one probe too many through", "circuit.go", "MaxRequests: uint32(p.MaxRequests)", "MaxRequests: uint32(p.MaxRequests) + 1", "Row"},
		{"the open period stays long when it has closed", "circuit.go", "c.period, c.asked = c.policy.Timeout, asked{}", "c.asked = asked{}", "Growing"},
		{"the open period does not grow", "policy.go", "return min(2*period, p.MaxTimeout)", "return period", "Growing"},
		{"a probe that hangs holds its place for ever", "probe.go", "case now < p.overdue:", "case now < p.overdue || !p.answered:", "Defaults"},
		{"a ramp begins with half of the calls", "ramp.go", "const rampStart = 0.1", "const rampStart = 0.5", "Ramp"},
		{"a deadline is twice as long", "attempt.go", "context.WithTimeout(caller, d)", "context.WithTimeout(caller, 2*d)", "Deadline"},
		{"a slow call counts when it ends", "slow.go", "now-w.nodes[oldest].start < w.limit", "now-w.nodes[oldest].start < 2*w.limit", "Slow"},
		{"a bulkhead has one place more", "bulkhead.go", "limit: uint64(p.Max)", "limit: uint64(p.Max) + 1", "Full"},
		{"nobody waits for a place", "bulkhead.go", "h.patience > 0", "h.patience < 0", "Waiting"},
		{"one retry too few", "retry.go", "attempt > r.policy.Max+1", "attempt > r.policy.Max", "Retry"},
		{"the wait does not grow", "retry.go", "\t\twait *= 2\n", "", "Retry"},
		{"fallbacks for failures answer rejections", "policy.go", "return v == failure\n", "return v == failure || v == rejected\n", "Fallbacks"},
	}
}

// TestConformFindsBrokenRuntimes runs TestConform against each mutant of the runtime: it must fail for every one of them. The files
// that differ are laid over those of the module as it is built.
func TestConformFindsBrokenRuntimes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the runtime many times")
	}
	t.Parallel()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	found := func(t *testing.T, overlay map[string]string, policy string) (passed bool, output string) {
		dir := t.TempDir()
		text, err := json.Marshal(map[string]any{"Replace": overlay})
		require.NoError(t, err)
		file := filepath.Join(dir, "overlay.json")
		require.NoError(t, os.WriteFile(file, text, 0o600))
		// Without debug information, which takes half of the time.
		cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-ldflags=-s -w", "-count=1", "-overlay", file, "-run", "^TestConform$/^"+policy+"$", ".")
		out, err := cmd.CombinedOutput()
		return err == nil, string(out)
	}
	passed, output := found(t, nil, "")
	require.True(t, passed, output)
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			path := filepath.Join(root, m.file)
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(source), m.old), "%q must occur once in %s", m.old, m.file)
			broken := filepath.Join(t.TempDir(), m.file)
			require.NoError(t, os.WriteFile(broken, []byte(strings.Replace(string(source), m.old, m.new, 1)), 0o600))
			passed, output := found(t, map[string]string{path: broken}, m.caughtFor)
			assert.False(t, passed, "the conformance test passes")
			assert.Contains(t, output, "--- FAIL: TestConform/"+m.caughtFor, "it must fail as a test, not as a build:\n%s", output)
		})
	}
}

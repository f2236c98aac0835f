package gen_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen"
)

// TestConformanceOfGoldens writes the tests of all goldens' wrappers and runs them: every shape of a method is walked through its
// states. Few of those files are on disk; the others are laid over the goldens as they are built.
func TestConformanceOfGoldens(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the tests of every golden")
	}
	t.Parallel()
	dir, overlay := t.TempDir(), map[string]string{}
	res, err := gen.Generate(t.Context(), gen.Config{Dir: goldens, Patterns: []string{"./..."}, Tests: true})
	require.NoError(t, err)
	require.Empty(t, res.Findings)
	tests := 0
	for path, content := range contents(res) {
		if !strings.HasSuffix(path, "_cb_conformance_test.go") {
			continue
		}
		tests += strings.Count(content, "cbtest.Conform(")
		overlay[path] = filepath.Join(dir, strconv.Itoa(len(overlay))+".go")
		require.NoError(t, os.WriteFile(overlay[path], []byte(content), 0o600))
	}
	require.Greater(t, len(overlay), 40)
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	file := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))

	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-overlay", file, "-run", "^Test.*Conformance[0-9]*$", "./...")
	cmd.Dir = goldens
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	passed := 0
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "--- PASS: Test") {
			passed++
		}
	}
	assert.Equal(t, tests, passed)
}

package gen_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen"
)

// monitored are packages that have every layer, and keys.
var monitored = gen.Config{Dir: filepath.Join("..", "testdata", "golden"), Patterns: []string{"./layers", "./keyed"}}

// TestMonitors keeps the files of testdata/monitor as they are made; -update rewrites them.
func TestMonitors(t *testing.T) {
	t.Parallel()
	for kind, name := range map[string]string{gen.Rules: "rules.yml", gen.Dashboard: "dashboard.json"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := gen.Monitor{Kind: kind, Output: filepath.Join("..", "monitor", name)}
			result, file, err := gen.GenerateMonitor(t.Context(), monitored, m)
			require.NoError(t, err)
			require.Empty(t, result.Findings)
			if *update {
				require.NoError(t, result.Write())
				return
			}
			want, err := os.ReadFile(file.Path)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(file.Content))
			assert.False(t, result.Stale())
		})
	}
}

// TestPromtool has Prometheus's own tool check the rules, and play what testdata/monitor/rules_test.yml says.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", filepath.Join("..", "testdata", "monitor", "rules.yml"))
	promtool(t, "test", "rules", filepath.Join("..", "testdata", "monitor", "rules_test.yml"))
}

// TestAwkwardClientsMakeRules has rules of clients with type parameters, keys that hold quotes, and every layer, which promtool takes.
func TestAwkwardClientsMakeRules(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rules.yml")
	cfg := gen.Config{Dir: monitored.Dir, Patterns: []string{"./keyed", "./generics", "./judged", "./degrade", "./ratio"}}
	result, _, err := gen.GenerateMonitor(t.Context(), cfg, gen.Monitor{Kind: gen.Rules, Output: path, OpenFor: 1500 * time.Millisecond,
		Clients: map[string][]string{"ratio.Meter": {"{{ $tenant }}'s \"\\\" meter"}}})
	require.NoError(t, err)
	require.NoError(t, result.Write())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(content), "for: 1s500ms\n")
	promtool(t, "check", "rules", path)
}

// TestDashboardIsWhole: every panel is known and has its place, every query is one that Prometheus takes.
func TestDashboardIsWhole(t *testing.T) {
	t.Parallel()
	_, file, err := gen.GenerateMonitor(t.Context(), monitored, gen.Monitor{Kind: gen.Dashboard})
	require.NoError(t, err)
	var d struct {
		Description string
		Panels      []struct {
			ID          int
			Type, Title string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ RefID, Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(file.Content, &d))
	assert.Empty(t, d.Description, "what is only printed is not checked")
	taken, ids, titles := map[[2]int]string{}, map[int]bool{}, map[string]int{}
	var rules strings.Builder
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	for _, p := range d.Panels {
		assert.False(t, ids[p.ID], "%d twice", p.ID)
		ids[p.ID] = true
		titles[p.Title]++
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				assert.Less(t, x, 24)
				assert.Empty(t, taken[[2]int{x, y}], "%s lies on another panel", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
		assert.Equal(t, p.Type == "row" || p.Type == "text", len(p.Targets) == 0, p.Title)
		for _, query := range p.Targets {
			expr := strings.NewReplacer("$__rate_interval", "5m", "$job", ".*").Replace(query.Expr)
			rules.WriteString("  - record: panel:" + strconv.Itoa(p.ID) + ":" + query.RefID + "\n    expr: " + strconv.Quote(expr) + "\n")
		}
	}
	assert.Equal(t, 1, titles["layers.Client"])
	assert.Equal(t, titles["State"], titles["In flight"])
	assert.Equal(t, 1, titles["Retries"], "only where something is retried")
	path := filepath.Join(t.TempDir(), "queries.yml")
	require.NoError(t, os.WriteFile(path, []byte(rules.String()), 0o600))
	promtool(t, "check", "rules", path)
}

func promtool(t *testing.T, args ...string) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		skipped := "promtool is not installed (Debian's package prometheus has it)"
		require.NotEqual(t, "all", os.Getenv("CBGEN_REQUIRE"), "CBGEN_REQUIRE=all, and yet skipped: %s", skipped)
		t.Skip(skipped)
	}
	out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
	require.NoError(t, err, "promtool %s\n%s", strings.Join(args, " "), out)
}

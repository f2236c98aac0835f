package gen_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen"
)

var update = flag.Bool("update", false, "rewrite the outputs in testdata/golden")

const goldens = "../testdata/golden"

// goldenRuns generate all goldens between them: the first as any machine sees them, the others those files that the first
// may not see. An output that two runs write must come out the same in both.
func goldenRuns() map[string]gen.Config {
	return map[string]gen.Config{
		"1 all":     {Patterns: []string{"./..."}},
		"2 tags":    {Patterns: []string{"./buildtag"}, Tags: "special"},
		"3 linux":   {Patterns: []string{"./osfile"}, Env: platform("linux")},
		"4 windows": {Patterns: []string{"./osfile"}, Env: platform("windows")},
	}
}

func platform(goos string) []string {
	return append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
}

// TestGoldens compares what is generated with the outputs on disk, byte for byte. That these compile, are clean for vet,
// and do what they say, is for their own packages' tests: `make test` runs them.
func TestGoldens(t *testing.T) {
	first := generateGoldens(t)
	if *update {
		for _, res := range first {
			require.NoError(t, res.Write())
		}
	}
	for name, res := range first {
		var diff bytes.Buffer
		require.NoError(t, res.Diff(&diff, goldens))
		if !*update {
			assert.False(t, res.Stale(), "%s: run go test ./gen -update, and read what it changes:\n%s", name, diff.String())
		}
	}

	second := generateGoldens(t)
	for name, res := range second {
		assert.False(t, res.Stale(), "%s: a second run changes something", name)
		assert.Equal(t, contents(first[name]), contents(res), "%s: a second run comes out otherwise", name)
	}

	all := map[string]string{}
	for name, res := range second {
		for path, content := range contents(res) {
			if other, ok := all[path]; ok {
				assert.Equal(t, other, content, "%s: %s comes out otherwise in another run", name, path)
			}
			all[path] = content
		}
	}
	for _, path := range slices.Sorted(maps.Keys(outputsOf(t))) {
		if _, ok := all[path]; !ok {
			if strings.Contains(path, string(filepath.Separator)+"cgo"+string(filepath.Separator)) && !haveCgo() {
				skipPart(t, "the golden cgo: there is no C compiler")
				continue
			}
			assert.Fail(t, "nothing generates "+path)
		}
	}
}

// generateGoldens runs all goldenRuns.
func generateGoldens(t *testing.T) map[string]*gen.Result {
	t.Helper()
	results := map[string]*gen.Result{}
	for name, cfg := range goldenRuns() {
		cfg.Dir = goldens
		res, err := gen.Generate(t.Context(), cfg)
		require.NoError(t, err, name)
		for _, f := range res.Findings {
			assert.Fail(t, f.Error())
		}
		require.Empty(t, res.Findings, name)
		require.NotEmpty(t, res.Files, name)
		results[name] = res
	}
	return results
}

func contents(res *gen.Result) map[string]string {
	m := map[string]string{}
	for _, f := range res.Files {
		m[f.Path] = string(f.Content)
	}
	return m
}

var outputName = regexp.MustCompile(`_cb(_test|_conformance_test)?\.go$`)

// outputsOf is every output that is on disk.
func outputsOf(t *testing.T) map[string]bool {
	t.Helper()
	root, err := filepath.Abs(goldens)
	require.NoError(t, err)
	outputs := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if outputName.MatchString(path) {
			outputs[path] = true
		}
		return err
	}))
	return outputs
}

// TestGoldenCases fails a case that asserts nothing: one without an annotated input, or an input without an output.
func TestGoldenCases(t *testing.T) {
	t.Parallel()
	outputs := outputsOf(t)
	cases, err := os.ReadDir(goldens)
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		inputs := 0
		root, err := filepath.Abs(filepath.Join(goldens, c.Name()))
		require.NoError(t, err)
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || outputName.MatchString(path) {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil || !regexp.MustCompile(`(?m)^\s*//cb:`).Match(content) {
				return err
			}
			inputs++
			base, isTest := strings.CutSuffix(strings.TrimSuffix(path, ".go"), "_test")
			output := base + "_cb.go"
			if isTest {
				output = base + "_cb_test.go"
			}
			assert.True(t, outputs[output], "%s has no output", path)
			return nil
		}))
		assert.NotZero(t, inputs, "%s has no annotated input", c.Name())
	}
}

// haveCgo tells whether the go command would compile C here.
func haveCgo() bool {
	out, err := exec.Command("go", "env", "CGO_ENABLED", "CC").Output()
	if err != nil {
		return false
	}
	enabled, cc, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	_, err = exec.LookPath(strings.Fields(cc + " cc")[0])
	return enabled == "1" && err == nil
}

// skipPart says what a test leaves out. Where everything is required, that is a failure.
func skipPart(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CBGEN_REQUIRE") == "all" {
		t.Errorf("CBGEN_REQUIRE=all, and yet skipped: %s", what)
		return
	}
	t.Log("skipped: " + what)
	fmt.Fprintln(os.Stderr, "skipped: "+what)
}

package directive

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), got)
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	require.NoError(t, Help(&all, ""))
	for _, def := range Registry() {
		assert.Contains(t, all.String(), def.String())
		var one strings.Builder
		require.NoError(t, Help(&one, def.Name))
		assert.Contains(t, one.String(), def.Example)
		for _, arg := range def.Args {
			assert.Contains(t, one.String(), arg.usage())
		}
		var spelled strings.Builder
		require.NoError(t, Help(&spelled, def.String()))
		assert.Equal(t, one.String(), spelled.String())
		all.WriteString("\n" + strings.Repeat("-", 40) + "\n\n" + one.String())
	}
	for line := range strings.SplitSeq(all.String(), "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), width, line)
		assert.Equal(t, strings.TrimRight(line, " "), line)
	}
	golden(t, "help.golden", all.String())
}

func TestHelpErrors(t *testing.T) {
	t.Parallel()
	assert.EqualError(t, Help(&strings.Builder{}, "braker"), "unknown directive braker: did you mean //cb:breaker?")
	assert.ErrorIs(t, Help(brokenWriter{}, ""), errBroken)
}

var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestMarkdown(t *testing.T) {
	t.Parallel()
	table := strings.Split(strings.TrimSuffix(Markdown(), "\n"), "\n")
	rows := 2
	for _, def := range Registry() {
		rows += 1 + len(def.Args)
	}
	assert.Len(t, table, rows)
	for _, row := range table {
		assert.Equal(t, 6, strings.Count(strings.ReplaceAll(row, `\|`, ""), "|"), row)
	}
	golden(t, "table.golden", Markdown())
}

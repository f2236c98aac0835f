package load

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// remembering is a module that has been loaded once, with a cache of its own.
type remembering struct {
	t          *testing.T
	dir, cache string
	tags       string
	env        []string
}

func newRemembering(t *testing.T) *remembering {
	r := &remembering{t: t, cache: t.TempDir(), dir: module(t, `
-- m/go.mod --
module example.com/m

go 1.26

require example.com/r v0.0.0

replace example.com/r => ../r
-- m/a/a.go --
package a

import (
	"net/http"

	"example.com/m/b"
	"example.com/r"
)

//cb:breaker
type P interface{ Do(*http.Request, b.T, r.T) error }
-- m/b/b.go --
package b

import "example.com/m/c"

type T struct{ Old [c.N]int }
-- m/c/c.go --
package c

const N = 1
-- r/go.mod --
module example.com/r

go 1.26
-- r/r.go --
package r

type T struct{ Old int }
`)}
	r.edit(time.Hour, "r/go.mod", "r/r.go", "m/b/b.go", "m/c/c.go")
	r.load()
	return r
}

// edit makes files as old as said.
func (r *remembering) edit(ago time.Duration, names ...string) {
	r.t.Helper()
	for _, name := range names {
		then := time.Now().Add(-ago)
		require.NoError(r.t, os.Chtimes(filepath.Join(r.dir, name), then, then))
	}
}

// replace puts text in the place of another in a file, half an hour ago.
func (r *remembering) replace(name, old, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	content, err := os.ReadFile(path)
	require.NoError(r.t, err)
	require.Contains(r.t, string(content), old)
	require.NoError(r.t, os.WriteFile(path, []byte(strings.Replace(string(content), old, text, 1)), 0o600))
	r.edit(time.Hour/2, name)
}

// disguise puts text in the place of another of the same size in a file, and leaves the file's time as it is.
func (r *remembering) disguise(name, old, text string) {
	r.t.Helper()
	require.Len(r.t, text, len(old))
	path := filepath.Join(r.dir, name)
	info, err := os.Stat(path)
	require.NoError(r.t, err)
	r.replace(name, old, text)
	require.NoError(r.t, os.Chtimes(path, info.ModTime(), info.ModTime()))
}

// load returns what T of b and T of r are.
func (r *remembering) load() *Package {
	r.t.Helper()
	env := append(offline(cacheVariable+"="+r.cache), r.env...)
	pkgs := loadConfig(r.t, Config{Dir: filepath.Join(r.dir, "m"), Patterns: []string{"./a"}, Tags: r.tags, Env: env})
	require.Len(r.t, pkgs, 1)
	require.Empty(r.t, pkgs[0].TypeErrors)
	return pkgs[0]
}

// mark makes the cache name copies of the export data, by which a load shows what it takes from there.
func (r *remembering) mark() (marks string) {
	r.t.Helper()
	marks = r.t.TempDir()
	files, err := filepath.Glob(filepath.Join(r.cache, "exports-*.json"))
	require.NoError(r.t, err)
	require.NotEmpty(r.t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(r.t, err)
		known := map[string]exportFile{}
		require.NoError(r.t, json.Unmarshal(content, &known))
		for sum, export := range known {
			data, err := os.ReadFile(export.Name)
			require.NoError(r.t, err)
			export.Name = filepath.Join(marks, filepath.Base(export.Name))
			require.NoError(r.t, os.WriteFile(export.Name, data, 0o600))
			known[sum] = export
		}
		content, err = json.Marshal(known)
		require.NoError(r.t, err)
		require.NoError(r.t, os.WriteFile(file, content, 0o600))
	}
	return marks
}

func TestExportCache(t *testing.T) {
	t.Parallel()
	const std, local, replaced = "net/http", "example.com/m/b", "example.com/r"
	tests := map[string]struct {
		change     func(*remembering, string)
		remembered []string // the others are asked for anew
		b, r       string   // what their T are, where changed
	}{
		"nothing changed":   {func(*remembering, string) {}, []string{std, local, replaced}, "", ""},
		"the package":       {func(r *remembering, _ string) { r.replace("m/a/a.go", "error", "(int, error)") }, []string{std, local, replaced}, "", ""},
		"the version of Go": {func(r *remembering, _ string) { r.replace("m/go.mod", "\ngo 1.26\n", "\ngo 1.26.0\n") }, []string{std, replaced}, "", ""},
		"a dependency": {func(r *remembering, _ string) { r.replace("m/b/b.go", "Old", "New") },
			[]string{std, replaced}, "struct{New [1]int}", ""},
		"what a dependency imports": {func(r *remembering, _ string) { r.replace("m/c/c.go", "N = 1", "N = 2") },
			[]string{std, replaced}, "struct{Old [2]int}", ""},
		"a replaced module": {func(r *remembering, _ string) { r.replace("r/r.go", "Old", "New") },
			[]string{std, local}, "", "struct{New int}"},
		"a file of the same size and time": {func(r *remembering, _ string) { r.disguise("r/r.go", "Old", "New") },
			[]string{std, local}, "", "struct{New int}"},
		"another checkout": {func(r *remembering, _ string) {
			first, second := r.dir, r.t.TempDir()
			require.NoError(r.t, os.CopyFS(second, os.DirFS(first)))
			r.dir = second
			for _, name := range []string{"m/b/b.go", "m/c/c.go", "r/go.mod", "r/r.go"} {
				info, err := os.Stat(filepath.Join(first, name))
				require.NoError(r.t, err)
				require.NoError(r.t, os.Chtimes(filepath.Join(second, name), info.ModTime(), info.ModTime()))
			}
		}, []string{std}, "", ""}, // its positions are others
		"a file more": {func(r *remembering, _ string) {
			require.NoError(r.t, os.WriteFile(filepath.Join(r.dir, "r/more.go"), []byte("package r\n\ntype U struct{}\n"), 0o600))
		}, []string{std, local}, "", ""},
		"build tags":                {func(r *remembering, _ string) { r.tags = "special" }, nil, "", ""},
		"flags":                     {func(r *remembering, _ string) { r.env = []string{"GOFLAGS=-tags=special"} }, nil, "", ""},
		"go generate's":             {func(r *remembering, _ string) { r.env = []string{"GOFILE=a.go", "GOLINE=3", "GOPACKAGE=a"} }, []string{std, local, replaced}, "", ""},
		"the cache: in no folder":   {func(r *remembering, _ string) { r.env = []string{cacheVariable + "=cache"} }, nil, "", ""},
		"the cache: off":            {func(r *remembering, _ string) { r.env = []string{cacheVariable + "=off"} }, nil, "", ""},
		"an overlay":                {func(r *remembering, _ string) { r.env = []string{"GOFLAGS=-overlay=" + r.overlay()} }, nil, "", "struct{Overlaid int}"},
		"what was compiled is gone": {func(_ *remembering, marks string) { _ = os.RemoveAll(marks) }, nil, "", ""},
		"what was compiled is cut short": {func(r *remembering, marks string) {
			files, err := filepath.Glob(filepath.Join(marks, "*"))
			require.NoError(r.t, err)
			for _, file := range files {
				require.NoError(r.t, os.Truncate(file, 100))
			}
		}, nil, "", ""},
		"the cache is not one": {func(r *remembering, _ string) { r.spoil("{") }, nil, "", ""},
		"the cache is null":    {func(r *remembering, _ string) { r.spoil("null") }, nil, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRemembering(t)
			marks := r.mark()
			tt.change(r, marks)
			p := r.load()
			var remembered []string
			for _, path := range []string{std, local, replaced} {
				if strings.HasPrefix(p.graph.byPath[path].ExportFile, marks) {
					remembered = append(remembered, path)
				}
			}
			assert.Equal(t, tt.remembered, remembered)
			if tt.b == "" {
				tt.b = "struct{Old [1]int}"
			}
			if tt.r == "" {
				tt.r = "struct{Old int}"
			}
			assert.Equal(t, tt.b, p.Lookup(local).Scope().Lookup("T").Type().Underlying().String())
			assert.Equal(t, tt.r, p.Lookup(replaced).Scope().Lookup("T").Type().Underlying().String())
		})
	}
}

// overlay puts another text in the place of a file.
func (r *remembering) overlay() string {
	r.t.Helper()
	other := filepath.Join(r.t.TempDir(), "r.go")
	require.NoError(r.t, os.WriteFile(other, []byte("package r\n\ntype T struct{ Overlaid int }\n"), 0o600))
	content, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(r.dir, "r/r.go"): other}})
	require.NoError(r.t, err)
	file := filepath.Join(r.t.TempDir(), "overlay.json")
	require.NoError(r.t, os.WriteFile(file, content, 0o600))
	return file
}

// spoil puts something else in the place of what is remembered.
func (r *remembering) spoil(content string) {
	r.t.Helper()
	files, err := filepath.Glob(filepath.Join(r.cache, "exports-*.json"))
	require.NoError(r.t, err)
	for _, file := range files {
		require.NoError(r.t, os.WriteFile(file, []byte(content), 0o600))
	}
}

// What was edited just now may be edited once more without a trace. A time still to come is as young, however long the go command takes.
func TestExportCache_RemembersNothingYoung(t *testing.T) {
	t.Parallel()
	r := newRemembering(t)
	r.replace("m/c/c.go", "N = 1", "N = 2")
	r.edit(-time.Hour, "m/c/c.go")
	r.load()
	marks := r.mark()
	p := r.load()
	assert.False(t, strings.HasPrefix(p.graph.byPath["example.com/m/b"].ExportFile, marks))
	assert.True(t, strings.HasPrefix(p.graph.byPath["example.com/r"].ExportFile, marks))
}

// Young is what was edited less than two seconds before the go command was asked.
func TestExportCache_Settled(t *testing.T) {
	t.Parallel()
	r := newRemembering(t)
	pkgs := r.load().graph.known([]string{"example.com/m/b"})
	require.Len(t, pkgs, 1)
	edited, err := os.Stat(filepath.Join(r.dir, "m/c/c.go"))
	require.NoError(t, err)
	for age, remembered := range map[time.Duration]bool{2 * time.Second: true, 2*time.Second - 1: false, 0: false} {
		cache := openExportCache(Config{Env: offline(cacheVariable + "=" + t.TempDir())})
		cache.add(pkgs, edited.ModTime().Add(age))
		assert.Equal(t, remembered, len(cache.find(pkgs)) == 0, age)
	}
}

// Where it cannot be written, all goes on without.
func TestExportCache_CannotBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	r := newRemembering(t)
	r.cache = filepath.Join(file, "below")
	assert.NotEmpty(t, r.load().graph.byPath["net/http"].ExportFile)
}

// An earlier run's entries go with what the go command has deleted, so that the file does not grow for ever.
func TestExportCache_ForgetsWhatIsGone(t *testing.T) {
	t.Parallel()
	r := newRemembering(t)
	marks := r.mark()
	require.NoError(t, os.RemoveAll(marks))
	r.load()
	files, err := filepath.Glob(filepath.Join(r.cache, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1, "and no temporary file stays")
	content, err := os.ReadFile(files[0])
	require.NoError(t, err)
	assert.NotContains(t, string(content), marks)
	assert.Contains(t, string(content), "-d\"")
}

func TestBuildContext(t *testing.T) {
	t.Parallel()
	context := func(tags string, extra ...string) string {
		text, ok := buildContext(Config{Tags: tags, Env: offline(extra...)})
		require.True(t, ok)
		return text
	}
	settings := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(settings, []byte("GOARCH=arm64\n"), 0o600))
	plain := context("")
	for _, other := range []string{
		context("special"), context("", "GOARCH=riscv64"), context("", "CGO_ENABLED=0"), context("", "GOEXPERIMENT=none"),
		context("", "CC=other"), context("", "GOENV="+settings),
	} {
		assert.NotEqual(t, plain, other)
	}
	assert.Equal(t, plain, context("", "GOFILE=a.go", "GOLINE=7", "GOPACKAGE=a", "GOGC=50", "EDITOR=vi", "GO_PIPELINE_COUNTER=7"))

	_, ok := buildContext(Config{Env: offline("GOFLAGS=-overlay=x.json")})
	assert.False(t, ok)
	require.NoError(t, os.WriteFile(settings, []byte("GOFLAGS=-overlay=x.json\n"), 0o600))
	_, ok = buildContext(Config{Env: offline("GOENV=" + settings)})
	assert.False(t, ok)
}

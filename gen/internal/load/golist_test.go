package load

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// described is what the rest of this package uses of a package that was listed.
type described struct {
	Name, Dir, GoVersion string
	GoFiles              []string
	Imports              map[string]string
}

func describe(roots []*packages.Package) (ids []string, all map[string]described) {
	all = map[string]described{}
	packages.Visit(roots, func(p *packages.Package) bool {
		d := described{Name: p.Name, Dir: p.Dir, GoFiles: p.GoFiles, Imports: map[string]string{}}
		if p.Module != nil {
			d.GoVersion = p.Module.GoVersion
		}
		for path, imported := range p.Imports {
			d.Imports[path] = imported.ID
		}
		all[p.ID] = d
		return true
	}, nil)
	for _, root := range roots {
		ids = append(ids, root.ID)
	}
	return ids, all
}

func TestGoListGraph_AnswersAsGoPackagesDoes(t *testing.T) {
	t.Parallel()
	dir := module(t, goMod+`
-- a/a.go --
package a

import (
	"net/http"

	"example.com/m/b"
)

type P interface{ Do(*http.Request, b.T) }
-- a/a_plan9.go --
package a
-- a/a_test.go --
package a
-- b/b.go --
package b

type T = undefined
-- c/c.go --
package c

import "C"
-- d/d.go --
//go:build special

package d
-- tests/a_test.go --
package tests
`)
	cfg := Config{Dir: dir, Patterns: []string{"./..."}, Env: offline("CGO_ENABLED=1")}
	for _, tags := range []string{"", "special"} {
		cfg.Tags = tags
		want, err := list(t.Context(), cfg, cfg.Patterns, false, 0)
		require.NoError(t, err)
		wantIDs, wantAll := describe(want)
		for _, export := range []bool{false, true} {
			roots, err := goListGraph(t.Context(), cfg, export)
			require.NoError(t, err)
			ids, all := describe(roots)
			assert.Equal(t, wantIDs, ids)
			assert.Equal(t, wantAll, all)
			a := roots[0]
			assert.Equal(t, export, a.Imports["net/http"].ExportFile != "")
			assert.Empty(t, a.Imports["example.com/m/b"].ExportFile, "it does not compile")
		}
	}
}

func TestGoList_LeavesTroubleToGoPackages(t *testing.T) {
	t.Parallel()
	dir := module(t, goMod+"-- a/a.go --\npackage a\n-- b/b.go --\npackage b\n\nimport _ \"example.com/nowhere\"\n-- empty/README --\nnothing\n")
	tests := map[string]Config{
		"a missing import": {Patterns: []string{"./b"}},
		"no Go files":      {Patterns: []string{"./empty"}},
		"no directory":     {Patterns: []string{"./nowhere"}},
		"nothing matches":  {Patterns: []string{"./empty/..."}},
		"a query":          {Patterns: []string{"file=a/a.go"}},
		"another driver":   {Patterns: []string{"./a"}, Env: offline("GOPACKAGESDRIVER=/some/driver")},
		"no go command":    {Patterns: []string{"./a"}, Env: offline("GOROOT=" + filepath.Join(dir, "none"))},
	}
	for name, cfg := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Dir = dir
			if cfg.Env == nil {
				cfg.Env = offline()
			}
			_, err := goListGraph(t.Context(), cfg, false)
			require.ErrorIs(t, err, errUnusual)
		})
	}
	for name, cfg := range map[string]Config{
		"all is well":     {Env: offline()},
		"driver is off":   {Env: offline("GOPACKAGESDRIVER=off")},
		"empty driver":    {Env: offline("GOPACKAGESDRIVER=/some/driver", "GOPACKAGESDRIVER=")},
		"own environment": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Dir, cfg.Patterns = dir, []string{"./a"}
			roots, err := goListGraph(t.Context(), cfg, false)
			require.NoError(t, err)
			assert.Len(t, roots, 1)
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := goListGraph(ctx, Config{Dir: dir, Patterns: []string{"./a"}, Env: offline()}, false)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// Whether outputs seem current decides how the go command is asked, never what is loaded.
func TestPackages_LoadsTheSameHoweverOldOutputsAre(t *testing.T) {
	t.Parallel()
	dir := module(t, goMod+`
-- a/a.go --
package a

import (
	"net/url"

	"example.com/m/b"
)

type P interface{ Do(*url.Error, b.Broken, *b.QBreaker) error } //cb:breaker
-- a/a_cb.go --
`+model.Header+`
package a
-- b/b.go --
package b

import "bytes"

type Broken struct{ bytes.Buffer }

type Q interface{ Do() error } //cb:breaker

var x = undefined
-- b/b_cb.go --
`+model.Header+`
package b

type QBreaker struct{ next Q }
`)
	cfg := Config{Dir: dir, Patterns: []string{"./..."}, Env: offline()}
	now := time.Now()
	for _, current := range []bool{true, false} {
		age := now.Add(time.Hour)
		if !current {
			age = now.Add(-time.Hour)
		}
		require.NoError(t, os.Chtimes(filepath.Join(dir, "a", "a_cb.go"), age, age))
		require.NoError(t, os.Chtimes(filepath.Join(dir, "b", "b_cb.go"), now.Add(time.Hour), now.Add(time.Hour)))
		require.Equal(t, current, seemCurrent(cfg))
		pkgs := loadConfig(t, cfg)
		require.Len(t, pkgs, 2)
		assert.Equal(t, []string{"a.go"}, baseNames(pkgs[0]))
		assert.Equal(t, "interface{Do(*net/url.Error, example.com/m/b.Broken, *example.com/m/b.QBreaker) error}", typeOf(t, pkgs[0], "P"))
		assert.Empty(t, pkgs[0].TypeErrors)
		assert.Empty(t, pkgs[0].Broken)
		assert.Empty(t, pkgs[1].Broken, "what the compiler says is another matter")
	}
}

func TestPackages_SizesOfThePlatform(t *testing.T) {
	t.Parallel()
	dir := module(t, goMod+"-- a.go --\npackage a\n\nconst big int = 1 << 40\n\ntype P interface{ Do() error } //cb:breaker\n")
	for arch, typeErrors := range map[string]int{"amd64": 0, "386": 1} {
		pkgs := loadConfig(t, Config{Dir: dir, Env: offline("GOOS=linux", "GOARCH="+arch)})
		require.Len(t, pkgs, 1)
		assert.Len(t, pkgs[0].TypeErrors, typeErrors, arch)
	}
}

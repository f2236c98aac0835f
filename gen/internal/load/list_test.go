package load

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen/internal/diag"
)

func TestPackages_Trouble(t *testing.T) {
	t.Parallel()
	const files = goMod + `
-- a/a.go --
package a
-- empty/README --
nothing
-- two/a.go --
package one
-- two/b.go --
package two
-- tagged/a.go --
//go:build special
package tagged
`
	tests := map[string]struct {
		patterns []string
		archive  string
		want     string
	}{
		"empty directory":                {patterns: []string{"./empty"}, want: "no Go files in DIR/empty"},
		"no such directory":              {patterns: []string{"./nowhere"}, want: "stat DIR/nowhere: directory not found"},
		"no such package":                {patterns: []string{"example.com/x"}, want: "no required module provides package example.com/x; to add it: go get example.com/x"},
		"wildcard below nothing":         {patterns: []string{"./nowhere/..."}, want: "pattern ./nowhere/...: lstat ./nowhere/: no such file or directory"},
		"wildcard without match":         {patterns: []string{"./empty/..."}, want: "no packages match ./empty/..."},
		"one wildcard of two":            {patterns: []string{"./a/...", "./empty/..."}, want: "no packages match ./empty/..."},
		"one path wildcard of two":       {patterns: []string{"example.com/m/a/...", "example.com/m/empty..."}, want: "no packages match example.com/m/empty..."},
		"two packages":                   {patterns: []string{"./..."}, want: "found packages one (a.go) and two (b.go) in DIR/two"},
		"excluded whole":                 {patterns: []string{"./tagged"}, want: "build constraints exclude all Go files in DIR/tagged"},
		"several at once":                {patterns: []string{"./empty", "./two"}, want: "no Go files in DIR/empty\nfound packages one (a.go) and two (b.go) in DIR/two"},
		"no module":                      {archive: "-- a.go --\npackage a\n", patterns: []string{"."}, want: "go.mod file not found in current directory or any parent directory; see 'go help modules'"},
		"broken go.mod":                  {archive: "-- go.mod --\nmodul x\n-- a.go --\npackage a\n", patterns: []string{"."}, want: "errors parsing go.mod: go.mod:1: unknown directive: modul"},
		"a module of a Go still to come": {archive: "-- go.mod --\nmodule x\ngo 1.999\n-- a.go --\npackage a\n", patterns: []string{"."}, want: "go.mod requires go >= 1.999"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive := tt.archive
			if archive == "" {
				archive = files
			}
			dir := module(t, archive)
			var findings diag.List
			pkgs, err := Packages(t.Context(), Config{Dir: dir, Patterns: tt.patterns, Env: offline()}, &findings)
			require.Error(t, err)
			assert.Empty(t, pkgs)
			assert.Zero(t, findings.Len())
			assert.Contains(t, strings.ReplaceAll(err.Error(), dir, "DIR"), tt.want)
			assert.Equal(t, strings.Count(tt.want, "\n"), strings.Count(err.Error(), "\n"), "one line for each: %s", err)
		})
	}
}

func TestPackages_UnresolvedImports(t *testing.T) {
	t.Parallel()
	pkgs := loadAll(t, module(t, goMod+`
-- a/a.go --
package a
import (
	"io"
	"example.com/nowhere"
)
type P interface{ Do(r io.Reader) nowhere.T } //cb:breaker
-- b/b.go --
package b
import "example.com/m/c"
type B interface{ Do(c.C) } //cb:breaker
-- c/c.go --
package c
import "example.com/m/b"
type C interface{ Do(b.B) } //cb:breaker
`), "./...")
	require.Len(t, pkgs, 3)
	a, b := pkgs[0], pkgs[1]
	assert.Equal(t, map[string]string{
		"example.com/nowhere": "no required module provides package example.com/nowhere; to add it: go get example.com/nowhere",
	}, a.Broken)
	require.Len(t, a.TypeErrors, 1)
	assert.Contains(t, a.TypeErrors[0].Msg, "could not import example.com/nowhere (no required module provides package")
	assert.Equal(t, "interface{Do(r io.Reader) invalid type}", typeOf(t, a, "P"))
	assert.Nil(t, a.Lookup("example.com/nowhere"))

	assert.NotEmpty(t, b.TypeErrors, "an import cycle")
	assert.NotNil(t, b.Types.Scope().Lookup("B"))
}

func TestPackages_Vendored(t *testing.T) {
	t.Parallel()
	archive := `
-- go.mod --
module example.com/m

go 1.26

require example.com/dep v1.0.0
-- vendor/modules.txt --
# example.com/dep v1.0.0
## explicit; go 1.26
example.com/dep
-- vendor/example.com/dep/dep.go --
package dep
type T int
-- a.go --
package a
import "example.com/dep"
type P interface{ Do(dep.T) error } //cb:breaker
`
	dir := module(t, archive)
	pkgs := loadConfig(t, Config{Dir: dir, Env: offline("GOFLAGS=-mod=vendor")})
	require.Len(t, pkgs, 1)
	assert.Equal(t, "interface{Do(example.com/dep.T) error}", typeOf(t, pkgs[0], "P"))
	assert.Empty(t, pkgs[0].TypeErrors)
}

func TestPackages_Workspace(t *testing.T) {
	t.Parallel()
	dir := module(t, `
-- go.work --
go 1.26

use ./m
use ./dep
-- dep/go.mod --
module example.com/dep

go 1.26
-- dep/dep.go --
package dep
type T int
-- m/go.mod --
module example.com/m

go 1.26
-- m/a.go --
package a
import "example.com/dep"
type P interface{ Do(dep.T) error } //cb:breaker
`)
	pkgs := loadConfig(t, Config{Dir: filepath.Join(dir, "m"), Env: offline("GOWORK=" + filepath.Join(dir, "go.work"))})
	require.Len(t, pkgs, 1)
	assert.Equal(t, "interface{Do(example.com/dep.T) error}", typeOf(t, pkgs[0], "P"))
}

func TestPackages_BuildTags(t *testing.T) {
	t.Parallel()
	dir := module(t, goMod+`
-- a.go --
package a
-- special.go --
//go:build special && extra
package a
-- plain.go --
//go:build !special
package a
-- a_plan9.go --
package a
-- _hidden.go --
package a
`)
	for tags, want := range map[string][]string{
		"": {"a.go", "plain.go"}, "special,extra": {"a.go", "special.go"},
	} {
		t.Run(tags, func(t *testing.T) {
			t.Parallel()
			pkgs := loadConfig(t, Config{Dir: dir, Tags: tags, Env: offline()})
			require.Len(t, pkgs, 1)
			assert.Equal(t, want, baseNames(pkgs[0]))
		})
	}
}

func TestCleanGoError(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"err: exit status 1: stderr: go: errors parsing go.mod:\n\tgo.mod:1: unknown directive: modul\n": "errors parsing go.mod: go.mod:1: unknown directive: modul",
		"go: downloading example.com/x v1.0.0\ngo: example.com/x: no such host":                          "example.com/x: no such host",
		"-: no Go files in /x":   "no Go files in /x",
		"plain":                  "plain",
		"exit status 2: gave up": "gave up",
	}
	for message, want := range tests {
		assert.Equal(t, want, cleanGoError(message))
	}
}

package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen/internal/model"
)

func TestSeemCurrent(t *testing.T) {
	t.Parallel()
	const (
		directed = "package p\n\ntype P interface{} //cb:breaker\n"
		plain    = "package p\n"
	)
	tests := map[string]struct {
		files    string // beside a/a.go and a/a_cb.go
		edited   string // of them, one that is newer than the rest
		ago      time.Duration
		patterns []string // default ./...
		want     bool
	}{
		"all outputs are there":             {want: true},
		"an output is older":                {edited: "a/a.go", ago: time.Hour},
		"an output is newer":                {edited: "a/a_cb.go", want: true},
		"another file is newer":             {files: "-- a/b.go --\n" + plain, edited: "a/b.go", ago: time.Hour, want: true},
		"another file was edited":           {files: "-- a/b.go --\n" + plain, edited: "a/b.go"},
		"another file was edited before":    {files: "-- a/b.go --\n" + plain, edited: "a/b.go", ago: 10 * time.Second, want: true},
		"another folder's was edited":       {files: "-- b/b.go --\n" + plain, edited: "b/b.go"},
		"a test was edited":                 {files: "-- a/a_test.go --\n" + plain, edited: "a/a_test.go", want: true},
		"an output is missing":              {files: "-- b/b.go --\n" + directed},
		"an output is missing beside one":   {files: "-- a/b.go --\n" + directed},
		"a test's output is missing":        {files: "-- a/a_test.go --\n" + directed, want: true},
		"as many without":                   {files: "-- b/b.go --\n" + plain, want: true},
		"more without":                      {files: "-- b/b.go --\n" + plain + "-- c/c.go --\n" + plain},
		"missing where no package is":       {files: "-- testdata/b.go --\n" + directed + "-- _b/b.go --\n" + directed + "-- .b/b.go --\n" + directed, want: true},
		"missing in a folder not asked for": {files: "-- a/b/b.go --\n" + directed, patterns: []string{"./a"}, want: true},
		"missing below what is asked for":   {files: "-- a/b/b.go --\n" + directed, patterns: []string{"./a/..."}},
		"missing in the second pattern":     {files: "-- b/b.go --\n" + directed, patterns: []string{"./a", "./b"}},
		"no folder":                         {patterns: []string{"./nowhere"}},
		"no directive":                      {files: "-- b/b.go --\n" + plain, patterns: []string{"./b"}},
		"an import path":                    {patterns: []string{"example.com/m/a"}},
		"another wildcard":                  {patterns: []string{"./a..."}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // where now stays now
				dir := module(t, goMod+"-- a/a.go --\n"+directed+"-- a/a_cb.go --\n"+model.Header+"\npackage p\n"+tt.files)
				before := time.Now().Add(-2 * time.Hour)
				require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
					return errors.Join(err, os.Chtimes(path, before, before))
				}))
				if tt.edited != "" {
					at := time.Now().Add(-tt.ago)
					require.NoError(t, os.Chtimes(filepath.Join(dir, filepath.FromSlash(tt.edited)), at, at))
				}
				if tt.patterns == nil {
					tt.patterns = []string{"./..."}
				}
				assert.Equal(t, tt.want, seemCurrent(Config{Dir: dir, Patterns: tt.patterns}))
			})
		})
	}
}

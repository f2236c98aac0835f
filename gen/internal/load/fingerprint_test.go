package load

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// What the module cache holds of a version is neither read nor looked at file by file.
func TestFingerprints_OfReleased(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "r@v1.0.0")
	publish := func(ago time.Duration) {
		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, os.Mkdir(dir, 0o700))
		then := time.Now().Add(-ago)
		require.NoError(t, os.Chtimes(dir, then, then))
	}
	sum := func(files ...string) string {
		for k, name := range files {
			files[k] = filepath.Join(dir, name)
		}
		var prints fingerprints
		return prints.pkg(&packages.Package{
			Name: "r", PkgPath: "example.com/r", Dir: dir, GoFiles: files,
			Module: &packages.Module{Path: "example.com/r", Version: "v1.0.0", Dir: dir, GoVersion: "1.26"},
		}).sum
	}
	publish(time.Hour)
	first := sum("r.go", "r_cgo.go")
	require.NotEmpty(t, first)
	assert.Equal(t, first, sum("r.go", "r_cgo.go"))
	assert.NotEqual(t, first, sum("r.go", "r_nocgo.go"), "other files belong to it, because there is no C compiler any more")

	publish(time.Minute)
	assert.NotEqual(t, first, sum("r.go", "r_cgo.go"), "the same version was published anew")
	require.NoError(t, os.RemoveAll(dir))
	assert.Empty(t, sum("r.go", "r_cgo.go"))
}

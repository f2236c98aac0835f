package load

import (
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// Export data of a Go that is newer than what cbgen was built with cannot be read. Then nothing has types, and a finding for
// each of them would say nothing.
func TestPackages_UnreadableExportData(t *testing.T) {
	t.Parallel()
	dir := module(t, goMod+"-- a.go --\npackage a\n\nimport \"context\"\n\ntype P interface{ Do(context.Context) error } //cb:breaker\n")
	p := loadOne(t, dir)
	bad := filepath.Join(dir, "export")
	require.NoError(t, os.WriteFile(bad, []byte("uv999"), 0o644))
	p.meta.Imports["context"].ExportFile = bad
	p.graph = newGraph(token.NewFileSet(), []*packages.Package{p.meta})
	require.ErrorContains(t, p.check(), "reading what the go command compiled of context (is cbgen built with an older Go? install it again)")
}

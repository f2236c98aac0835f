package gen_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/cbgen/cbgen/"

// TestImportsRunOneWay keeps the order of the packages: cmd, gen, then build, emit and load, then model and directive, then
// diag. The generator knows nothing of the runtime, nor the runtime of the generator, and users of the runtime get no module
// but gobreaker's.
func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	rank := map[string]int{
		"cmd/cbgen": 5, "gen": 4, "gen/internal/build": 3, "gen/internal/emit": 3, "gen/internal/monitor": 3, "gen/internal/load": 3,
		"gen/internal/model": 2, "gen/internal/directive": 2, "gen/internal/diag": 1,
	}
	only := map[string]string{
		"github.com/dave/jennifer/jen": "gen/internal/emit", "golang.org/x/tools/go/packages": "gen/internal/load",
		"go.yaml.in/yaml/v3": "gen/internal/monitor",
	}
	for pkg, imports := range sources(t) {
		for _, path := range imports {
			own, inside := strings.CutPrefix(path, module)
			external := strings.Contains(strings.SplitN(path, "/", 2)[0], ".") && !inside
			switch {
			case strings.HasPrefix(pkg, "runtime"):
				assert.False(t, external && path != "github.com/sony/gobreaker/v2", "%s imports %s", pkg, path)
				assert.False(t, strings.HasPrefix(own, "gen"), "%s imports %s", pkg, path)
			case inside && strings.HasPrefix(own, "runtime"):
				assert.Equal(t, "cmd/cbgen", pkg, "%s imports the runtime", pkg)
			case inside:
				require.Contains(t, rank, own, "a new package needs its place in this test")
				assert.Greater(t, rank[pkg], rank[own], "%s imports %s", pkg, own)
			case only[path] != "":
				assert.Equal(t, only[path], pkg, "%s belongs to %s alone", path, only[path])
			}
		}
	}
}

// TestFilesStaySmall keeps every file a reader can take in: one subject, about 400 lines.
func TestFilesStaySmall(t *testing.T) {
	t.Parallel()
	for _, root := range []string{"../cmd", "../gen", "../runtime"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_cb.go") {
				return err
			}
			content, err := os.ReadFile(path)
			assert.LessOrEqual(t, bytes.Count(content, []byte("\n")), 420, path)
			return err
		}))
	}
}

// sources returns the imports of every package of this module that is no test, by its folder.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	for _, root := range []string{"cmd/cbgen", "gen", "runtime"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				if entry != nil && entry.IsDir() && path != filepath.Join("..", root) {
					if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
						return fs.SkipDir // a module of its own
					}
				}
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), ".."+string(filepath.Separator)))
			for _, spec := range file.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				imports[pkg] = append(imports[pkg], imported)
			}
			return nil
		}))
	}
	require.NotEmpty(t, imports)
	return imports
}

package load

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPackages_Cgo(t *testing.T) {
	t.Parallel()
	dir := module(t, goMod+`
-- a.go --
package a

// typedef struct { int n; } point;
// static int twice(int n) { return 2 * n; }
import "C"

import "context"

// P speaks C.
//
//cb:breaker
type P interface {
	Do(ctx context.Context, n C.int, m int) (int, error)
}

func Twice(n int) int { return int(C.twice(C.int(n))) }
-- b.go --
package a

var p = NewPBreaker(nil)
`)
	t.Run("with a C compiler", func(t *testing.T) {
		t.Parallel()
		needC(t)
		for _, flags := range []string{"", "-trimpath"} {
			pkgs := loadConfig(t, Config{Dir: dir, Env: offline("CGO_ENABLED=1", "GOFLAGS="+flags)})
			require.Len(t, pkgs, 1)
			p := pkgs[0]
			require.Equal(t, []string{"a.go", "b.go"}, baseNames(p))
			assert.Contains(t, string(p.Files[0].Src), `import "C"`, "the original")
			assert.Equal(t, "cgo", Constraint(p.Files[0]))
			at := p.Fset.Position(p.Types.Scope().Lookup("P").Pos())
			assert.Equal(t, filepath.Join(dir, "a.go"), at.Filename)
			assert.Equal(t, 12, at.Line)
			assert.Contains(t, typeOf(t, p, "P"), "_Ctype_int")
			require.NoError(t, p.Check(map[string][]byte{filepath.Join(dir, "a_cb.go"): []byte("package a\n\ntype PBreaker struct{ next P }\n\nfunc NewPBreaker(p P) int { return Twice(1) }\n")}))
		}
	})
	t.Run("without", func(t *testing.T) {
		t.Parallel()
		pkgs := loadConfig(t, Config{Dir: dir, Env: offline("CGO_ENABLED=0")})
		require.Len(t, pkgs, 1)
		assert.Equal(t, []string{"b.go"}, baseNames(pkgs[0]))
	})
	t.Run("that fails", func(t *testing.T) {
		t.Parallel()
		pkgs := loadConfig(t, Config{Dir: dir, Env: offline("CGO_ENABLED=1", "CC=/nonexistent/cc")})
		require.Len(t, pkgs, 1)
		p := pkgs[0]
		assert.Equal(t, []string{"a.go", "b.go"}, baseNames(p))
		assert.Contains(t, typeOf(t, p, "P"), "m int")
	})
}

// needC skips a test where there is no C compiler, and fails it where nothing may be skipped.
func needC(t *testing.T) {
	t.Helper()
	out, err := exec.Command("go", "env", "CC").Output()
	require.NoError(t, err)
	if _, err := exec.LookPath(strings.Fields(string(out))[0]); err != nil {
		if os.Getenv("CBGEN_REQUIRE") == "all" {
			t.Fatalf("no C compiler: %v", err)
		}
		t.Skipf("cgo is not tested, there is no C compiler: %v", err)
	}
}

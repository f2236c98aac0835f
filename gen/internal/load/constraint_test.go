package load

import (
	"go/build"
	"go/build/constraint"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConstraint(t *testing.T) {
	t.Parallel()
	const clause = "package a\n"
	tests := map[string]struct{ name, src, want string }{
		"none":                                {"a.go", clause, ""},
		"go:build":                            {"a.go", "//go:build foo && !bar\n\n" + clause, "foo && !bar"},
		"or":                                  {"a.go", "//go:build foo || bar\n\n" + clause, "foo || bar"},
		"GOOS":                                {"a_linux.go", clause, "linux"},
		"GOARCH":                              {"a_arm64.go", clause, "arm64"},
		"GOOS and GOARCH":                     {"a_linux_amd64.go", clause, "linux && amd64"},
		"GOOS of a test":                      {"a_windows_test.go", clause, "windows"},
		"GOOS, GOARCH of a test":              {"a_b_windows_386_test.go", clause, "windows && 386"},
		"not a GOOS before a word":            {"a_linux_x.go", clause, ""},
		"not a GOOS at the front":             {"linux.go", clause, ""},
		"not a GOOS at the front, two":        {"linux_amd64.go", clause, "amd64"},
		"not a GOOS after a dot":              {"a.x_linux.go", clause, ""},
		"unix is no GOOS":                     {"a_unix.go", clause, ""},
		"GOARCH before GOOS":                  {"a_amd64_linux.go", clause, "linux"},
		"joined with or":                      {"a_linux.go", "//go:build foo || bar\n\n" + clause, "(foo || bar) && linux"},
		"joined with and":                     {"a_linux_amd64.go", "//go:build foo && !bar\n\n" + clause, "foo && !bar && linux && amd64"},
		"already said":                        {"a_linux_amd64.go", "//go:build linux && foo\n\n" + clause, "linux && foo && amd64"},
		"said once of two":                    {"a_linux.go", "//go:build linux || darwin\n\n" + clause, "(linux || darwin) && linux"},
		"cgo":                                 {"a.go", clause + "import \"C\"\n", "cgo"},
		"cgo among others":                    {"a_linux.go", "//go:build foo || bar\n\n" + clause + "import (\n\t\"fmt\"\n\t\"C\"\n)\n", "(foo || bar) && linux && cgo"},
		"cgo already said":                    {"a.go", "//go:build cgo\n\n" + clause + "import \"C\"\n", "cgo"},
		"old":                                 {"a.go", "// +build foo,!bar baz\n// +build qux\n\n" + clause, "((foo && !bar) || baz) && qux"},
		"old and new":                         {"a.go", "//go:build foo\n// +build bar\n\n" + clause, "foo"},
		"old, after a comment":                {"a.go", "// Copyright.\n\n// +build foo\n\n// Package a.\n" + clause, "foo"},
		"old in the doc does not count":       {"a.go", "// Package a.\n// +build foo\n" + clause, ""},
		"new after the clause does not count": {"a.go", clause + "//go:build foo\n", ""},
		"Windows line ends":                   {"a.go", "//go:build foo\r\n\r\npackage a\r\n", "foo"},
		"broken":                              {"a_linux.go", "//go:build foo &&\n\n" + clause, "linux"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Constraint(&File{Name: filepath.Join("linux_dir", tt.name), Src: []byte(tt.src)})
			assert.Equal(t, tt.want, got)
			if got != "" {
				parsed, err := constraint.Parse("//go:build " + got)
				require.NoError(t, err)
				assert.Equal(t, got, parsed.String(), "what is written is what was meant")
			}
		})
	}
}

// The go command's own rules decide: with the constraint written out, a file whose name implies nothing is built exactly
// where the source is.
func TestConstraint_AgreesWithTheGoCommand(t *testing.T) {
	t.Parallel()
	tags := append(knownOS(), knownArch()...)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "out.go"), nil, 0o644))
	compared := 0
	for _, tag := range tags {
		name := "source_" + tag + ".go"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("package a\n"), 0o644))
		want := "//go:build " + Constraint(&File{Name: name, Src: []byte("package a\n")}) + "\n\npackage a\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, "out.go"), []byte(want), 0o644))
		for _, goos := range []string{"linux", "android", "darwin", "ios", "windows", "solaris", "illumos", "plan9", "wasip1"} {
			for _, goarch := range []string{"amd64", "arm64", "386", "wasm"} {
				on := build.Default
				on.GOOS, on.GOARCH = goos, goarch
				source, err := on.MatchFile(dir, name)
				require.NoError(t, err)
				out, err := on.MatchFile(dir, "out.go")
				require.NoError(t, err)
				assert.Equal(t, source, out, "%s on %s/%s", tag, goos, goarch)
				compared++
			}
		}
	}
	assert.Greater(t, compared, 1000)
}

package load

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/packages"
)

// fingerprints tell whether a package would compile to the same export data as before. They go by what the go command says of
// packages, and by what stands in their files where those may change: archives and build systems give all files one time.
type fingerprints struct {
	seen  map[*packages.Package]fingerprint
	roots map[string]string // by GOROOT, the text of its VERSION
}

// fingerprint of a package and of all that it imports.
type fingerprint struct {
	sum    string    // "": it cannot be told
	edited time.Time // the newest file that may change
}

func (f *fingerprints) pkg(pkg *packages.Package) fingerprint {
	if print, ok := f.seen[pkg]; ok {
		return print
	}
	if f.seen == nil {
		f.seen, f.roots = map[*packages.Package]fingerprint{}, map[string]string{}
	}
	f.seen[pkg] = fingerprint{} // a cycle
	print := f.take(pkg)
	f.seen[pkg] = print
	return print
}

func (f *fingerprints) take(pkg *packages.Package) (print fingerprint) {
	if pkg.PkgPath == "unsafe" {
		return fingerprint{sum: "unsafe"}
	}
	if pkg.Name == "" || len(pkg.GoFiles) == 0 {
		return fingerprint{}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n%s\n", pkg.PkgPath, pkg.Name, pkg.Dir) // the folder is in the positions of export data
	if version := f.ofStandardLibrary(pkg); version != "" {       // which is compiled as a whole
		fmt.Fprintf(h, "%s", version)
		return fingerprint{sum: hex.EncodeToString(h.Sum(nil)[:16])}
	}
	if m := pkg.Module; m != nil {
		fmt.Fprintf(h, "go %s\n", m.GoVersion)
	}
	for _, name := range pkg.GoFiles { // which ones, the presence of a C compiler may decide
		fmt.Fprintf(h, "%q\n", filepath.Base(name))
	}
	if isReleased(pkg) {
		info, err := os.Stat(pkg.Dir) // written anew where a version was published anew
		if err != nil {
			return fingerprint{}
		}
		fmt.Fprintf(h, "%d\n", info.ModTime().UnixNano())
	} else {
		edited, ok := writeFiles(h, pkg)
		if !ok {
			return fingerprint{}
		}
		print.edited = edited
	}
	for _, path := range slices.Sorted(maps.Keys(pkg.Imports)) {
		imported := f.pkg(pkg.Imports[path])
		if imported.sum == "" {
			return fingerprint{}
		}
		if imported.edited.After(print.edited) {
			print.edited = imported.edited
		}
		fmt.Fprintf(h, "%s %s\n", path, imported.sum)
	}
	print.sum = hex.EncodeToString(h.Sum(nil)[:16])
	return print
}

// ofStandardLibrary returns the version of the Go that a package came with, "" where it came with none that is released.
func (f *fingerprints) ofStandardLibrary(pkg *packages.Package) string {
	root, ok := strings.CutSuffix(filepath.ToSlash(pkg.Dir), "/src/"+pkg.PkgPath)
	if pkg.Module != nil || !ok {
		return ""
	}
	version, ok := f.roots[root]
	if !ok {
		content, _ := os.ReadFile(filepath.Join(root, "VERSION"))
		if strings.HasPrefix(string(content), "go") {
			version = string(content)
		}
		f.roots[root] = version
	}
	return version
}

// isReleased reports whether a package lies in the module cache, which nobody edits.
func isReleased(pkg *packages.Package) bool {
	m := pkg.Module
	if m == nil {
		return false
	}
	version := m.Version
	if m.Replace != nil {
		version = m.Replace.Version
	}
	return version != "" && strings.HasSuffix(m.Dir, "@"+version)
}

// writeFiles writes what stands in a package's Go files, in their order, and tells when its folder was edited. Of the folder's other
// files, which only cgo reads, it writes sizes and times.
func writeFiles(w io.Writer, pkg *packages.Package) (edited time.Time, ok bool) {
	entries, err := os.ReadDir(pkg.Dir)
	if err != nil {
		return time.Time{}, false
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		name := filepath.Join(pkg.Dir, entry.Name())
		info, err := os.Stat(name) // of what a link leads to
		if err != nil {
			return time.Time{}, false
		}
		if info.ModTime().After(edited) {
			edited = info.ModTime()
		}
		if !strings.HasSuffix(name, ".go") {
			fmt.Fprintf(w, "%q %d %d\n", entry.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	for _, name := range pkg.GoFiles {
		src, err := os.ReadFile(name)
		if err != nil {
			return time.Time{}, false
		}
		fmt.Fprintf(w, "%x\n", sha256.Sum256(src))
	}
	return edited, true
}

// buildContext returns all that export data depends on beside the packages: the go command, its settings, build tags. False where
// that cannot be told.
func buildContext(cfg Config) (string, bool) {
	var b strings.Builder
	command, err := exec.LookPath("go")
	if err != nil {
		return "", false
	}
	info, err := os.Stat(command)
	if err != nil {
		return "", false
	}
	fmt.Fprintf(&b, "1 %s %d %d\ntags %s\n", command, info.Size(), info.ModTime().UnixNano(), cfg.Tags)
	env := cfg.Env
	if env == nil {
		env = os.Environ()
	}
	env = slices.Clone(env)
	slices.Sort(env)
	for _, entry := range env {
		if name, _, _ := strings.Cut(entry, "="); concernsCompiler(name) {
			fmt.Fprintf(&b, "%q\n", entry)
		}
	}
	settings := lookupEnv(cfg.Env, "GOENV")
	if settings == "" {
		if dir, err := os.UserConfigDir(); err == nil {
			settings = filepath.Join(dir, "go", "env")
		}
	}
	if content, err := os.ReadFile(settings); err == nil {
		b.Write(content)
	} else if !os.IsNotExist(err) && settings != "off" && settings != "" {
		return "", false
	}
	// An overlay puts other text in the place of files.
	return b.String(), !strings.Contains(b.String(), "-overlay")
}

// concernsCompiler reports whether a variable of the environment may change what the compiler makes of a package. Not so the variables
// that go generate sets for each file.
func concernsCompiler(name string) bool {
	switch name {
	case "GOFILE", "GOLINE", "GOPACKAGE", "GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GOTRACEBACK":
		return false
	case "CC", "CXX", "FC", "AR", "PKG_CONFIG":
		return true
	}
	if strings.Contains(name, "_") { // as in GO_PIPELINE_COUNTER of a CI server, which no two runs share
		return strings.HasPrefix(name, "CGO_") || strings.HasPrefix(name, "PKG_CONFIG_")
	}
	return strings.HasPrefix(name, "GO")
}

// lookupEnv returns the value of a variable, of the process's own environment where env is nil.
func lookupEnv(env []string, name string) string {
	if env == nil {
		return os.Getenv(name)
	}
	value := ""
	for _, entry := range env {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v
		}
	}
	return value
}

package load

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// commandLine is the path of a package that is given by its files.
const commandLine = "command-line-arguments"

// testVariants loads the test variants that have a file with a directive: the package with its own tests, and the external
// test package. Tests import more than packages do, so the packages without such a file are not asked for.
func testVariants(ctx context.Context, cfg Config, roots []*packages.Package) ([]*packages.Package, error) {
	annotated := map[string]bool{}
	var paths []string
	for _, root := range roots {
		if root.Dir == "" || root.PkgPath == commandLine {
			continue
		}
		files, err := annotatedTests(root.Dir)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			annotated[file] = true
		}
		if len(files) > 0 {
			paths = append(paths, root.PkgPath)
		}
	}
	if len(paths) == 0 {
		return nil, nil
	}
	loaded, err := list(ctx, cfg, paths, true, packages.NeedCompiledGoFiles|packages.NeedExportFile|packages.NeedTypesSizes)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(loaded, func(p *packages.Package) bool {
		variant := p.ForTest != "" && (p.PkgPath == p.ForTest || p.PkgPath == p.ForTest+"_test")
		return !variant || !slices.ContainsFunc(p.GoFiles, func(file string) bool { return annotated[file] })
	}), nil
}

// annotatedTests returns the test files of a directory that may hold a directive.
func annotatedTests(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		if !isTest(entry.Name()) || entry.IsDir() {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if mayDirect(src) && !IsOutput(path, src) {
			files = append(files, path)
		}
	}
	return files, nil
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }

// mayDirect reports whether a file has a comment that begins like a directive, or like what was meant as one. It is by hand
// because every test file of every package goes through it; a comment inside a string counts too and costs time only.
func mayDirect(src []byte) bool {
	for {
		slash := bytes.IndexByte(src, '/')
		if slash < 0 || slash+1 == len(src) {
			return false
		}
		src = src[slash+1:]
		if src[0] != '/' && src[0] != '*' {
			continue
		}
		text := bytes.TrimLeft(src, "/* \t\r\n+@")
		if len(text) < 3 || !bytes.EqualFold(text[:2], []byte("cb")) {
			continue
		}
		if text = text[2:]; len(text) > 3 && bytes.EqualFold(text[:3], []byte("gen")) {
			text = text[3:]
		}
		if bytes.HasPrefix(bytes.TrimLeft(text, " \t"), []byte(":")) {
			return true
		}
	}
}

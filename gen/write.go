package gen

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/cbgen/cbgen/gen/internal/build"
	"github.com/cbgen/cbgen/gen/internal/diag"
	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/load"
)

// Write brings the disk in step: it writes what is stale and removes orphans. All new contents are on disk, complete,
// under temporary names before the first file is replaced, so that a full disk leaves every file as it was.
func (r *Result) Write() (err error) {
	var pending []staged
	defer func() {
		for _, s := range pending {
			if s.temporary != "" {
				err = errors.Join(err, ignoreMissing(os.Remove(s.temporary)))
			}
		}
	}()
	for _, file := range r.Files {
		if !file.Stale {
			continue
		}
		temporary, err := stage(file)
		pending = append(pending, staged{path: file.Path, temporary: temporary})
		if err != nil {
			return fmt.Errorf("writing %s: %w", file.Path, err)
		}
	}
	for k, s := range pending {
		if err := os.Rename(s.temporary, s.path); err != nil {
			return err
		}
		pending[k].temporary = ""
	}
	for _, file := range r.Files {
		if file.Orphan {
			if err := os.Remove(file.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// staged is an output that waits under a temporary name.
type staged struct{ path, temporary string }

// stage writes a file's content under a temporary name in the same directory, with the mode of what it replaces. The name
// is returned where the file exists, be it incomplete.
func stage(file File) (string, error) {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(file.Path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(file.Path), "."+filepath.Base(file.Path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(file.Content)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	return f.Name(), err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Diff prints what Write would change as a unified diff, file names relative to dir.
func (r *Result) Diff(w io.Writer, dir string) error {
	for _, file := range r.Files {
		if !file.Stale && !file.Orphan {
			continue
		}
		existing, err := os.ReadFile(file.Path)
		if err := ignoreMissing(err); err != nil {
			return err
		}
		name := filepath.ToSlash(relative(dir, file.Path))
		before, after := "a/"+name, "b/"+name
		if existing == nil {
			before = "/dev/null"
		}
		if file.Orphan {
			after = "/dev/null"
		}
		if _, err := w.Write(diff.Diff(before, existing, after, file.Content)); err != nil {
			return err
		}
	}
	return nil
}

// findOrphans looks through the directories of the packages for outputs that this run did not generate: those whose source
// is gone or holds no annotated interface are orphans; those whose source the build constraints exclude are not checked.
func (r *Result) findOrphans(packages []*load.Package) error {
	generated := map[string]bool{}
	for _, file := range r.Files {
		generated[file.Path] = true
	}
	var dirs []string
	for _, pkg := range packages {
		if pkg.Dir != "" { // of a package that another driver than the go command gave
			dirs = append(dirs, pkg.Dir)
		}
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(dir, entry.Name())
			if entry.IsDir() || !load.IsOutputName(path) || generated[path] {
				continue
			}
			source, ok := sourceOf(path)
			if !ok {
				continue
			}
			if annotated(source) {
				r.NotChecked = append(r.NotChecked, path)
			} else {
				r.Files = append(r.Files, File{Path: path, Orphan: true})
			}
		}
	}
	return nil
}

// sourceOf returns the file that an output says it is generated from, if it is an output of cbgen.
func sourceOf(path string) (string, bool) {
	content, err := os.ReadFile(path)
	if err != nil || !load.IsOutput(path, content) {
		return "", false
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	line, _, _ := strings.Cut(rest, "\n")
	name, ok := strings.CutPrefix(strings.TrimSpace(line), "// Source: ")
	source := filepath.Join(filepath.Dir(path), filepath.Base(name))
	return source, ok && (build.OutputPath(source) == path || build.ConformancePath(source) == path)
}

// annotated reports whether a source file, read without regard to its build constraints, holds a directive at an interface
// or a method. A file that does not parse is taken to hold one: nothing is removed on a guess.
func annotated(source string) bool {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, source, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return holdsDirective(fset, file)
}

func holdsDirective(fset *token.FileSet, file *ast.File) bool {
	comments := directive.Scan(fset, file, &diag.List{})
	return len(comments.Interfaces) > 0 || len(comments.Methods) > 0
}

// Package gen writes typed, breaker-guarded wrappers for Go interfaces that carry //cb: directives. It is what the command
// cbgen runs.
//
// Generate is the way in, and the table of contents: five steps, each done by the package that it names. It keeps all
// outputs in memory; Result.Write, Result.Diff and List do something with them.
package gen

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/build"
	"github.com/cbgen/cbgen/gen/internal/diag"
	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/emit"
	"github.com/cbgen/cbgen/gen/internal/load"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// Config says what to generate.
type Config struct {
	Dir      string   // where patterns are resolved, "" for the working directory
	Patterns []string // of packages, as for the go command; none: "."
	Tags     string   // build tags, separated by commas
	Env      []string // environment of the go command, nil for the process's own
	Tests    bool     // whether tests of the wrappers are wanted where there are none yet; those that are there are kept in step
}

// Result is what a run found and what it would write.
type Result struct {
	Findings   []diag.Finding // what the user must edit, sorted; where there is any, Files is empty
	Files      []File         // outputs, stale or not, and orphans, sorted by path
	NotChecked []string       // outputs whose source the current build constraints exclude, sorted
	models     []*model.File
	dir        string
}

// File is one output of a run.
type File struct {
	Path    string // absolute
	Content []byte // nil for an orphan
	Stale   bool   // differs from what is on disk, or is missing there
	Orphan  bool   // on disk without an annotated interface that it is generated from
}

// Generate reads the packages of cfg and generates the wrappers of their annotated interfaces, in memory. The error is
// trouble that no edit at a certain place mends: a pattern that matches nothing, a go command that fails.
func Generate(ctx context.Context, cfg Config) (*Result, error) {
	var findings diag.List

	// 1. load: the packages as the go command sees them, without cbgen's own outputs.
	packages, err := load.Packages(ctx, load.Config{Dir: cfg.Dir, Patterns: cfg.Patterns, Tags: cfg.Tags, Env: cfg.Env}, &findings)
	if err != nil {
		return nil, err
	}
	// 2. find, 3. build, 4. emit: package by package, for they know nothing of each other's outputs.
	all := make([]*outputs, len(packages))
	for k, pkg := range packages {
		all[k] = &outputs{pkg: pkg, tests: cfg.Tests}
	}
	if err := load.Each(all, (*outputs).generate); err != nil {
		return nil, err
	}
	result := &Result{dir: cfg.Dir}
	for _, out := range all {
		findings.Append(out.findings.Findings()...)
		result.Files = append(result.Files, out.files...)
		result.models = append(result.models, out.models...)
	}
	// 5. check: what will be written must compile together with its package.
	if findings.Len() == 0 {
		if err := load.Each(all, (*outputs).check); err != nil {
			return nil, err
		}
	}
	if err := result.findOrphans(packages); err != nil {
		return nil, err
	}
	result.conclude(&findings)
	return result, nil
}

// conclude puts a result in order, and lets nothing of it be written where there are findings.
func (r *Result) conclude(findings *diag.List) {
	if r.Findings = findings.Findings(); len(r.Findings) > 0 {
		r.Files, r.models = nil, nil
	}
	slices.SortFunc(r.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}

// outputs is what one package gives.
type outputs struct {
	pkg      *load.Package
	tests    bool
	findings diag.List
	files    []File
	models   []*model.File
}

// generate finds the package's directives (directive.Scan), checks them and decides what the outputs say (build.Files), and prints
// those (emit.File).
func (o *outputs) generate() error {
	in := input(o.pkg, &o.findings)
	in.WantsTest = func(path string) bool { return o.tests || isThere(path) }
	models := build.Files(in, &o.findings)
	if o.findings.Len() > 0 {
		return nil
	}
	o.models = models
	for _, file := range models {
		if err := o.add(file, file.Path, emit.File); err != nil {
			return err
		}
		if file.Conformance != nil {
			if err := o.add(file, file.Conformance.Path, emit.Conformance); err != nil {
				return err
			}
		}
	}
	return nil
}

// add prints one output.
func (o *outputs) add(file *model.File, path string, print func(*model.File) ([]byte, error)) error {
	content, err := print(file)
	if err != nil {
		return err
	}
	stale, err := compare(path, content, &o.findings)
	if err != nil {
		return err
	}
	o.files = append(o.files, File{Path: path, Content: content, Stale: stale})
	return nil
}

// isThere reports whether a path holds an output. What others have put there is their own while no output is wanted.
func isThere(path string) bool {
	content, err := os.ReadFile(path)
	return err == nil && load.IsOutput(path, content)
}

// check proves that the outputs compile with the package, where any will be written.
func (o *outputs) check() error {
	if !slices.ContainsFunc(o.files, func(f File) bool { return f.Stale }) {
		return nil
	}
	contents := map[string][]byte{}
	for _, file := range o.files {
		contents[file.Path] = file.Content
	}
	if err := o.pkg.Check(contents); err != nil {
		return fmt.Errorf("what cbgen would write for %s does not compile, so nothing was written: %w", o.pkg.Path, err)
	}
	return nil
}

// input hands a loaded package to build, with the directives of its files.
func input(pkg *load.Package, findings *diag.List) *build.Package {
	p := &build.Package{
		Fset: pkg.Fset, Types: pkg.Types, Runtime: pkg.Runtime(),
		DependsOn: pkg.DependsOn, Dependencies: pkg.Dependencies, Lookup: pkg.Lookup, Elsewhere: pkg.DeclaredElsewhere,
		TypeErrors: pkg.TypeErrors, Broken: pkg.Broken,
	}
	for _, file := range pkg.Files {
		// The plain files of a test variant were read with the package itself: their findings are known.
		generate := file.Test == pkg.Test
		own := findings
		if !generate {
			own = &diag.List{}
		}
		p.Files = append(p.Files, &build.File{
			Name: file.Name, Syntax: file.Syntax, Generate: generate,
			Constraint: load.Constraint(file),
			Comments:   directive.Scan(pkg.Fset, file.Syntax, own),
		})
	}
	return p
}

// compare reports whether an output differs from what is on disk. A file that cbgen did not write is a finding.
func compare(path string, content []byte, findings *diag.List) (stale bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case os.IsNotExist(err):
		return true, nil
	case err != nil:
		return false, err
	case info.IsDir():
		findings.Add(diag.File(path), "a directory stands where cbgen writes its output: rename it")
		return false, nil
	}
	existing, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	if !load.IsOutput(path, existing) {
		findings.Add(diag.File(path), "this file stands where cbgen writes its output, and cbgen did not write it: rename it")
		return false, nil
	}
	return !bytes.Equal(existing, content), nil
}

// Stale reports whether anything on disk is not as it would be generated.
func (r *Result) Stale() bool {
	return slices.ContainsFunc(r.Files, func(f File) bool { return f.Stale || f.Orphan })
}

// PrintFindings prints the findings, one after the other as file:line:col: message, files below Config.Dir relative to it.
func (r *Result) PrintFindings(w io.Writer) { diag.Print(w, r.dir, r.Findings) }

// Relative names a file for people: relative to Config.Dir where it is below it.
func (r *Result) Relative(path string) string { return relative(r.dir, path) }

// Help prints the language of the directives, or one of them where name is not empty.
func Help(w io.Writer, name string) error { return directive.Help(w, name) }

// relative names a file for people: relative to dir where it is below it.
func relative(dir, path string) string {
	if absolute, err := filepath.Abs(dir); err == nil {
		if rel, err := filepath.Rel(absolute, path); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return path
}

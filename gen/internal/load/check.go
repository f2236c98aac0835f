package load

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// check type-checks the package's files, where they may hold a directive: without one its types are not needed. Type errors are kept
// in p: most say no more than that cbgen has not run yet. The error is trouble with what is imported.
func (p *Package) check() error {
	p.Types = types.NewPackage(p.Path, p.Name)
	p.Broken = p.unresolved()
	if !p.directed {
		return nil
	}
	config := p.graph.config(p.meta, func(path string) (*types.Package, error) {
		p.graph.mu.Lock()
		defer p.graph.mu.Unlock()
		return p.graph.imported(p.meta, path)
	})
	config.FakeImportC = p.importsC()
	config.Error = func(err error) {
		var e types.Error
		if errors.As(err, &e) {
			p.TypeErrors = append(p.TypeErrors, e)
		}
	}
	_ = types.NewChecker(config, p.Fset, p.Types, nil).Files(p.syntax())
	p.graph.mu.Lock()
	defer p.graph.mu.Unlock()
	return p.graph.broken
}

// syntax returns the files to type-check, in an order that does not depend on the build cache.
func (p *Package) syntax() []*ast.File {
	var files []*ast.File
	for _, file := range p.Files {
		files = append(files, file.Syntax)
	}
	return append(files, p.support...)
}

// importsC reports whether a file speaks C and cgo did not rewrite it, because it failed.
func (p *Package) importsC() bool {
	return slices.ContainsFunc(p.syntax(), importsC)
}

func importsC(file *ast.File) bool {
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"C"` })
}

// Check reports whether generated files, by their absolute names, type-check together with the package. Their functions are
// checked whole; the package's own errors are not theirs. The error joins one "file:line:col: message" for each, sorted.
func (p *Package) Check(outputs map[string][]byte) error {
	files := p.syntax()
	var errs scanner.ErrorList
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		file, err := parser.ParseFile(p.Fset, name, outputs[name], parser.SkipObjectResolution|parser.AllErrors)
		var list scanner.ErrorList
		errors.As(err, &list)
		errs = append(errs, list...)
		files = append(files, file)
	}
	errs.RemoveMultiples()
	if len(errs) == 0 {
		errs = p.checkWith(files, func(name string) bool { _, ok := outputs[name]; return ok })
	}
	joined := make([]error, len(errs))
	for k, e := range errs {
		joined[k] = e
	}
	return errors.Join(joined...)
}

// checkWith type-checks the package anew, as the given files, and returns the errors in those that count.
func (p *Package) checkWith(files []*ast.File, counts func(name string) bool) scanner.ErrorList {
	config := p.graph.config(p.meta, func(path string) (*types.Package, error) {
		if path == "unsafe" {
			return types.Unsafe, nil
		}
		return p.graph.resolve(p.meta, path)
	})
	config.IgnoreFuncBodies = false
	config.FakeImportC = p.importsC()
	if !p.graph.hasRuntime() {
		config.GoVersion = "" // Requiring the runtime will raise the module's go line.
	}
	var errs scanner.ErrorList
	var last *scanner.Error // nil where it does not count
	config.Error = func(err error) {
		var e types.Error
		if !errors.As(err, &e) {
			return
		}
		at := p.Fset.PositionFor(e.Pos, false)
		if more, ok := strings.CutPrefix(e.Msg, "\t"); ok { // a second place of the error before
			if last != nil {
				last.Msg += fmt.Sprintf(" (%s: %s)", at, more)
			}
			return
		}
		if last = nil; counts(at.Filename) {
			last = &scanner.Error{Pos: at, Msg: e.Msg}
			errs = append(errs, last)
		}
	}
	_ = types.NewChecker(config, p.Fset, types.NewPackage(p.Path, p.Name), nil).Files(files)
	errs.Sort()
	return errs
}

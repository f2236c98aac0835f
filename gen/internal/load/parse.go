package load

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// IsOutputName reports whether a file has a name that cbgen gives to its outputs.
func IsOutputName(name string) bool {
	return strings.HasSuffix(name, "_cb.go") || strings.HasSuffix(name, "_cb_test.go") || strings.HasSuffix(name, "_cb_conformance_test.go")
}

// IsOutput reports whether a file is one that cbgen wrote. Its name alone does not say so.
func IsOutput(name string, src []byte) bool {
	if !IsOutputName(name) {
		return false
	}
	line, _, _ := bytes.Cut(src, []byte("\n"))
	return string(bytes.TrimSuffix(line, []byte("\r"))) == model.Header
}

// parse reads the files of a package. Syntax errors are kept in p; the error is one of reading.
func (p *Package) parse() error {
	for _, name := range sources(p.meta) {
		src, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading %s: %w", p.Path, err)
		}
		if IsOutput(name, src) {
			p.outputs[filepath.Base(name)] = true
			continue
		}
		p.directed = p.directed || mayDirect(src)
		file := &File{Name: name, Src: src}
		if !slices.Contains(p.meta.GoFiles, name) { // cgo wrote it
			if file, src, err = p.cgoFile(src); err != nil {
				return fmt.Errorf("reading %s: %w", p.Path, err)
			}
		}
		syntax, err := parseFile(p.Fset, file.Name, src)
		if err := p.addSyntaxErrors(err); err != nil {
			return fmt.Errorf("reading %s: %w", p.Path, err)
		}
		if file.Src == nil {
			p.support = append(p.support, syntax)
			continue
		}
		file.Syntax, file.Test = syntax, isTest(file.Name)
		p.Files = append(p.Files, file)
	}
	slices.SortFunc(p.Files, func(a, b *File) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// sources returns a package's files, sorted: cgo's copies where the go command was asked for them.
func sources(meta *packages.Package) []string {
	if len(meta.CompiledGoFiles) > 0 {
		return slices.Sorted(slices.Values(meta.CompiledGoFiles))
	}
	return slices.Sorted(slices.Values(meta.GoFiles))
}

func (p *Package) addSyntaxErrors(err error) error {
	var list scanner.ErrorList
	if errors.As(err, &list) {
		p.syntaxErrors = append(p.syntaxErrors, list...)
		return nil
	}
	return err
}

// cgoLine is how cgo says of which file it wrote a copy.
var cgoLine = regexp.MustCompile(`(?m)^//line (.+):1:1$`)

// cgoFile returns the file that cgo's copy stands for, and the copy saying so by its full path: with -trimpath it does not.
// What cgo made up itself stands for no file and has no Src.
func (p *Package) cgoFile(src []byte) (*File, []byte, error) {
	if match := cgoLine.FindSubmatchIndex(src); match != nil {
		base := filepath.Base(filepath.FromSlash(string(src[match[2]:match[3]])))
		for _, original := range p.meta.GoFiles {
			if filepath.Base(original) == base {
				src = slices.Concat(src[:match[2]], []byte(original), src[match[3]:])
				content, err := os.ReadFile(original)
				return &File{Name: original, Src: content}, src, err
			}
		}
	}
	return &File{Name: filepath.Join(p.Dir, "_cgo.go")}, src, nil
}

// parseFile parses a file and drops its function bodies: what they call may not be generated yet.
func parseFile(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	syntax, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution|parser.AllErrors)
	if syntax != nil {
		dropBodies(syntax)
	}
	return syntax, err
}

func dropBodies(file *ast.File) {
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		// The type checker takes a function without body for one written in assembly; these cannot be.
		name := fn.Name.Name
		needed := fn.Recv == nil && (name == "init" || name == "main" || name == "_") || fn.Type.TypeParams != nil
		switch {
		case !needed:
			fn.Body = nil
		case fn.Body != nil:
			fn.Body = &ast.BlockStmt{Lbrace: fn.Body.Lbrace, Rbrace: fn.Body.Rbrace}
		}
	}
}

// imports returns the paths that the package's files import, sorted.
func (p *Package) imports() []string {
	var paths []string
	for _, file := range p.syntax() {
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil {
				paths = append(paths, path)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Package emit prints a model as Go source. Reading File top to bottom is reading a generated file top to bottom.
package emit

import (
	"bytes"
	"fmt"
	"go/format"

	"github.com/dave/jennifer/jen"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// File prints one output. The error is a defect of cbgen, never of what a user wrote.
func File(file *model.File) ([]byte, error) {
	f := newFile(file)
	imports(f, file.Imports)
	handshake(f, file)
	for _, iface := range file.Interfaces {
		p := printer{file: f, pkg: file.Package, cb: file.Runtime, iface: iface}
		p.wrapper()
		p.assertion()
		p.fallbackInterface()
		p.policies()
		p.constructor()
		for _, method := range iface.Methods {
			p.method(method)
			p.streamType(method)
		}
		p.queue()
	}
	return render(f, file.Source)
}

// newFile begins an output: with its header, and where it comes from.
func newFile(file *model.File) *jen.File {
	f := jen.NewFile(file.Package)
	f.NoFormat = true // render does that
	f.HeaderComment(model.Header)
	source := "// Source: " + file.Source
	if file.Constraint != "" {
		source += "\n\n//go:build " + file.Constraint
	}
	f.HeaderComment(source)
	return f
}

func render(f *jen.File, source string) ([]byte, error) {
	var out bytes.Buffer
	if err := f.Render(&out); err != nil {
		return nil, fmt.Errorf("printing the output of %s: %w", source, err)
	}
	content := out.Bytes()
	// Where gofmt breaks a line, as it does inside a type, what it makes of the text is not yet what it makes of its own.
	for lines := -1; textLines(content) != lines; {
		lines = textLines(content)
		formatted, err := format.Source(content)
		if err != nil {
			return nil, fmt.Errorf("formatting the output of %s: %w", source, err)
		}
		content = formatted
	}
	return content, nil
}

// textLines counts the lines that are not blank.
func textLines(content []byte) (n int) {
	for line := range bytes.Lines(content) {
		if len(bytes.TrimSpace(line)) > 0 {
			n++
		}
	}
	return n
}

func imports(f *jen.File, list []model.Import) {
	f.Id("import").DefsFunc(func(g *jen.Group) {
		std := false
		for _, group := range []bool{true, false} {
			for _, spec := range list {
				if spec.Std != group {
					continue
				}
				if !group && std {
					g.Line()
					std = false
				}
				std = std || group
				if spec.Name != "" {
					g.Id(spec.Name).Lit(spec.Path)
				} else {
					g.Lit(spec.Path)
				}
			}
		}
	})
	f.Line()
}

func handshake(f *jen.File, file *model.File) {
	f.Comment("// This line fails to compile where the file is newer than the cbgen module in go.mod: upgrade that module.")
	f.Const().Id("_").Op("=").Id(file.Runtime).Dot("Generation1")
	f.Line()
}

// printer prints what is generated for one interface.
type printer struct {
	file  *jen.File
	pkg   string
	cb    string // name of the runtime in this file
	iface *model.Interface
}

// runtime names something of the runtime.
func (p printer) runtime(name string) *jen.Statement { return jen.Id(p.cb).Dot(name) }

// comment prints a doc comment, wrapped; a blank line in the text starts a new paragraph.
func (p printer) comment(format string, args ...any) {
	for _, line := range wrap(fmt.Sprintf(format, args...), 116) {
		p.file.Comment(line)
	}
}

// declared is the type parameter list of a declaration: [K comparable, V any].
func (p printer) declared(name string) *jen.Statement {
	s := jen.Id(name)
	if len(p.iface.TypeParams) == 0 {
		return s
	}
	return s.TypesFunc(func(g *jen.Group) {
		for _, param := range p.iface.TypeParams {
			g.Id(param.Name).Id(param.Constraint)
		}
	})
}

// applied is a generic name with the interface's type parameters as arguments: ProviderBreaker[K, V].
func (p printer) applied(name string) *jen.Statement {
	s := jen.Id(name)
	if len(p.iface.TypeParams) == 0 {
		return s
	}
	return s.TypesFunc(func(g *jen.Group) {
		for _, param := range p.iface.TypeParams {
			g.Id(param.Name)
		}
	})
}

func (p printer) wrapper() {
	i := p.iface
	p.comment("%s is %s [%s] whose methods run behind circuit breakers.", i.Wrapper, article(i.Name), i.Name)
	p.file.Type().Add(p.declared(i.Wrapper)).StructFunc(func(g *jen.Group) {
		g.Id(i.NextField).Add(p.applied(i.Name))
		if len(i.Fallbacks) > 0 {
			g.Id(i.FallbackField).Add(p.applied(i.FallbackType))
		}
		if i.StandbyField != "" {
			g.Id(i.StandbyField).Add(p.applied(i.Name))
		}
		if i.CacheField != "" {
			g.Id(i.CacheField).Add(p.runtime("Cache"))
		}
		if i.QueueField != "" {
			g.Id(i.QueueField).Add(p.runtime("Queue"))
		}
		guarded := i.Guarded()
		if len(guarded) > 0 {
			g.Line()
		}
		for _, m := range guarded {
			g.Id(m.Field).Op("*").Add(p.breaker(m))
		}
	})
	p.file.Line()
}

// breaker is the type of a method's field.
func (p printer) breaker(m *model.Method) *jen.Statement {
	if m.Key == nil {
		return p.runtime("Breaker")
	}
	return p.runtime("Keyed").Types(jen.Id(m.Key.Type))
}

// assertion proves at compile time that the wrapper has the interface's methods. For a generic one, which no variable can
// prove for all type arguments, the wrapper is returned as the interface.
func (p printer) assertion() {
	i := p.iface
	if len(i.TypeParams) == 0 {
		p.file.Var().Id("_").Id(i.Name).Op("=").Parens(jen.Op("*").Id(i.Wrapper)).Parens(jen.Nil())
	} else {
		p.file.Func().Add(p.declared("_")).Params(jen.Id(i.Receiver).Op("*").Add(p.applied(i.Wrapper))).Add(p.applied(i.Name)).
			Custom(block(1), jen.Return(jen.Id(i.Receiver)))
	}
	p.file.Line()
}

func (p printer) fallbackInterface() {
	i := p.iface
	if len(i.Fallbacks) == 0 {
		return
	}
	p.comment("%s answers for %s [%s] that cannot; cause is why.", i.FallbackType, article(i.Name), i.Name)
	p.file.Type().Add(p.declared(i.FallbackType)).InterfaceFunc(func(g *jen.Group) {
		for _, m := range i.Fallbacks {
			g.Comment(m.Doc)
			g.Id(m.Name).Params(params(m.Params)...).Add(results(m.Results))
		}
	})
	p.file.Line()
}

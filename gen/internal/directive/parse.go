package directive

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/diag"
)

// IsDirective reports whether a comment is a directive of cbgen, known or not: exactly //cb:name.
func IsDirective(c *ast.Comment) bool {
	d, ok := ast.ParseDirective(c.Slash, c.Text)
	return ok && d.Tool == tool
}

// Parse reads a directive that stands at target. Whatever is wrong within this one comment is added to findings, and then
// no line is returned; nor is one for a comment that is no directive.
func Parse(fset *token.FileSet, c *ast.Comment, target Target, findings *diag.List) (*Line, bool) {
	p := lineParser{fset: fset, findings: findings, target: target}
	return p.comment(c)
}

// lineParser reads one directive.
type lineParser struct {
	fset     *token.FileSet
	findings *diag.List
	target   Target
	broken   bool // only the beginning could be read: what seems to be missing may be there
}

func (p *lineParser) add(pos token.Pos, format string, args ...any) {
	p.findings.Add(p.fset.Position(pos), format, args...)
}

func (p *lineParser) comment(c *ast.Comment) (*Line, bool) {
	d, ok := ast.ParseDirective(c.Slash, c.Text)
	if !ok || d.Tool != tool {
		return nil, false
	}
	before := p.findings.Len()
	words, bad := split(d)
	if i := slices.IndexFunc(words, word.remark); i >= 0 && (i != 1 || !strings.HasPrefix(words[i].text, "//"+tool+":")) {
		p.add(words[i].pos, "a remark cannot follow a directive: write it on a line of its own above")
		words, p.broken = words[:i], true
	} else if bad.IsValid() {
		p.add(bad, `a quote is not closed, or something follows it: a whole argument is quoted, as "key=a b"`)
		p.broken = true
	}
	line := p.directive(c.Slash, word{text: d.Name, pos: c.Slash + token.Pos(len("//"+tool+":"))}, words)
	return line, line != nil && p.findings.Len() == before
}

// directive reads the directive that is called name; pos is where it begins.
func (p *lineParser) directive(pos token.Pos, name word, words []word) *Line {
	def, ok := Lookup(name.text)
	switch {
	case !ok:
		p.add(name.pos, "unknown directive //%s:%s: %s", tool, name.text, meantDirective(name.text, p.target))
		return nil
	case def.Targets&p.target == 0:
		p.add(pos, "%s cannot stand at %s: write it at %s, as in %s", def, p.target, def.Targets, def.Example)
		return nil
	}
	line := &Line{Def: def, Pos: p.fset.Position(pos)}
	switch {
	case def.Nested:
		p.nested(pos, line, words)
	case len(words) == 1 && words[0].source == off && def.inherited():
		line.Off = true
		p.clears(words[0].pos, def.String())
	default:
		before := p.findings.Len()
		p.arguments(line, words)
		if p.findings.Len() == before { // what a line lacks may be what is wrong in it
			p.complete(pos, line)
		}
	}
	return line
}

// clears refuses an off at an interface, where it has nothing to clear.
func (p *lineParser) clears(pos token.Pos, what string) {
	if p.target == OnInterface {
		p.add(pos, "off clears what a method inherits from its interface, and an interface inherits nothing: remove the off of %s", what)
	}
}

// nested reads a method's name and the directive for that method.
func (p *lineParser) nested(pos token.Pos, line *Line, words []word) {
	if len(words) == 0 {
		if !p.broken {
			p.add(pos, "%s names no method, as in %s", line.Def, line.Def.Example)
		}
		return
	}
	method := words[0]
	p.value(line, line.Def.Arg(""), method, 0)
	line.Method = method.text
	if len(words) == 1 {
		if !p.broken {
			p.add(pos, "%s %s says nothing: behind the method's name follows a directive, as in %s", line.Def, method.text, line.Def.Example)
		}
		return
	}
	if bare, ok := strings.CutPrefix(words[1].text, "//"+tool+":"); ok {
		p.add(words[1].pos, "write %s without //%s: here", bare, tool)
		return
	}
	inner := *p
	inner.target = OnMethod
	line.Inner = inner.directive(words[1].pos, words[1], words[2:])
}

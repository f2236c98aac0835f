package directive

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/cbgen/cbgen/gen/internal/diag"
)

// Comments holds the directives of one file where they belong. A type or method whose directives all have findings is a key
// without lines.
type Comments struct {
	Interfaces map[*ast.TypeSpec][]*Line // in the order of the source, those of //cb:on included
	Methods    map[*ast.Field][]*Line
}

// Scan reads every directive of a file and gives it to its interface or method. It adds to findings what is wrong within a
// directive, what is given twice, what stands in the wrong place or at nothing, and plain comments that were most
// probably meant as directives. The file must have been parsed with its comments.
func Scan(fset *token.FileSet, f *ast.File, findings *diag.List) *Comments {
	s := &scanner{
		fset: fset, file: f, findings: findings, attached: map[*ast.CommentGroup]bool{},
		comments: &Comments{Interfaces: map[*ast.TypeSpec][]*Line{}, Methods: map[*ast.Field][]*Line{}},
	}
	for _, decl := range f.Decls {
		if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.TYPE {
			for _, spec := range decl.Specs {
				s.typeSpec(decl, spec.(*ast.TypeSpec))
			}
		}
	}
	s.others()
	return s.comments
}

// scanner is one run of Scan.
type scanner struct {
	fset     *token.FileSet
	file     *ast.File
	findings *diag.List
	attached map[*ast.CommentGroup]bool // read as directives of an interface or method
	comments *Comments
}

func (s *scanner) add(pos token.Pos, format string, args ...any) {
	s.findings.Add(s.fset.Position(pos), format, args...)
}

func (s *scanner) typeSpec(decl *ast.GenDecl, spec *ast.TypeSpec) {
	doc := spec.Doc
	if !decl.Lparen.IsValid() && doc == nil {
		doc = decl.Doc
	}
	if !mayBeInterface(spec.Type) {
		s.refuse(doc, "stands at "+spec.Name.Name+", which is not an interface")
		return
	}
	if lines, found := s.lines(doc, OnInterface); found {
		s.comments.Interfaces[spec] = lines
	}
	if iface, ok := ast.Unparen(spec.Type).(*ast.InterfaceType); ok {
		s.methods(spec, iface)
	}
}

// mayBeInterface reports whether a type expression is an interface or a name, which only type-checking resolves.
func mayBeInterface(expr ast.Expr) bool {
	switch expr := ast.Unparen(expr).(type) {
	case *ast.InterfaceType, *ast.Ident, *ast.SelectorExpr:
		return true
	case *ast.IndexExpr:
		return mayBeInterface(expr.X)
	case *ast.IndexListExpr:
		return mayBeInterface(expr.X)
	}
	return false
}

func (s *scanner) methods(spec *ast.TypeSpec, iface *ast.InterfaceType) {
	var methods [][]*Line
	visible := true // all of the interface's methods
	for _, field := range iface.Methods.List {
		if len(field.Names) == 0 {
			embedded := "stands at an embedded interface: write it above the methods in that interface, or above " + spec.Name.Name +
				" as //cb:on Method ..."
			s.refuse(field.Doc, embedded)
			s.refuse(field.Comment, embedded)
			visible = false
			continue
		}
		lines, found := s.lines(field.Doc, OnMethod)
		if found {
			s.comments.Methods[field] = lines
			methods = append(methods, lines)
		}
		s.refuse(field.Comment, "stands behind the method: write it above "+field.Names[0].Name)
	}
	for _, line := range s.comments.Interfaces[spec] {
		if line.Inner != nil {
			methods = append(methods, []*Line{line.Inner})
		}
	}
	if visible {
		checkDefaults(s.comments.Interfaces[spec], methods, s.findings)
	}
}

// lines reads the directives of a doc comment; found tells whether it holds any.
func (s *scanner) lines(doc *ast.CommentGroup, target Target) (lines []*Line, found bool) {
	if doc == nil {
		return nil, false
	}
	s.attached[doc] = true
	for _, c := range doc.List {
		if !IsDirective(c) {
			continue
		}
		found = true
		if line, ok := Parse(s.fset, c, target, s.findings); ok {
			s.checkRepeated(lines, line)
			lines = append(lines, line)
		}
	}
	return lines, found
}

// checkRepeated reports a line that says again what an earlier line of the same place has said.
func (s *scanner) checkRepeated(lines []*Line, line *Line) {
	i := slices.IndexFunc(lines, func(other *Line) bool {
		if other.Def.Name != line.Def.Name {
			return false
		}
		return !line.Def.Repeatable || line.Off || other.Off || line.String() == other.String()
	})
	switch {
	case i < 0:
	case lines[i].Off != line.Off:
		s.findings.Add(line.Pos, "%s contradicts the one at %s: off stands alone", line.Def, lines[i].Pos)
	default:
		s.findings.Add(line.Pos, "%s is given twice: the first is at %s", line.Def, lines[i].Pos)
	}
}

// refuse reports every directive of a comment that stands where none can.
func (s *scanner) refuse(group *ast.CommentGroup, why string) {
	if group == nil {
		return
	}
	s.attached[group] = true
	for _, c := range group.List {
		if d, ok := ast.ParseDirective(c.Slash, c.Text); ok && d.Tool == tool {
			s.add(c.Slash, "//%s:%s %s", tool, d.Name, why)
		}
	}
}

// others goes through the comments that belong to no interface and no method, and looks for near misses in all of them.
func (s *scanner) others() {
	where := newPlaces(s.file)
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if IsDirective(c) {
				continue
			}
			// Where no directive can stand, a comment that only reads like one is prose: cb: on success.
			if why, tight, ok := nearMiss(c.Text); ok && (tight || !where.inFunction(s.fset, group)) {
				s.add(c.Slash, "%s", why)
			}
		}
		if !s.attached[group] && slices.ContainsFunc(group.List, IsDirective) {
			s.refuse(group, where.describe(s.fset, group))
		}
	}
}

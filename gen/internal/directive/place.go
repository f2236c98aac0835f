package directive

import (
	"go/ast"
	"go/token"
)

// places knows what stands where in a file, to say where a directive stands that belongs to nothing.
type places struct {
	file  *ast.File
	roles map[*ast.CommentGroup]string // comments that belong to something, and what is to be said of a directive there
	types []ast.Node                   // struct and interface types
	funcs []ast.Node                   // bodies of functions
}

func newPlaces(f *ast.File) *places {
	p := &places{file: f, roles: map[*ast.CommentGroup]string{}}
	p.role("stands at the package clause: write it above an interface or a method", f.Doc)
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			if n.Tok == token.TYPE {
				p.role("stands at a group of types: write it inside, above the interface that is meant", n.Doc)
			} else {
				p.role("stands above "+n.Tok.String()+": write it above an interface or a method", n.Doc)
			}
		case *ast.ImportSpec:
			p.role("stands at an import: write it above an interface or a method", n.Doc, n.Comment)
		case *ast.ValueSpec:
			p.role("stands at a declaration of values: write it above an interface or a method", n.Doc, n.Comment)
		case *ast.TypeSpec:
			p.role("stands behind a type: write it above "+n.Name.Name, n.Comment)
		case *ast.FuncDecl:
			p.role("stands at a function: write it above an interface or a method of one", n.Doc)
			if n.Body != nil {
				p.funcs = append(p.funcs, n.Body)
			}
		case *ast.FuncLit:
			if n.Body != nil {
				p.funcs = append(p.funcs, n.Body)
			}
		case *ast.StructType:
			p.types = append(p.types, n)
			p.fields("stands at a field of a struct: write it above an interface or a method", n.Fields)
		case *ast.InterfaceType:
			p.types = append(p.types, n)
			p.fields("stands in an interface without a name: declare that interface as a type of its own", n.Methods)
		}
		return true
	})
	return p
}

func (p *places) role(what string, groups ...*ast.CommentGroup) {
	for _, group := range groups {
		if group != nil {
			p.roles[group] = what
		}
	}
}

func (p *places) fields(what string, list *ast.FieldList) {
	if list == nil {
		return
	}
	for _, field := range list.List {
		p.role(what, field.Doc, field.Comment)
	}
}

// describe says where a comment stands that holds a directive and belongs to neither an interface nor a method.
func (p *places) describe(fset *token.FileSet, group *ast.CommentGroup) string {
	if p.inFunction(fset, group) {
		return "stands inside a function: only interfaces declared outside of functions are generated from"
	}
	if role, ok := p.roles[group]; ok {
		return role
	}
	switch n := enclosing(p.types, group).(type) {
	case *ast.InterfaceType:
		for _, field := range n.Methods.List {
			switch {
			case len(field.Names) == 0:
			case field.Pos() > group.End():
				return "is attached to nothing: remove the empty line or comment between it and " + field.Names[0].Name
			case field.End() > group.Pos():
				return "stands inside of a method: write it above " + field.Names[0].Name
			}
		}
		return "is attached to nothing: write it directly above a method"
	case *ast.StructType:
		return "stands in a struct: write it above an interface or a method"
	}
	for _, decl := range p.file.Decls {
		if decl.Pos() < group.End() {
			continue
		}
		if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.TYPE && len(decl.Specs) == 1 {
			return "is attached to nothing: remove the empty line or comment between it and type " + decl.Specs[0].(*ast.TypeSpec).Name.Name
		}
		break
	}
	return "is attached to nothing: write it directly above an interface or a method"
}

// inFunction reports whether a comment stands in the body of a function. Where bodies were dropped after parsing, it most
// probably does if it is indented and what stands before it is a function without a body.
func (p *places) inFunction(fset *token.FileSet, group *ast.CommentGroup) bool {
	if enclosing(p.funcs, group) != nil {
		return true
	}
	if fset.Position(group.Pos()).Column == 1 {
		return false
	}
	var before ast.Decl
	for _, decl := range p.file.Decls {
		if decl.Pos() <= group.Pos() {
			before = decl
		}
	}
	function, ok := before.(*ast.FuncDecl)
	return ok && function.Body == nil && function.End() <= group.Pos()
}

// enclosing returns the innermost of nodes around a comment, nil where there is none.
func enclosing(nodes []ast.Node, group *ast.CommentGroup) ast.Node {
	var innermost ast.Node
	for _, n := range nodes {
		if n.Pos() <= group.Pos() && group.End() <= n.End() && (innermost == nil || n.Pos() > innermost.Pos()) {
			innermost = n
		}
	}
	return innermost
}

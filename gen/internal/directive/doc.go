// Package directive is the language of the comments that annotate interfaces: one registry of definitions, and what it
// drives: the parser, the attachment to interfaces and methods, the merging of their layers, the help and the README's table.
//
// The grammar is Go's own for directives, as [go/ast.ParseDirective] and [go/ast.Directive.ParseArgs] read them:
//
//	directive  = "//cb:" name { space token }
//	token      = positional | key "=" value | flag      quoted whole where it holds a space: "key=req.A + req.B"
//	list       = element { "," element }                without spaces
//	duration   = as time.ParseDuration reads it
//	range      = duration ".." duration
//	share      = number "%" | number
//
// key=off clears a key that is inherited from the interface, a lone off the whole directive.
//
// Read Registry first: a new directive is a row there. Nothing in this package asks for a directive by its name.
package directive

package directive

import (
	"fmt"
	"io"
	"strings"
)

// width is the number of columns that help keeps to.
const width = 100

// start is what to begin with for an upstream across a network: the lines that `make incidents` plays.
var start = []struct{ text, why string }{
	{"//cb:breaker threshold=20 timeout=10s surge=110%", "half an outage does not open it"},
	{"//cb:failure codes=429,5xx", "mistakes of callers do not count"},
	{"//cb:deadline 750ms", "1.5 times the slowest good answers"},
	{"//cb:retry max=1 on=deadline budget=50%", "where calling twice does no harm"},
}

// Help writes an overview of the language, or, where name is not empty, of one directive with all its arguments. A name
// that no directive has is an error; so is a writer's.
func Help(w io.Writer, name string) error {
	var b strings.Builder
	if name == "" {
		overview(&b)
	} else {
		bare := strings.TrimPrefix(strings.TrimPrefix(name, "//"), tool+":")
		def, ok := Lookup(bare)
		if !ok {
			return fmt.Errorf("unknown directive %s: %s", name, meantDirective(bare, OnInterface|OnMethod))
		}
		manual(&b, def)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func overview(b *strings.Builder) {
	b.WriteString("Directives stand in the doc comment of an interface or of one of its methods:\n\n")
	for _, def := range Registry() {
		wrap(b, fmt.Sprintf("  %-18s", def.String()), 20, def.Doc)
	}
	b.WriteByte('\n')
	wrap(b, "", 0, "On an interface a directive is the default for all of its methods; on a method it overrides that key by key. "+
		"key=off clears an inherited key, //cb:<directive> off an inherited directive. "+
		"Lists are written with commas and without spaces, a word with spaces is quoted whole, and remarks stand on lines of their own.")
	b.WriteString("\nA start for calls over a network:\n\n")
	for _, line := range start {
		fmt.Fprintf(b, "  %-50s %s\n", line.text, line.why)
	}
	b.WriteString("\n\"cbgen help <directive>\" explains one, as in \"cbgen help " + Registry()[0].Name + "\".\n")
}

func manual(b *strings.Builder, def *Definition) {
	fmt.Fprintf(b, "%s, at %s", def, def.Targets)
	if def.Repeatable {
		b.WriteString(", may be repeated")
	}
	b.WriteString("\n\n")
	wrap(b, "", 0, def.Doc)
	b.WriteByte('\n')
	for i := range def.Args {
		arg := &def.Args[i]
		heading := "  " + arg.usage()
		if def.Nested {
			heading += " DIRECTIVE ARGUMENT..."
		}
		if notes := arg.notes(); len(notes) > 0 {
			heading += "   (" + strings.Join(notes, "; ") + ")"
		}
		wrap(b, heading, 0, "")
		wrap(b, "        ", 8, arg.Doc)
	}
	fmt.Fprintf(b, "\nExample:\n\n  %s\n", def.Example)
}

// notes lists what is to be known of an argument beside its sentence.
func (a *Arg) notes() []string {
	var notes []string
	if a.Default != "" {
		note := "default " + a.Default
		switch {
		case a.With != "":
			note += " with " + a.With + "="
		case a.Without != "":
			note += " without " + a.Without + "="
		}
		notes = append(notes, note)
	}
	if bounds := strings.TrimSpace(a.bounds()); bounds != "" {
		notes = append(notes, bounds)
	}
	if a.Only != "" {
		notes = append(notes, "of "+a.Only)
	}
	if a.Needs != "" {
		notes = append(notes, "needs "+a.Needs+"=")
	}
	return notes
}

// wrap writes text behind a heading, in lines of at most width columns, the further ones indented.
func wrap(b *strings.Builder, heading string, indent int, text string) {
	b.WriteString(heading)
	column := len(heading)
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
}

// Markdown returns the README's table of the directives.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| directive | argument | default | bounds | meaning |\n|---|---|---|---|---|\n")
	for _, def := range Registry() {
		row(&b, "`"+def.String()+"`", "", "", "", def.Doc)
		for i := range def.Args {
			arg := &def.Args[i]
			row(&b, "", "`"+arg.usage()+"`", code(arg.Default), strings.TrimSpace(arg.bounds()), arg.Doc)
		}
	}
	return b.String()
}

func row(b *strings.Builder, cells ...string) {
	for _, cell := range cells {
		b.WriteString("| " + strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(cell) + " ")
	}
	b.WriteString("|\n")
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

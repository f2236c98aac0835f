package directive

import (
	"go/token"
	"slices"
	"strings"
)

// arguments reads the words behind the name.
func (p *lineParser) arguments(line *Line, words []word) {
	for len(words) > 0 && !p.broken {
		words = p.argument(line, words[0], words[1:])
	}
}

// argument reads one word, and returns those of rest that do not belong to it.
func (p *lineParser) argument(line *Line, w word, rest []word) []word {
	def, positional := line.Def, line.Def.Arg("")
	if _, given := line.Value(""); given {
		positional = nil
	}
	key, text, keyed := w.key()
	if keyed && w.quoted() && def.Arg(key) == nil && positional != nil {
		keyed = false // a text or an expression that only looks like key=value
	}
	if keyed {
		return p.keyed(line, w, key, text, rest)
	}
	arg := def.Arg(w.text)
	switch {
	case w.text != "" && !w.quoted() && len(rest) > 0 && (rest[0].source == "=" || isAssigned(rest[0])):
		if arg == nil {
			p.unknownKey(def, w, w.text)
		} else {
			p.add(w.pos, "%s in %s has spaces around =: write %s", w.text, def, arg.usage())
		}
		if rest[0].source == "=" {
			return skipBare(rest[1:])
		}
		return rest[1:]
	case positional != nil && positional.Kind == Text && !w.quoted():
		p.add(w.pos, "the text stands in quotes, as in %s", def.Example)
		p.broken = true
	case positional != nil:
		p.value(line, positional, w, 0)
	case w.text != "" && arg != nil && arg.Kind == Flag:
		p.value(line, arg, w, len(w.text))
	case w.text != "" && arg != nil:
		p.add(w.pos, "%s in %s has no value: write %s", w.text, def, arg.usage())
	default:
		p.add(w.pos, "%s in %s is not key=value%s", w.source, def, stray(def, w.text))
		for len(rest) > 0 && len(skipBare(rest)) < len(rest) { // one finding for one remark
			rest = skipBare(rest)
		}
	}
	return rest
}

// keyed reads a word key=text.
func (p *lineParser) keyed(line *Line, w word, key, text string, rest []word) []word {
	def := line.Def
	arg := def.Arg(key)
	openQuote := !w.quoted() && text != "" && strings.ContainsAny(text[:1], "\"`")
	switch {
	case arg == nil:
		p.unknownKey(def, w, key)
	case text == "":
		p.add(w.pos, "%s= in %s has no value: write %s, without spaces", key, def, arg.usage())
		return skipBare(rest)
	case openQuote:
		p.add(w.pos, "a whole argument is quoted, not its value alone: write \"%s=...\"", key)
	case strings.HasSuffix(text, ",") && (arg.Kind == Codes || arg.Kind == Errors):
		p.add(w.at(len(w.text)-1), "%s= in %s ends with a comma: a list is written without spaces", key, def)
		return skipBare(rest)
	default:
		p.value(line, arg, w, len(key)+1)
	}
	if openQuote {
		return skipQuoted(text, rest)
	}
	return rest
}

func (p *lineParser) unknownKey(def *Definition, w word, key string) {
	p.add(w.pos, "unknown key %s in %s: %s", key, def, meantKey(key, def, p.target))
}

// stray says what a word that is no argument may have meant.
func stray(def *Definition, text string) string {
	positional := def.Arg("")
	switch near := Nearest(text, def.keys()); {
	case near != "" && len(text) > 2: // "or" is a word of a remark, not "on"
		return ": did you mean " + def.Arg(near).usage() + "?"
	case text == off && def.inherited():
		return ": off stands alone"
	case positional != nil && positional.Kind == Expr:
		return ": an argument with spaces is quoted whole"
	case positional != nil && def.Repeatable:
		return ": write one line for each"
	}
	return "; a remark stands on a line of its own"
}

// isAssigned reports whether a word is =value, torn off its key.
func isAssigned(w word) bool {
	return strings.HasPrefix(w.source, "=") && !strings.HasPrefix(w.source, "==")
}

// skipBare passes over a word that most probably belongs to the wrong one before it.
func skipBare(words []word) []word {
	if len(words) > 0 {
		if _, _, keyed := words[0].key(); !keyed {
			return words[1:]
		}
	}
	return words
}

// skipQuoted passes over the rest of a value that was quoted without its key, and so fell apart at its spaces.
func skipQuoted(value string, words []word) []word {
	quote := value[:1]
	if len(value) > 1 && strings.HasSuffix(value, quote) {
		return words
	}
	i := slices.IndexFunc(words, func(w word) bool { return strings.HasSuffix(w.source, quote) })
	return words[i+1:]
}

// value reads the text of a word from offset on as a value of arg.
func (p *lineParser) value(line *Line, arg *Arg, w word, offset int) {
	def := line.Def
	spoken := def.String()
	if arg.Key != "" {
		spoken += " " + arg.Key + "="
	}
	if first, given := line.Value(arg.Key); given {
		p.add(w.pos, "%s is given twice: the first is at %s", spoken, first.Pos)
		return
	}
	text := w.text[offset:]
	value := Value{Arg: arg, Text: text, Pos: p.fset.Position(w.pos)}
	defer func() { line.Values = append(line.Values, value) }()
	if text == off && arg.Key != "" && def.inherited() && !def.Repeatable {
		p.clears(w.pos, spoken)
		value.Off = true
		return
	}
	read, offsets, bad := parseValue(arg, text)
	if bad != nil {
		pos := w.pos
		if arg.Kind == Codes || arg.Kind == Errors { // the element, not the list
			pos = w.at(offset + bad.offset)
		}
		p.add(pos, "%s in %s: %s", w.source, def, bad.reason)
		return
	}
	read.Pos = value.Pos
	if arg.Kind == Expr {
		read.At = func(i int) token.Position { return p.fset.Position(w.at(offset + i)) }
	}
	for i := range read.Names {
		read.Names[i].Pos = p.fset.Position(w.at(offset + offsets[i]))
	}
	value = read
}

// complete reports what a line lacks.
func (p *lineParser) complete(pos token.Pos, line *Line) {
	def := line.Def
	if p.broken {
		return
	}
	for _, arg := range def.Args {
		if _, given := line.Value(arg.Key); arg.Required && !given {
			p.add(pos, "%s lacks %s, as in %s", def, arg.usage(), def.Example)
		}
	}
	if def.NeedsArg && len(line.Values) == 0 {
		p.add(pos, "%s says nothing without an argument, as in %s", def, def.Example)
	}
	word, _ := line.Value("")
	for _, value := range line.Values {
		if only := value.Arg.Only; only != "" && only != word.Text {
			p.findings.Add(value.Pos, "%s= belongs to %s %s", value.Arg.Key, def, only)
		}
	}
}

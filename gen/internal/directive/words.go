package directive

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is one token of a directive, and where each of its bytes stands in the source.
type word struct {
	text   string // unquoted
	source string // as it stands in the file
	pos    token.Pos
}

func (w word) quoted() bool { return w.source != "" && (w.source[0] == '"' || w.source[0] == '`') }

// at returns the place of byte i of the text, which escapes in a quoted token may have moved.
func (w word) at(i int) token.Pos {
	switch {
	case !w.quoted():
		return w.pos + token.Pos(i)
	case w.source[0] == '`':
		return w.pos + 1 + token.Pos(i)
	}
	rest, read := w.source[1:len(w.source)-1], 0
	for rest != "" && read < i {
		r, multibyte, tail, err := strconv.UnquoteChar(rest, '"')
		if err != nil {
			break
		}
		if multibyte {
			read += utf8.RuneLen(r)
		} else {
			read++
		}
		rest = tail
	}
	return w.pos + token.Pos(len(w.source)-1-len(rest))
}

// remark reports whether a comment begins with the word.
func (w word) remark() bool {
	return !w.quoted() && (strings.HasPrefix(w.text, "//") || strings.HasPrefix(w.text, "/*") || strings.HasPrefix(w.text, "#"))
}

// key splits a token key=value; a doubled = belongs to an expression.
func (w word) key() (key, value string, ok bool) {
	key, value, ok = strings.Cut(w.text, "=")
	if !ok || key == "" || strings.HasPrefix(value, "=") || strings.ContainsFunc(key, notInKey) {
		return "", "", false
	}
	return key, value, true
}

func notInKey(r rune) bool {
	return r != '-' && r != '_' && (r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r))
}

// split reads the tokens of a directive, up to the first one that is quoted wrong: bad is its place.
func split(d ast.Directive) (words []word, bad token.Pos) {
	args, err := d.ParseArgs()
	if err != nil {
		args, bad = beforeBadQuote(d)
	}
	for i, arg := range args {
		end := d.End()
		if bad.IsValid() {
			end = bad
		}
		if i+1 < len(args) {
			end = args[i+1].Pos
		}
		source := d.Args[arg.Pos-d.ArgsPos : end-d.ArgsPos]
		words = append(words, word{text: arg.Arg, source: strings.TrimRightFunc(source, unicode.IsSpace), pos: arg.Pos})
	}
	return words, bad
}

// beforeBadQuote finds the token that ParseArgs refuses without saying where it is: the last quote with which a token can
// begin and before which everything parses.
func beforeBadQuote(d ast.Directive) (args []ast.DirectiveArg, bad token.Pos) {
	all := d.Args
	for i, r := range all {
		before, _ := utf8.DecodeLastRuneInString(all[:i])
		if r != '"' && r != '`' || i > 0 && !unicode.IsSpace(before) {
			continue
		}
		d.Args = all[:i]
		if parsed, err := d.ParseArgs(); err == nil {
			args, bad = parsed, d.ArgsPos+token.Pos(i)
		}
	}
	return args, bad
}

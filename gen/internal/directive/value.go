package directive

import (
	"go/token"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Value is a written argument. Besides Text, the fields of its kind are set.
type Value struct {
	Arg       *Arg
	Text      string                          // as written, without the key and without quotes
	Pos       token.Position                  // of the argument, its key included
	Int       int                             // Int
	Number    float64                         // Number; Share as a fraction
	Duration  time.Duration                   // Duration
	Low, High time.Duration                   // Range
	Names     []NameRef                       // Errors
	At        func(offset int) token.Position // Expr: of a byte of Text
	Off       bool                            // key=off: the inherited value is cleared
}

// NameRef is a Go name in a list: ErrX, pkg.ErrX, *T or *pkg.T.
type NameRef struct {
	Pos     token.Position // of its first character, * included
	Pointer bool
	Package string // "" for a name of the annotated package
	Name    string
}

// String returns the reference as it is written.
func (r NameRef) String() string {
	text := r.Name
	if r.Package != "" {
		text = r.Package + "." + text
	}
	if r.Pointer {
		text = "*" + text
	}
	return text
}

// Line is one directive as it was written.
type Line struct {
	Def    *Definition
	Pos    token.Position
	Values []Value // in the order in which they were written
	Off    bool    // the inherited directive is cleared
	Method string  // the method that Inner is for, "" where there is no Inner
	Inner  *Line
}

// Value returns the argument with a key, "" being the positional one. A value that is off is returned as such.
func (l *Line) Value(key string) (Value, bool) {
	for _, v := range l.Values {
		if v.Arg.Key == key {
			return v, true
		}
	}
	return Value{}, false
}

// String returns the directive as a comment that parses to the same line.
func (l *Line) String() string { return "//" + tool + ":" + l.text() }

func (l *Line) text() string {
	words := []string{l.Def.Name}
	for _, v := range l.Values {
		words = append(words, v.text())
	}
	if l.Off {
		words = append(words, off)
	}
	if l.Inner != nil {
		words = append(words, l.Inner.text())
	}
	return strings.Join(words, " ")
}

func (v Value) text() string {
	text := v.Text
	switch {
	case v.Arg.Kind == Flag && !v.Off:
		return v.Arg.Key
	case v.Arg.Key != "":
		text = v.Arg.Key + "=" + text
	case v.Arg.Kind == Text || text == off || strings.Contains(text, "="): // quoted, it is nothing else
		return strconv.Quote(text)
	}
	if strings.ContainsFunc(text, unicode.IsSpace) || strings.ContainsAny(text, "\"`") || strings.ContainsFunc(text, unprintable) {
		return strconv.Quote(text)
	}
	return text
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// off is the word that clears what is inherited.
const off = "off"

package directive

import (
	"slices"
	"strings"
)

// tool is what stands before the colon of a directive.
const tool = "cb"

// Target is a set of places where a directive may stand.
type Target uint8

// The places of directives.
const (
	OnInterface Target = 1 << iota // in the doc comment of an interface
	OnMethod                       // in the doc comment of a method, or handed to one from its interface
)

// String names the places as messages do.
func (t Target) String() string {
	switch t {
	case OnInterface:
		return "an interface"
	case OnMethod:
		return "a method"
	}
	return "an interface or a method"
}

// Kind says how the text of a value is read.
type Kind uint8

// The kinds of values.
const (
	Int      Kind = iota // whole number
	Number               // decimal number
	Share                // 50% or 0.5, always above 0
	Duration             // 1m30s
	Range                // 200ms..5s
	Codes                // 429,5xx,500-504,!501,Unavailable
	Errors               // ErrX,pkg.ErrY,*T,*pkg.T
	Name                 // a Go identifier, or one of Arg.Words
	Expr                 // a Go expression
	Word                 // one of Arg.Words
	Flag                 // the key alone
	Text                 // free text, always in quotes
)

// Arg defines one argument of a directive.
type Arg struct {
	Key       string   // "" for the positional one
	Kind      Kind     // how its text is read
	Min, Max  string   // bounds as they would be written, both allowed themselves; "" none
	Default   string   // as it would be written, "" none
	Implied   bool     // the zero value of the policy's field means Default, and saying it would tell a reader nothing
	With      string   // key: Default holds only where that one is written
	Without   string   // key: Default holds only where that one is not written
	Needs     string   // key: without that one in force this one does nothing
	Only      string   // the positional word that this key belongs to
	Against   string   // directive: what its argument of the same key lists may not be listed here too
	Field     string   // path of the field in cb.Policy, "" where the value does not go there
	FieldHigh string   // of a Range, path of the field for its second value
	State     bool     // it shapes the breaker's states, so methods that share a breaker must agree on it
	Words     []string // Word: all that is allowed; Name: words with a meaning of their own
	Required  bool     // a line without it is a finding
	Aliases   []string // what other libraries call it: only for suggestions
	Doc       string   // one sentence
}

// Definition defines one directive.
type Definition struct {
	Name       string   // behind //cb:
	Targets    Target   // where it may stand
	Args       []Arg    // the positional one first
	Repeatable bool     // may stand several times at one place; the innermost place with any replaces those outside
	Nested     bool     // its positional argument is a method's name, and another directive for that method follows
	Implicit   bool     // its defaults hold for every guarded method, written or not
	NeedsArg   bool     // says nothing without an argument
	Aliases    []string // what other libraries call it: only for suggestions
	Doc        string   // one sentence
	Example    string   // a whole line
}

// Lookup returns the definition of a directive.
func Lookup(name string) (*Definition, bool) {
	defs := Registry()
	i := slices.IndexFunc(defs, func(d Definition) bool { return d.Name == name })
	if i < 0 {
		return nil, false
	}
	return &defs[i], true
}

// Arg returns the argument with a key, "" being the positional one; nil where there is none.
func (d *Definition) Arg(key string) *Arg {
	i := slices.IndexFunc(d.Args, func(a Arg) bool { return a.Key == key })
	if i < 0 {
		return nil
	}
	return &d.Args[i]
}

// inherited reports whether a method inherits the directive from its interface, and so may clear it.
func (d *Definition) inherited() bool { return d.Targets == OnInterface|OnMethod }

// keys lists the keys of the arguments that have one.
func (d *Definition) keys() []string {
	var keys []string
	for _, arg := range d.Args {
		if arg.Key != "" {
			keys = append(keys, arg.Key)
		}
	}
	return keys
}

// String returns how the directive is spoken of: //cb:breaker.
func (d *Definition) String() string { return "//" + tool + ":" + d.Name }

// usage returns how an argument is written, its value in capitals: threshold=N.
func (a *Arg) usage() string {
	value := a.placeholder()
	switch {
	case a.Key == "":
		return value
	case a.Kind == Flag:
		return a.Key
	}
	return a.Key + "=" + value
}

func (a *Arg) placeholder() string {
	switch a.Kind {
	case Int, Number:
		return "N"
	case Share:
		return "SHARE"
	case Duration:
		return "DURATION"
	case Range:
		return "FROM..TO"
	case Codes:
		return "CODE,..."
	case Errors:
		return "ERROR,..."
	case Expr:
		return "EXPR"
	case Word:
		return strings.Join(a.Words, "|")
	case Text:
		return `"TEXT"`
	}
	return strings.Join(append([]string{"NAME"}, a.Words...), "|")
}

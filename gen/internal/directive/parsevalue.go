package directive

import (
	"fmt"
	"go/parser"
	"go/token"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// valueError says why a text is no value of its kind, and at which byte of it.
type valueError struct {
	offset int
	reason string
}

func (e *valueError) Error() string { return e.reason }

// ParseDefault reads the default of an argument as if it were written.
func ParseDefault(arg *Arg) (Value, error) {
	value, err := arg.Parse(arg.Default)
	if err != nil {
		return Value{}, fmt.Errorf("default %s of %q: %w", arg.Default, arg.Key, err)
	}
	return value, nil
}

// Parse reads a text as a value of the argument, bounds included. The value has no positions.
func (a *Arg) Parse(text string) (Value, error) {
	value, _, bad := parseValue(a, text)
	if bad != nil {
		return Value{}, bad
	}
	return value, nil
}

// parseValue reads a text as a value of an argument, bounds included. Where the value is a list of names, offsets are where
// they stand in text.
func parseValue(arg *Arg, text string) (value Value, offsets []int, bad *valueError) {
	value = Value{Arg: arg, Text: text}
	refuse := func(format string, args ...any) *valueError { return &valueError{0, fmt.Sprintf(format, args...)} }
	switch arg.Kind {
	case Int:
		n, err := strconv.Atoi(text)
		if err != nil || !digits.MatchString(text) || !arg.allows(text) {
			return value, nil, refuse("want a whole number%s", arg.bounds())
		}
		value.Int = n
	case Number, Share:
		n, ok := parseNumber(arg.Kind, text)
		if arg.Kind == Share && (!ok || !arg.allows(text)) {
			example := "50% or 0.5"
			if !arg.allows("50%") {
				example = "150% or 1.5"
			}
			return value, nil, refuse("want a share%s, as %s", arg.bounds(), example)
		}
		if !ok || !arg.allows(text) {
			return value, nil, refuse("want a number%s", arg.bounds())
		}
		value.Number = n
	case Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return value, nil, refuse("want a duration%s with its unit, as 500ms, 30s or 1m30s", arg.bounds())
		}
		if !arg.allows(text) {
			return value, nil, refuse("want a duration%s", arg.bounds())
		}
		value.Duration = d
	case Range:
		low, high, ok := strings.Cut(text, "..")
		var err1, err2 error
		value.Low, err1 = time.ParseDuration(low)
		value.High, err2 = time.ParseDuration(high)
		switch {
		case !ok || err1 != nil || err2 != nil:
			return value, nil, refuse("want two durations%s, as 200ms..5s", arg.bounds())
		case !arg.allows(low) || !arg.allows(high):
			return value, nil, refuse("want durations%s", arg.bounds())
		case value.Low > value.High:
			return value, nil, refuse("the range runs backwards: want %s..%s", high, low)
		}
	case Codes:
		_, bad = parseCodes(text)
	case Errors:
		value.Names, offsets, bad = parseErrors(text)
	case Name:
		if !token.IsIdentifier(text) || text == "_" {
			return value, nil, refuse("want a Go name%s", orWords(arg.Words))
		}
	case Expr:
		if _, err := parser.ParseExpr(text); err != nil {
			return value, nil, refuse("want a Go expression")
		}
	case Word:
		if !slices.Contains(arg.Words, text) {
			return value, nil, refuse("want %s%s", orList(arg.Words), DidYouMean(text, arg.Words))
		}
	case Text:
		if strings.TrimSpace(text) == "" {
			return value, nil, refuse("say why")
		}
	}
	return value, offsets, bad
}

var (
	digits  = regexp.MustCompile(`^[0-9]+$`)
	decimal = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(%?)$`)
)

// parseNumber reads a decimal number, and as a share also a percentage, as the fraction that it is.
func parseNumber(kind Kind, text string) (float64, bool) {
	m := decimal.FindStringSubmatch(text)
	if m == nil || m[2] != "" && kind != Share {
		return 0, false
	}
	number := m[1]
	if m[2] != "" {
		number += "e-2" // the nearest fraction: 33.3/100 is not 0.333
	}
	n, err := strconv.ParseFloat(number, 64)
	return n, err == nil && (kind != Share || n > 0)
}

// parseErrors reads a list of error values and types.
func parseErrors(text string) (refs []NameRef, offsets []int, bad *valueError) {
	for offset, element := range elements(text) {
		name, pointer := strings.CutPrefix(element, "*")
		pkg, local, qualified := strings.Cut(name, ".")
		if !qualified {
			pkg, local = "", name
		}
		if !token.IsIdentifier(local) || local == "_" || qualified && (!token.IsIdentifier(pkg) || pkg == "_") {
			return nil, nil, &valueError{offset, fmt.Sprintf("%q names no error: want ErrX or pkg.ErrX for a value, T, *T, pkg.T or *pkg.T for a type", element)}
		}
		refs = append(refs, NameRef{Pointer: pointer, Package: pkg, Name: local})
		offsets = append(offsets, offset)
	}
	return refs, offsets, nil
}

// allows reports whether a single number or duration is within the argument's bounds.
func (a *Arg) allows(text string) bool {
	n, ok := a.measure(text)
	if !ok {
		return false
	}
	low, hasLow := a.measure(a.Min)
	high, hasHigh := a.measure(a.Max)
	return (!hasLow || n >= low) && (!hasHigh || n <= high)
}

// measure makes the values of one argument comparable.
func (a *Arg) measure(text string) (int64, bool) {
	switch a.Kind {
	case Duration, Range:
		d, err := time.ParseDuration(text)
		return int64(d), err == nil
	case Int:
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	}
	n, ok := parseNumber(a.Kind, text)
	return int64(math.Float64bits(n)), ok // the bits of numbers that are not negative are in their order
}

// bounds says in words what is allowed, with a space before it; "" without bounds.
func (a *Arg) bounds() string {
	switch {
	case a.Kind == Share && a.Min == "":
		return " above 0 and at most " + a.Max
	case a.Min != "" && a.Max != "":
		return fmt.Sprintf(" from %s to %s", a.Min, a.Max)
	case a.Min != "":
		return " of at least " + a.Min
	case a.Max != "":
		return " of at most " + a.Max
	}
	return ""
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// orWords goes on with the words that a name may be instead.
func orWords(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return ", or " + orList(words)
}

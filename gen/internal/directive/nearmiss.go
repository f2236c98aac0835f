package directive

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// almost matches a comment that begins like a directive, more or less: groups are the comment's opening, white space, the
// tool, white space around the colon, and what follows.
var almost = regexp.MustCompile(`^(//|/\*)([\s*]*)[+@]?(?i:(cbgen|cb))(\s*):(\s*)([\w-]*)`)

// nearMiss reports whether the text of a comment, which is no directive, was most probably meant as one, and says how to
// write it. Right behind the colon any word is taken for a directive's name; with spaces anywhere, only what is one, or
// almost one, so that prose of packages that know nothing of cbgen stays prose. It also tells whether the comment is tight, a
// form that prose does not have.
func nearMiss(text string) (why string, tight, ok bool) {
	m := almost.FindStringSubmatch(text)
	if m == nil {
		return "", false, false
	}
	opening, lead, written, before, after, word := m[1], m[2], m[3], m[4], m[5], m[6]
	all := names(OnInterface | OnMethod)
	name := Nearest(word, all)
	tight = before == "" && after == "" && strings.EqualFold(written, tool)
	switch {
	case tight && word != "" && isLetter(word[0]):
	case tight && opening == "//" && lead == "" && !strings.HasPrefix(text[len(m[0]):], " "): // //cb: alone, //cb:"x"
	case slices.Contains(all, strings.ToLower(word)):
	case name != "" && (len(word) >= 4 || lead == "" && opening == "//"): // short English words are near to on and off
	default:
		return "", false, false
	}
	if name == "" {
		name = "name"
		if word != "" {
			name = strings.ToLower(word)
		}
	}
	return fmt.Sprintf("%q is a plain comment: a directive begins with exactly //%s: and its name, as //%[2]s:%[3]s",
		strings.Join(strings.Fields(m[0]), " "), tool, name), tight, true
}

func isLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }

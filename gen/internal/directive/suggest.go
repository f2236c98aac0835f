package directive

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Nearest returns the candidate that word most probably means, the first of equally near ones: at most one error, or one
// in three of the word's characters (Damerau-Levenshtein; case does not count). It returns "" when nothing is near.
func Nearest(word string, candidates []string) string {
	limit := max(1, utf8.RuneCountInString(word)/3)
	nearest := ""
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d <= limit {
			nearest, limit = candidate, d-1
		}
	}
	return nearest
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(s)][len(t)]
}

// names lists the directives that may stand at target.
func names(target Target) []string {
	var list []string
	for _, def := range Registry() {
		if def.Targets&target != 0 {
			list = append(list, def.Name)
		}
	}
	return list
}

// DidYouMean is what a message about a misspelled word ends with: "" when nothing is near.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// meantDirective says what an unknown directive may stand for at target: what other libraries call so, a key of another
// directive, or a misspelling.
func meantDirective(name string, target Target) string {
	word := name
	if end := strings.IndexFunc(name, notInKey); end > 0 {
		word = name[:end] // "breaker," and "breaker(threshold=5)"
	}
	var meant []string
	for _, def := range Registry() {
		if def.Targets&target == 0 {
			continue
		}
		if slices.Contains(def.Aliases, strings.ToLower(word)) {
			meant = append(meant, fmt.Sprintf("%s (%s)", def.String(), sentence(def.Doc)))
		}
		if arg := def.Arg(strings.ToLower(word)); arg != nil {
			meant = append(meant, fmt.Sprintf("%s %s (%s)", def.String(), arg.usage(), sentence(arg.Doc)))
		}
	}
	near := Nearest(word, names(target))
	switch {
	case len(meant) > 0 && (near == "" || !strings.EqualFold(near, word)):
		return "meant is " + strings.Join(meant, " or ")
	case near != "":
		return "did you mean //" + tool + ":" + near + "?"
	}
	return fmt.Sprintf("%s takes %s", target, strings.Join(names(target), ", "))
}

// meantKey says what an unknown key of a directive may stand for.
func meantKey(key string, def *Definition, target Target) string {
	if len(def.keys()) == 0 {
		return "it takes no keys, as in " + def.Example
	}
	lower := strings.ToLower(key)
	for _, arg := range def.Args {
		if arg.Key != "" && slices.Contains(arg.Aliases, lower) {
			return "did you mean " + arg.Key + "?"
		}
	}
	if near := Nearest(key, def.keys()); near != "" {
		return "did you mean " + near + "?"
	}
	if own, ok := Lookup(lower); ok && own.Targets&target != 0 {
		return fmt.Sprintf("%s is a directive of its own", own)
	}
	var owners []string
	for _, other := range Registry() {
		if other.Targets&target != 0 && lower != "" && other.Arg(lower) != nil {
			owners = append(owners, other.String())
		}
	}
	if len(owners) > 0 {
		return "it belongs to " + strings.Join(owners, ", ")
	}
	return "its keys are " + strings.Join(def.keys(), ", ")
}

// sentence makes a sentence part of another.
func sentence(text string) string {
	text = strings.TrimSuffix(text, ".")
	first, size := utf8.DecodeRuneInString(text)
	return strings.ToLower(string(first)) + text[size:]
}

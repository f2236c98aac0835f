package emit

import (
	"regexp"
	"strings"
)

// wrap breaks a comment's text into lines of at most width characters, each with its slashes.
func wrap(text string, width int) []string {
	var lines []string
	line := []byte("//")
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width && len(line) > 2 {
			lines = append(lines, string(line))
			line = line[:2]
		}
		line = append(append(line, ' '), word...)
	}
	return append(lines, string(line))
}

// article returns the indefinite article of a name, by how it most probably sounds.
func article(name string) string {
	if soundsLikeVowel.MatchString(name) && !soundsLikeConsonant.MatchString(name) {
		return "an"
	}
	return "a"
}

var (
	// soundsLikeVowel matches a vowel, and a letter that is spelt out and begins with one, as in LLM: what a vowel follows is read as a
	// word, as REST is.
	soundsLikeVowel = regexp.MustCompile(`^([AEIOUaeiouÄÉÖÜäéöü]|[FHLMNRSX]([0-9]|[B-DF-HJ-NP-TV-Z]|$))`)
	// soundsLikeConsonant matches a vowel that sounds like the one in you, or in one.
	soundsLikeConsonant = regexp.MustCompile(`^(U[A-Z]|[Uu](s[aeu]|n(ary|i[^mn])|ti)|[Ee]u|[Oo]n(e|ce)([A-Z_]|$))`)
)

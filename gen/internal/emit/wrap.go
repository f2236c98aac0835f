package emit

import "strings"

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

// article returns the indefinite article of a name, by its first letter.
func article(name string) string {
	if strings.ContainsRune("AEIOUaeiou", rune(name[0])) {
		return "an"
	}
	return "a"
}

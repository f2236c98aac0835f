package build

import (
	"go/token"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scope hands out identifiers that are free. Every name of a generated file is decided through one, before anything is
// printed, so that a parameter can hide neither an import nor a type that the method's body needs.
type scope struct {
	parent *scope
	taken  map[string]bool
}

func newScope(parent *scope) *scope { return &scope{parent: parent, taken: map[string]bool{}} }

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.parent {
		if s.taken[name] {
			return true
		}
	}
	return false
}

func (s *scope) reserve(names ...string) {
	for _, name := range names {
		if name != "" && name != "_" {
			s.taken[name] = true
		}
	}
}

// claim returns the first of names that is free, else the last one with a number behind it, and takes it.
func (s *scope) claim(names ...string) string {
	for _, name := range names {
		if name != "" && name != "_" && !token.IsKeyword(name) && !s.has(name) {
			s.taken[name] = true
			return name
		}
	}
	last := names[len(names)-1]
	for n := 2; ; n++ {
		name := last + strconv.Itoa(n)
		if !s.has(name) {
			s.taken[name] = true
			return name
		}
	}
}

// lowerFirst lowers the first word of a name: Complete is complete, HTTPGet is httpGet, ID is id.
func lowerFirst(name string) string {
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsUpper(r) {
			break
		}
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	return string(runes)
}

// upperFirst makes a name exported where its script has upper case.
func upperFirst(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[size:]
}

// identifiers calls yield for every identifier in a piece of Go source that stands for itself (not behind a dot).
func identifiers(source string, yield func(string)) {
	for i := 0; i < len(source); {
		r, size := utf8.DecodeRuneInString(source[i:])
		if !unicode.IsLetter(r) && r != '_' {
			i += size
			continue
		}
		end := i
		for end < len(source) {
			r, size := utf8.DecodeRuneInString(source[end:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
				break
			}
			end += size
		}
		if !strings.HasSuffix(source[:i], ".") || strings.HasSuffix(source[:i], "...") {
			yield(source[i:end])
		}
		i = end
	}
}

// Package diag collects what a user must edit: findings with their places, all of them at once, sorted.
package diag

import (
	"cmp"
	"fmt"
	"go/token"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Finding is one thing that the user must edit. Message may have further lines (signatures, stubs to paste); they are
// printed indented by a tab.
type Finding struct {
	Pos     token.Position
	Message string
}

// Error returns "file:line:col: message", further lines of the message indented by a tab.
func (f Finding) Error() string {
	return f.Pos.String() + ": " + strings.ReplaceAll(f.Message, "\n", "\n\t")
}

// List collects findings. The zero value is ready to use; it is not safe for concurrent use.
type List struct {
	findings []Finding
}

// Add appends a finding. The message is lower case, says what to do, and has no period at its end.
func (l *List) Add(pos token.Position, format string, args ...any) {
	l.findings = append(l.findings, Finding{Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// Append appends findings of another list.
func (l *List) Append(findings ...Finding) { l.findings = append(l.findings, findings...) }

// Findings returns what was collected, sorted by file, line, column and message, each finding once.
func (l *List) Findings() []Finding {
	sorted := slices.SortedFunc(slices.Values(l.findings), func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Pos.Filename, b.Pos.Filename),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.Message, b.Message),
		)
	})
	// Two places may share file, line and column and differ in their offset: of a file that is read twice, for one.
	return slices.CompactFunc(sorted, func(a, b Finding) bool { return a.Error() == b.Error() })
}

// Len returns how many findings were added, repetitions included: it only grows.
func (l *List) Len() int { return len(l.findings) }

// File is the place of a finding about a whole file: its first character.
func File(path string) token.Position { return token.Position{Filename: path, Line: 1, Column: 1} }

// Relative returns the findings with the files below dir named relative to it, in their places and in their messages, which
// may name a second place.
func Relative(dir string, findings []Finding) []Finding {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return findings
	}
	prefix := strings.TrimSuffix(absolute, string(filepath.Separator)) + string(filepath.Separator)
	relative := slices.Clone(findings)
	for i := range relative {
		f := &relative[i]
		f.Pos.Filename = strings.TrimPrefix(f.Pos.Filename, prefix)
		f.Message = strings.ReplaceAll(f.Message, " "+prefix, " ")
	}
	return relative
}

// Print writes the findings one after the other, as Relative names them.
func Print(w io.Writer, dir string, findings []Finding) {
	for _, f := range Relative(dir, findings) {
		fmt.Fprintln(w, f.Error())
	}
}

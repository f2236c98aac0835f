package diag_test

import (
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cbgen/cbgen/gen/internal/diag"
)

func at(file string, line, column int) token.Position {
	return token.Position{Filename: file, Line: line, Column: column}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	var list diag.List
	list.Add(at("b.go", 1, 1), "last")
	list.Add(at("a.go", 10, 1), "fourth")
	list.Add(at("a.go", 9, 7), "third, %d%%", 50)
	list.Add(at("a.go", 9, 2), "second")
	list.Add(at("a.go", 9, 2), "first")
	list.Add(at("a.go", 9, 2), "second")
	again := at("a.go", 9, 2)
	again.Offset = 77
	list.Add(again, "second")

	var got []string
	for _, f := range list.Findings() {
		got = append(got, f.Error())
	}
	assert.Equal(t, []string{"a.go:9:2: first", "a.go:9:2: second", "a.go:9:7: third, 50%", "a.go:10:1: fourth", "b.go:1:1: last"}, got)
	assert.Equal(t, 7, list.Len())
	assert.Empty(t, new(diag.List).Findings())
}

func TestPrint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := filepath.Join(filepath.Dir(dir), "elsewhere.go")
	var list diag.List
	list.Add(at(filepath.Join(dir, "sub", "a.go"), 3, 4), "does not fit\nwant A\nhave B")
	list.Add(at(outside, 1, 2), "far, the first is at %s", at(filepath.Join(dir, "b.go"), 3, 4))
	list.Add(diag.File(filepath.Join(dir, "a.go")), "whole file")

	before := list.Findings()
	var out strings.Builder
	diag.Print(&out, dir, list.Findings())
	assert.ElementsMatch(t, strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), []string{
		"a.go:1:1: whole file", filepath.Join("sub", "a.go") + ":3:4: does not fit", "\twant A", "\thave B", outside + ":1:2: far, the first is at b.go:3:4",
	})
	assert.Equal(t, before, list.Findings(), "printing changes nothing")
}

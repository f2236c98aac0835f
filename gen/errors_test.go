package gen_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen"
)

const errorCases = "../testdata/errors"

// TestErrors compares the findings of testdata/errors with the comments there that want them:
//
//	// want "regexp"           a finding on this line that the regular expression matches
//	// want:14 "regexp"        in that column
//	// want+1:14 "re1" "re2"   on the next line (or want-1: the one before), and two of them
//
// A finding that nothing wants fails, and so do a want that nothing meets and a case without any.
func TestErrors(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(errorCases)
	require.NoError(t, err)
	res, err := gen.Generate(t.Context(), gen.Config{Dir: root, Patterns: []string{"./..."}})
	require.NoError(t, err)
	assert.Empty(t, res.Files, "findings, so nothing may be written")

	got := map[string][]string{} // by case
	found := map[string][]finding{}
	for _, f := range res.Findings {
		rel, err := filepath.Rel(root, f.Pos.Filename)
		require.NoError(t, err)
		name, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		got[name] = append(got[name], f.Error())
		found[name] = append(found[name], finding{f.Pos, f.Message})
	}
	cases, err := os.ReadDir(root)
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		t.Run(c.Name(), func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join(root, c.Name(), "*.go"))
			require.NoError(t, err)
			var wants []*want
			for _, file := range files {
				wants = append(wants, parseWants(t, file)...)
			}
			require.NotEmpty(t, wants, "a case without any want asserts nothing; findings here:\n%s", strings.Join(got[c.Name()], "\n"))
			for _, f := range found[c.Name()] {
				if !meet(wants, f) {
					assert.Fail(t, "unexpected finding", "%s: %s", f.pos, f.message)
				}
			}
			for _, w := range wants {
				if !w.met {
					assert.Fail(t, "no such finding", "%s:%d: want %s", w.file, w.line, w)
				}
			}
		})
	}
}

type finding struct {
	pos     token.Position
	message string
}

// want is one expected finding.
type want struct {
	file      string
	line, col int // col 0: any
	message   *regexp.Regexp
	met       bool
}

func (w *want) String() string {
	if w.col > 0 {
		return fmt.Sprintf("in column %d: %s", w.col, w.message)
	}
	return w.message.String()
}

// meet marks the first want that the finding meets.
func meet(wants []*want, f finding) bool {
	for _, w := range wants {
		if !w.met && w.file == f.pos.Filename && w.line == f.pos.Line &&
			(w.col == 0 || w.col == f.pos.Column) && w.message.MatchString(f.message) {
			w.met = true
			return true
		}
	}
	return false
}

const quoted = "\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`"

var (
	wantComment = regexp.MustCompile(`^// ?want([+-]\d+)?(?::(\d+))?((?: (?:` + quoted + `))+)$`)
	wantPattern = regexp.MustCompile(quoted)
)

// parseWants reads the expectations of one file.
func parseWants(t *testing.T, path string) []*want {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	var wants []*want
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if !strings.HasPrefix(strings.TrimLeft(comment.Text, "/ "), "want") {
				continue
			}
			pos := fset.Position(comment.Pos())
			match := wantComment.FindStringSubmatch(comment.Text)
			require.NotNil(t, match, "%s: this is no want comment: %s", pos, comment.Text)
			offset, _ := strconv.Atoi(match[1])
			col, _ := strconv.Atoi(match[2])
			for _, pattern := range wantPattern.FindAllString(match[3], -1) {
				text, err := strconv.Unquote(pattern)
				require.NoError(t, err, "%s", pos)
				message, err := regexp.Compile(text)
				require.NoError(t, err, "%s", pos)
				wants = append(wants, &want{file: path, line: pos.Line + offset, col: col, message: message})
			}
		}
	}
	return wants
}

// TestWantsAreRead proves that the harness itself can fail.
func TestWantsAreRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.go")
	require.NoError(t, os.WriteFile(path, []byte("package x\n\n// want+1:3 \"a.c\" `d`\nvar _ = 1 // want \"e\"\n"), 0o600))
	wants := parseWants(t, path)
	require.Len(t, wants, 3)
	at := func(line, col int, message string) bool {
		return meet(wants, finding{token.Position{Filename: path, Line: line, Column: col}, message})
	}
	assert.False(t, at(4, 4, "abc"), "wrong column")
	assert.False(t, at(3, 3, "abc"), "wrong line")
	assert.False(t, at(4, 3, "xyz"), "wrong message")
	assert.True(t, at(4, 3, "abc"))
	assert.False(t, at(4, 3, "abc"), "each want is met once")
	assert.True(t, at(4, 3, "d"))
	assert.True(t, at(4, 99, "e"))
}

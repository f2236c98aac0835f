package directive

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzParse: nothing panics, every finding has its place within the comment, and what parses and is printed parses again
// to the same.
func FuzzParse(f *testing.F) {
	for _, def := range Registry() {
		f.Add(def.Example)
		for i := range def.Args {
			arg := &def.Args[i]
			f.Add(written(&def, arg, arg.Default))
			f.Add(written(&def, arg, arg.Max))
			f.Add(written(&def, arg, off))
		}
	}
	for _, text := range []string{
		"//cb:on Close breaker off", `//cb:off "a \"quoted\" \u00e9"`, "//cb:failure `codes=429` errors=*T,a.B", "//cb:breaker threshold = 5 // remark",
		`//cb:failure codes="429 503" errors=ErrX,`, `//cb:key "a=b" max=3`, "//cb:key a==b", "/*cb:x*/", "// cb: y", "//CB:Z", `//cb:fallback "off"`,
		"//cb:on A on B off", `//cb:off "`, `//cb:off "x"y`, "//cb:breaker, x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\n\r") {
			t.Skip("one comment is one line")
		}
		nearMiss(text)
		for _, target := range []Target{OnInterface, OnMethod} {
			line, findings := at(text, target)
			for _, finding := range findings {
				require.Positive(t, finding.Pos.Column, "%s", finding)
				require.LessOrEqual(t, finding.Pos.Column, len(text)+1, "%s", finding)
				require.True(t, strings.Contains(text, "%") || !strings.Contains(finding.Message, "%!"), "a broken format: %s", finding)
			}
			if line == nil {
				continue
			}
			require.Empty(t, findings, "a line with findings is none")
			printed := line.String()
			again, findings := at(printed, target)
			require.Empty(t, findings, printed)
			require.Equal(t, printed, again.String())
			forget := func(l *Line) []Value { // the places, which printing moves
				values := append([]Value{}, l.Values...)
				for i := range values {
					values[i].Pos.Column, values[i].Pos.Offset, values[i].At = 0, 0, nil
					for k := range values[i].Names {
						values[i].Names[k].Pos = values[i].Pos
					}
				}
				return values
			}
			assert.Equal(t, forget(line), forget(again), printed)
			assert.Equal(t, line.Off, again.Off, printed)
		}
	})
}

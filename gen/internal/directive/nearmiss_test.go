package directive

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNearMiss(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, quoted, name string }{
		{"// cb:breaker threshold=5", "// cb:breaker", "breaker"},
		{"// cb:x", "// cb:x", "x"},
		{"//\tcb:retry", "// cb:retry", "retry"},
		{"//CB:x", "//CB:x", "x"},
		{"//Cb:Breaker", "//Cb:Breaker", "breaker"},
		{"//cb:Breaker", "//cb:Breaker", "breaker"},
		{"//cb:Treshold", "//cb:Treshold", "treshold"},
		{"//cb: breaker", "//cb: breaker", "breaker"},
		{"//cb: braker", "//cb: braker", "breaker"},
		{"//cb :fallback", "//cb :fallback", "fallback"},
		{"//cb : off", "//cb : off", "off"},
		{"//cb: of", "//cb: of", "off"},
		{"// cb: breaker threshold=5", "// cb: breaker", "breaker"},
		{"// CB: Fallbck X", "// CB: Fallbck", "fallback"},
		{"/*cb:x*/", "/*cb:x", "x"},
		{"/* cb:deadline 10s */", "/* cb:deadline", "deadline"},
		{"/*\n * cb:deadline 10s\n */", "/* * cb:deadline", "deadline"},
		{"//cb:", "//cb:", "name"},
		{"//cb:\"breaker\"", "//cb:", "name"},
		{"//cb:_breaker", "//cb:_breaker", "breaker"},
		{"//cbgen:breaker", "//cbgen:breaker", "breaker"},
		{"// cbgen:braker", "// cbgen:braker", "breaker"},
		{"// +cb:breaker", "// +cb:breaker", "breaker"},
	}
	for _, test := range tests {
		why, _, ok := nearMiss(test.text)
		assert.True(t, ok, test.text)
		assert.Equal(t, `"`+test.quoted+`" is a plain comment: a directive begins with exactly //cb: and its name, as //cb:`+test.name, why, test.text)
	}
}

func TestNearMissLeavesProse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"// cb: the prose", "// cb: of course", "// cb is a callback", "// cb:", "// cb: ", "//cb: ", "// cb: in every case", "//cb: prose",
		"// cb://host", "// cb:8080", "// see cb:breaker", "// //cb:breaker", "//\t//cb:breaker threshold=5", "//cbx:breaker", "// abcb:breaker",
		"// cbgen: what it does", "// cbgen:anything", "//go:generate cbgen", "/* the cb:breaker */", "//", "/**/",
	} {
		why, _, ok := nearMiss(text)
		assert.False(t, ok, "%s: %s", text, why)
	}
}

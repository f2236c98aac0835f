package directive

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	candidates := []string{"threshold", "ratio", "min", "max", "on", "CompleteCached"}
	tests := []struct{ word, want string }{
		{"treshold", "threshold"},
		{"htreshold", "threshold"}, // a swap is one error
		{"thresholds", "threshold"},
		{"THRESHOLD", "threshold"},
		{"thrshld", "threshold"},
		{"thrsh", ""},
		{"ration", "ratio"},
		{"rtoia", ""},  // three errors in five characters
		{"mix", "min"}, // as near to max: the first
		{"maxx", "max"},
		{"no", "on"},
		{"x", ""},
		{"", ""},
		{"completecached", "CompleteCached"},
		{"CompleteCache", "CompleteCached"},
		{"CmpltCchd", ""},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, Nearest(test.word, candidates), test.word)
	}
	assert.Empty(t, Nearest("anything", nil))
}

func TestDistance(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ac", 1}, {"abc", "abxc", 1}, {"abc", "acb", 1},
		{"ca", "ac", 1}, {"kitten", "sitting", 3}, {"größe", "grösse", 2}, {"日本", "本日", 1},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, distance(test.a, test.b), "%s %s", test.a, test.b)
		assert.Equal(t, test.want, distance(test.b, test.a), "%s %s", test.b, test.a)
	}
}

// What other libraries call a key leads to ours, also where a misspelling would lead elsewhere.
func TestAliases(t *testing.T) {
	t.Parallel()
	breaker, _ := Lookup("breaker")
	for alias, want := range map[string]string{
		"failures": "threshold", "cooldown": "timeout", "sleep-window": "timeout", "open": "timeout", "probes": "max-requests", "half-open": "max-requests",
		"max": "max-requests", "interval": "window", "volume": "min",
	} {
		assert.Equal(t, "did you mean "+want+"?", meantKey(alias, breaker, OnMethod), alias)
	}
	for _, def := range Registry() {
		for _, arg := range def.Args {
			for _, alias := range arg.Aliases {
				assert.Equal(t, "did you mean "+arg.Key+"?", meantKey(alias, &def, OnMethod), "%s %s", def.Name, alias)
			}
		}
		for _, alias := range def.Aliases {
			assert.Contains(t, meantDirective(alias, def.Targets), def.String(), alias)
		}
	}
}

package directive

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cbgen/cbgen/gen/internal/diag"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	type layers = [3][]string // interface, method, on
	tests := []struct {
		name   string
		layers layers
		want   map[string]string // directive and key -> value and layer, "-" for none
		has    map[string]bool
	}{
		{
			name:   "nothing",
			layers: layers{},
			want:   map[string]string{"breaker threshold": "-", "off ": "-"},
			has:    map[string]bool{"breaker": false, "fallback": false},
		},
		{
			name:   "key by key",
			layers: layers{{"//cb:breaker threshold=5 timeout=30s", "//cb:deadline 5s"}, {"//cb:breaker threshold=3 min=4"}, {"//cb:breaker min=6"}},
			want: map[string]string{"breaker threshold": "3@1", "breaker timeout": "30s@0", "breaker min": "6@2", "breaker ratio": "-",
				"deadline ": "5s@0"},
			has: map[string]bool{"breaker": true, "deadline": true, "failure": false},
		},
		{
			name:   "a key is off",
			layers: layers{{"//cb:breaker ratio=50% min=20"}, {"//cb:breaker ratio=off"}},
			want:   map[string]string{"breaker ratio": "-", "breaker min": "20@0"},
			has:    map[string]bool{"breaker": true},
		},
		{
			name:   "a key is off and written again inside",
			layers: layers{{"//cb:breaker ratio=50%"}, {"//cb:breaker ratio=off"}, {"//cb:breaker ratio=30%"}},
			want:   map[string]string{"breaker ratio": "30%@2"},
		},
		{
			name:   "a directive is off",
			layers: layers{{"//cb:breaker ratio=50% min=20", "//cb:deadline 3s"}, {"//cb:breaker off", "//cb:deadline off"}},
			want:   map[string]string{"breaker ratio": "-", "breaker min": "-", "deadline ": "-"},
			has:    map[string]bool{"breaker": false, "deadline": false},
		},
		{
			name:   "a directive is off and written again inside",
			layers: layers{{"//cb:breaker ratio=50% min=20"}, {"//cb:breaker off"}, {"//cb:breaker min=3"}},
			want:   map[string]string{"breaker ratio": "-", "breaker min": "3@2"},
			has:    map[string]bool{"breaker": true},
		},
		{
			name:   "all that a directive says is off",
			layers: layers{{"//cb:failure codes=429", "//cb:breaker threshold=3"}, {"//cb:failure codes=off", "//cb:breaker threshold=off"}},
			want:   map[string]string{"failure codes": "-"},
			has:    map[string]bool{"failure": false, "breaker": true},
		},
		{
			name:   "a method's failure keeps what it does not say",
			layers: layers{{"//cb:failure codes=429 errors=*T"}, {"//cb:failure codes=503"}},
			want:   map[string]string{"failure codes": "503@1", "failure errors": "*T@0"},
			has:    map[string]bool{"failure": true},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := merge(t, test.layers[0], test.layers[1], test.layers[2])
			for _, def := range Registry() {
				for _, arg := range def.Args {
					want, ok := test.want[def.Name+" "+arg.Key]
					if !ok {
						continue
					}
					got := "-"
					if value, ok := e.Get(def.Name, arg.Key); ok {
						got = fmt.Sprintf("%s@%d", value.Text, e.Level(def.Name, arg.Key))
					} else {
						assert.Equal(t, -1, e.Level(def.Name, arg.Key))
					}
					assert.Equal(t, want, got, "%s %s", def.Name, arg.Key)
				}
			}
			for name, want := range test.has {
				assert.Equal(t, want, e.Has(name), name)
			}
		})
	}
}

func merge(t *testing.T, onInterface, onMethod, on []string) *Effective {
	t.Helper()
	return Merge(lines(t, OnInterface, onInterface...), lines(t, OnMethod, onMethod...), lines(t, OnMethod, on...))
}

func TestMergeLines(t *testing.T) {
	t.Parallel()
	texts := func(lines []*Line) (list []string) {
		for _, line := range lines {
			list = append(list, line.String())
		}
		return list
	}
	inherited := []string{"//cb:fallback A", "//cb:fallback B on=open"}
	e := merge(t, inherited, nil, nil)
	assert.Equal(t, inherited, texts(e.Lines("fallback")))
	assert.Equal(t, "//cb:fallback B on=open", e.Line("fallback").String())
	value, _ := e.Get("fallback", "")
	assert.Equal(t, "A", value.Text)

	own := []string{"//cb:fallback C", "//cb:fallback D", "//cb:fallback E"}
	assert.Equal(t, own, texts(merge(t, inherited, own, nil).Lines("fallback")))
	assert.Equal(t, []string{"//cb:fallback F"}, texts(merge(t, inherited, own, []string{"//cb:fallback F"}).Lines("fallback")))
	assert.Equal(t, own, texts(merge(t, inherited, nil, own).Lines("fallback")))

	e = merge(t, inherited, []string{"//cb:fallback off"}, nil)
	assert.Empty(t, e.Lines("fallback"))
	assert.Nil(t, e.Line("fallback"))
	assert.False(t, e.Has("fallback"))

	e = merge(t, []string{"//cb:breaker threshold=5"}, []string{"//cb:breaker min=3"}, nil)
	assert.Equal(t, []string{"//cb:breaker threshold=5", "//cb:breaker min=3"}, texts(e.Lines("breaker")))
	assert.Equal(t, "//cb:breaker min=3", e.Line("breaker").String())
}

func TestDefaultHolds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		lines []string
		want  []string
	}{
		{nil, []string{"breaker threshold", "breaker timeout", "breaker max-requests"}},
		{[]string{"//cb:breaker ratio=50%"}, []string{"breaker min", "breaker window", "breaker timeout", "breaker max-requests"}},
		{[]string{"//cb:breaker ratio=50% threshold=3 min=3"}, []string{"breaker window", "breaker timeout", "breaker max-requests"}},
		{[]string{"//cb:breaker threshold=off timeout=1s"}, []string{"breaker threshold", "breaker max-requests"}},
		{[]string{"//cb:breaker window=3s"}, []string{"breaker threshold", "breaker timeout", "breaker max-requests"}},
		{[]string{"//cb:fallback A"}, []string{"breaker threshold", "breaker timeout", "breaker max-requests", "fallback on"}},
		{[]string{"//cb:fallback cache max=5"}, []string{"breaker threshold", "breaker timeout", "breaker max-requests", "fallback on", "fallback ttl"}},
	}
	for _, test := range tests {
		e := merge(t, nil, test.lines, nil)
		var got []string
		for _, def := range Registry() {
			for i := range def.Args {
				if e.DefaultHolds(def.Name, &def.Args[i]) {
					got = append(got, def.Name+" "+def.Args[i].Key)
				}
			}
		}
		assert.Equal(t, test.want, got, test.lines)
	}
	assert.False(t, merge(t, nil, nil, nil).DefaultHolds("unknown", &Arg{Default: "5"}))
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const min = " does nothing without ratio=SHARE"
	tests := []struct {
		onInterface, onMethod []string
		want                  []string
	}{
		{nil, []string{"//cb:breaker ratio=50% min=20 window=10s"}, nil},
		{nil, []string{"//cb:breaker threshold=5 window=10s"}, nil},
		{nil, []string{"//cb:breaker window=10s"}, nil}, // the default threshold looks back so far
		{nil, []string{"//cb:breaker threshold=5 min=20"}, []string{"x.go:1:26: min= of //cb:breaker" + min}},
		{[]string{"//cb:breaker ratio=50%"}, []string{"//cb:breaker min=20"}, nil},
		{[]string{"//cb:breaker ratio=50%"}, []string{"//cb:breaker ratio=off min=20"}, []string{"x.go:1:24: min= of //cb:breaker" + min + ", which is off at x.go:1:14"}},
		{[]string{"//cb:breaker ratio=50% min=20"}, []string{"//cb:breaker ratio=off"}, nil}, // inherited, and without use here
		{[]string{"//cb:breaker min=20"}, nil, nil},                                          // Scan looks at all of the interface's methods
		{nil, []string{"//cb:failure codes=429,5xx", "//cb:ignore codes=404,5xx"},
			[]string{"x.go:1:13: //cb:ignore contradicts: 5xx is listed by //cb:failure at x.go:1:14 too"}},
		{nil, []string{"//cb:failure codes=5xx", "//cb:ignore codes=501"}, nil},
		{nil, []string{"//cb:failure errors=ErrA,*T", "//cb:ignore errors=*T"},
			[]string{"x.go:1:13: //cb:ignore contradicts: *T is listed by //cb:failure at x.go:1:14 too"}},
		{nil, []string{"//cb:failure codes=5xx errors=*T", "//cb:ignore codes=404 errors=*T"}, nil}, // says where the code is read
		{[]string{"//cb:failure codes=429"}, []string{"//cb:ignore codes=429"}, nil},
	}
	for _, test := range tests {
		var findings diag.List
		merge(t, test.onInterface, test.onMethod, nil).Check(&findings)
		assert.Equal(t, test.want, messages(findings.Findings()), "%s %s", test.onInterface, test.onMethod)
	}
}

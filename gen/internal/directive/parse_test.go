package directive

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	value := func(text, key string) Value {
		value, ok := lines(t, OnMethod, text)[0].Value(key)
		require.True(t, ok, text)
		return value
	}
	assert.Equal(t, 7, value("//cb:breaker threshold=7", "threshold").Int)
	assert.Equal(t, 7, value("//cb:breaker threshold=007", "threshold").Int)
	assert.InDelta(t, 0.5, value("//cb:breaker ratio=50%", "ratio").Number, 0)
	assert.InDelta(t, 0.333, value("//cb:breaker ratio=33.3%", "ratio").Number, 0)
	assert.InDelta(t, 0.25, value("//cb:breaker ratio=.25", "ratio").Number, 0)
	assert.Equal(t, 90*time.Second, value("//cb:breaker timeout=1m30s", "timeout").Duration)
	backoff := value("//cb:retry backoff=200ms..5s", "backoff")
	assert.Equal(t, []time.Duration{200 * time.Millisecond, 5 * time.Second}, []time.Duration{backoff.Low, backoff.High})
	assert.Equal(t, "10s", value("//cb:deadline\t 10s  ", "").Text)
	assert.Equal(t, "429,503", value("//cb:failure `codes=429,503`", "codes").Text)
	assert.Equal(t, "x=y, a \"b\"", value(`//cb:off "x=y, a \"b\""`, "").Text)
	assert.Equal(t, "req.A + req.B", value(`//cb:key "req.A + req.B" max=3`, "").Text)
	assert.Equal(t, "a==b", value(`//cb:key a==b`, "").Text)
	assert.Equal(t, "max", value(`//cb:fallback max`, "").Text, "a method that is called as a key is")
	assert.Equal(t, "on", value(`//cb:fallback on on=open`, "").Text)

	line := lines(t, OnMethod, "//cb:breaker  threshold=off timeout=3s")[0]
	threshold, _ := line.Value("threshold")
	assert.True(t, threshold.Off)
	assert.Equal(t, "x.go:1:15", threshold.Pos.String())
	timeout, _ := line.Value("timeout")
	assert.Equal(t, "x.go:1:29", timeout.Pos.String())
	assert.Equal(t, "x.go:1:1", line.Pos.String())
	assert.False(t, line.Off)
	assert.True(t, lines(t, OnMethod, "//cb:breaker off")[0].Off)

	line = lines(t, OnInterface, `//cb:on Close breaker threshold=3 timeout=off`)[0]
	assert.Equal(t, "Close", line.Method)
	assert.Equal(t, "x.go:1:15", line.Inner.Pos.String())
	assert.Equal(t, "//cb:breaker threshold=3 timeout=off", line.Inner.String())
	assert.True(t, lines(t, OnInterface, `//cb:on Close breaker off`)[0].Inner.Off)
}

func TestParseFindings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text   string
		target Target
		want   []string // place within the line and message
	}{
		// unknown directives
		{"//cb:braker threshold=5", OnMethod, []string{"6: unknown directive //cb:braker: did you mean //cb:breaker?"}},
		{"//cb:breakeR", OnMethod, []string{"6: unknown directive //cb:breakeR: did you mean //cb:breaker?"}},
		{"//cb:breaker(threshold=5)", OnMethod, []string{"6: unknown directive //cb:breaker(threshold=5): did you mean //cb:breaker?"}},
		{"//cb:of", OnMethod, []string{"6: unknown directive //cb:of: did you mean //cb:off?"}},
		{"//cb:of", OnInterface, []string{"6: unknown directive //cb:of: did you mean //cb:on?"}},
		{"//cb:zzzzz", OnMethod, []string{"6: unknown directive //cb:zzzzz: a method takes breaker, failure, ignore, deadline, retry, bulkhead, fallback, key, stream, off"}},
		{"//cb:skip", OnMethod, []string{"6: unknown directive //cb:skip: meant is //cb:off (passes the method through, without a breaker)"}},
		{"//cb:timeout 10s", OnInterface, []string{"6: unknown directive //cb:timeout: meant is //cb:breaker timeout=DURATION (how long it stays open before it lets probes through; " +
			"every period varies by up to 10% either way) or //cb:deadline (the limit of one attempt, by the method's context)"}},
		{"//cb:ttl 5s", OnMethod, []string{"6: unknown directive //cb:ttl: meant is //cb:fallback ttl=DURATION (how long an answer is kept)"}},
		// unknown keys
		{"//cb:breaker treshold=5 timeuot=3s", OnMethod, []string{"14: unknown key treshold in //cb:breaker: did you mean threshold?", "25: unknown key timeuot in //cb:breaker: did you mean timeout?"}},
		{"//cb:breaker Threshold=5", OnMethod, []string{"14: unknown key Threshold in //cb:breaker: did you mean threshold?"}},
		{"//cb:breaker failures=5 cooldown=3s probes=1", OnMethod, []string{"14: unknown key failures in //cb:breaker: did you mean threshold?",
			"25: unknown key cooldown in //cb:breaker: did you mean timeout?", "37: unknown key probes in //cb:breaker: did you mean max-requests?"}},
		{"//cb:breaker deadline=5s", OnMethod, []string{"14: unknown key deadline in //cb:breaker: //cb:deadline is a directive of its own"}},
		{"//cb:breaker codes=429", OnMethod, []string{"14: unknown key codes in //cb:breaker: it belongs to //cb:failure, //cb:ignore"}},
		{"//cb:ignore zzz=1", OnMethod, []string{"13: unknown key zzz in //cb:ignore: its keys are codes, errors"}},
		{"//cb:deadline timeout=10s", OnMethod, []string{"15: unknown key timeout in //cb:deadline: it takes no keys, as in //cb:deadline 10s"}},
		// places
		{`//cb:off "why"`, OnInterface, []string{`1: //cb:off cannot stand at an interface: write it at a method, as in //cb:off "closing must always work"`}},
		{"//cb:on Close off", OnMethod, []string{`1: //cb:on cannot stand at a method: write it at an interface, as in //cb:on Close off "closing must always work"`}},
		{"//cb:on A on B breaker", OnInterface, []string{`11: //cb:on cannot stand at a method: write it at an interface, as in //cb:on Close off "closing must always work"`}},
		// twice
		{"//cb:breaker threshold=5 min=3 threshold=5", OnMethod, []string{"32: //cb:breaker threshold= is given twice: the first is at x.go:1:14"}},
		// values
		{"//cb:breaker threshold=0 min=0", OnMethod, []string{"14: threshold=0 in //cb:breaker: want a whole number from 1 to 1000000", "26: min=0 in //cb:breaker: want a whole number from 1 to 1000000"}},
		{"//cb:breaker surge=99%", OnMethod, []string{"14: surge=99% in //cb:breaker: want a share from 100% to 1000%, as 150% or 1.5"}},
		{"//cb:breaker ratio=50", OnMethod, []string{"14: ratio=50 in //cb:breaker: want a share above 0 and at most 100%, as 50% or 0.5"}},
		{"//cb:breaker timeout=30", OnMethod, []string{"14: timeout=30 in //cb:breaker: want a duration from 1ms to 8760h with its unit, as 500ms, 30s or 1m30s"}},
		{"//cb:breaker timeout=0s", OnMethod, []string{"14: timeout=0s in //cb:breaker: want a duration from 1ms to 8760h"}},
		{"//cb:deadline 10", OnMethod, []string{"15: 10 in //cb:deadline: want a duration from 1ms to 8760h with its unit, as 500ms, 30s or 1m30s"}},
		{"//cb:failure codes=429,foo errors=ErrX,**T", OnMethod, []string{
			`24: codes=429,foo in //cb:failure: "foo" is no code: want 429, 5xx, 500-504 or the name of a gRPC code, as Unavailable, with ! before it to leave it out`,
			`40: errors=ErrX,**T in //cb:failure: "**T" names no error: want ErrX or pkg.ErrX for a value, T, *T, pkg.T or *pkg.T for a type`}},
		{`//cb:failure "codes=\u0034\x3229,foo"`, OnMethod, []string{
			`34: "codes=\u0034\x3229,foo" in //cb:failure: "foo" is no code: want 429, 5xx, 500-504 or the name of a gRPC code, as Unavailable, with ! before it to leave it out`}},
		{"//cb:failure `codes=foo`", OnMethod, []string{
			"21: `codes=foo` in //cb:failure: \"foo\" is no code: want 429, 5xx, 500-504 or the name of a gRPC code, as Unavailable, with ! before it to leave it out"}},
		{"//cb:fallback A on=opn", OnMethod, []string{"17: on=opn in //cb:fallback: want all, open or failure; did you mean open?"}},
		{"//cb:fallback A on=off", OnMethod, []string{"17: on=off in //cb:fallback: want all, open or failure"}},
		{"//cb:fallback a-b", OnMethod, []string{"15: a-b in //cb:fallback: want a Go name, or standby, cache or queue"}},
		{`//cb:off ""`, OnMethod, []string{`10: "" in //cb:off: say why`}},
		// what is missing
		{"//cb:failure", OnMethod, []string{"1: //cb:failure says nothing without an argument, as in //cb:failure codes=429,5xx,!501 errors=io.ErrUnexpectedEOF,*url.Error"}},
		{"//cb:deadline", OnMethod, []string{"1: //cb:deadline lacks DURATION, as in //cb:deadline 10s"}},
		{"//cb:breaker threshold", OnMethod, []string{"14: threshold in //cb:breaker has no value: write threshold=N"}},
		{"//cb:failure errors=", OnMethod, []string{"14: errors= in //cb:failure has no value: write errors=ERROR,..., without spaces"}},
		{"//cb:on", OnInterface, []string{`1: //cb:on names no method, as in //cb:on Close off "closing must always work"`}},
		{"//cb:on Close", OnInterface, []string{`1: //cb:on Close says nothing: behind the method's name follows a directive, as in //cb:on Close off "closing must always work"`}},
		// what is too much
		{"//cb:breaker threshold=5 // enough", OnMethod, []string{"26: a remark cannot follow a directive: write it on a line of its own above"}},
		{`//cb:breaker threshold=5 // "enough`, OnMethod, []string{"26: a remark cannot follow a directive: write it on a line of its own above"}},
		{"//cb:deadline // enough", OnMethod, []string{"15: a remark cannot follow a directive: write it on a line of its own above"}},
		{"//cb:on Close /* enough */", OnInterface, []string{"15: a remark cannot follow a directive: write it on a line of its own above"}},
		{"//cb:breaker because it hurts threshold=0", OnMethod, []string{"14: because in //cb:breaker is not key=value; a remark stands on a line of its own", "31: threshold=0 in //cb:breaker: want a whole number from 1 to 1000000"}},
		{"//cb:fallback A B", OnMethod, []string{"17: B in //cb:fallback is not key=value: write one line for each"}},
		{"//cb:breaker threshold=5 off", OnMethod, []string{"26: off in //cb:breaker is not key=value: off stands alone"}},
		{"//cb:breaker treshold", OnMethod, []string{"14: treshold in //cb:breaker is not key=value: did you mean threshold=N?"}},
		{"//cb:on Close //cb:breaker", OnInterface, []string{"15: write breaker without //cb: here"}},
		// spaces and quotes
		{"//cb:breaker threshold = 0 timeout=0s", OnMethod, []string{"14: threshold in //cb:breaker has spaces around =: write threshold=N", "28: timeout=0s in //cb:breaker: want a duration from 1ms to 8760h"}},
		{"//cb:breaker threshold =0", OnMethod, []string{"14: threshold in //cb:breaker has spaces around =: write threshold=N"}},
		{"//cb:breaker threshold= 5", OnMethod, []string{"14: threshold= in //cb:breaker has no value: write threshold=N, without spaces"}},
		{"//cb:breaker treshold = 5", OnMethod, []string{"14: unknown key treshold in //cb:breaker: did you mean threshold?"}},
		{"//cb:failure codes=429, 503", OnMethod, []string{"23: codes= in //cb:failure ends with a comma: a list is written without spaces"}},
		{`//cb:failure codes="429 500 503" errors=a.b.c`, OnMethod, []string{`14: a whole argument is quoted, not its value alone: write "codes=..."`,
			`41: errors=a.b.c in //cb:failure: "a.b.c" names no error: want ErrX or pkg.ErrX for a value, T, *T, pkg.T or *pkg.T for a type`}},
		{`//cb:failure codes="429"`, OnMethod, []string{`14: a whole argument is quoted, not its value alone: write "codes=..."`}},
		{"//cb:off closing must work", OnMethod, []string{`10: the text stands in quotes, as in //cb:off "closing must always work"`}},
		{"//cb:off off", OnMethod, []string{`10: the text stands in quotes, as in //cb:off "closing must always work"`}},
		{`//cb:off "closing`, OnMethod, []string{`10: a quote is not closed, or something follows it: a whole argument is quoted, as "key=a b"`}},
		{`//cb:breaker "threshold=5" "min=3"x "max"`, OnMethod, []string{`28: a quote is not closed, or something follows it: a whole argument is quoted, as "key=a b"`}},
		{"//cb:key req.A + req.B", OnMethod, []string{"16: + in //cb:key is not key=value: an argument with spaces is quoted whole"}},
		{"//cb:key req.(", OnMethod, []string{"10: req.( in //cb:key: want a Go expression"}},
		// off where nothing is inherited
		{"//cb:breaker threshold=off", OnInterface, []string{"14: off clears what a method inherits from its interface, and an interface inherits nothing: remove the off of //cb:breaker threshold="}},
		{"//cb:deadline off", OnInterface, []string{"15: off clears what a method inherits from its interface, and an interface inherits nothing: remove the off of //cb:deadline"}},
		{"//cb:stream first=0s", OnInterface, []string{"13: first=0s in //cb:stream: want a duration from 1ms to 8760h"}},
	}
	for _, test := range tests {
		line, findings := at(test.text, test.target)
		assert.Nil(t, line, test.text)
		var want []string
		for _, text := range test.want {
			want = append(want, "x.go:1:"+text)
		}
		assert.Equal(t, want, messages(findings), test.text)
	}
}

func TestParseFindingsOfWords(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"//cb:fallback Cached ttl=10m", "x.go:1:22: ttl= belongs to //cb:fallback cache"},
		{"//cb:retry backoff=5s", "x.go:1:12: backoff=5s in //cb:retry: want two durations from 1ms to 24h, as 200ms..5s"},
	}
	for _, test := range tests {
		_, findings := at(test.text, OnMethod)
		assert.Equal(t, []string{test.want}, messages(findings), test.text)
	}
	assert.Equal(t, "//cb:fallback cache ttl=10m max=5", lines(t, OnMethod, "//cb:fallback cache ttl=10m  max=5")[0].String())
}

func TestParseIsSilentAboutOthers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"//go:generate cbgen", "// cb:breaker", "//nolint:all", "// prose", "//cb:", "/* x */"} {
		line, findings := at(text, OnMethod)
		assert.Nil(t, line, text)
		assert.Empty(t, findings, text)
	}
}

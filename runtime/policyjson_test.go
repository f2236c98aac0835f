package cb_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// chatPolicies is what cbgen generates for an interface with two guarded methods.
type chatPolicies struct {
	Complete cb.Policy
	Embed    cb.Policy
}

func defaultChatPolicies() chatPolicies {
	return chatPolicies{
		Complete: cb.Policy{Threshold: 5, Timeout: 30 * time.Second, Deadline: 10 * time.Second, Retry: cb.Retry{Max: 2}},
		Embed:    cb.Policy{Ratio: 0.5, Min: 20, Failure: cb.Match{Codes: "429,503"}},
	}
}

func TestReadPolicies(t *testing.T) {
	t.Parallel()
	got, err := cb.ReadPolicies(defaultChatPolicies(), []byte(`{
		"Complete": {
			"breaker": {"threshold": 3, "ratio": "20%", "min": 4, "window": "1m", "timeout": "10s", "max-timeout": "5m",
				"max-requests": 2, "slow": "4s", "ramp": "20s", "surge": "150%", "group": "chat"},
			"failure": {"codes": "529"}, "ignore": {"codes": "404"}, "deadline": "5s",
			"retry": {"max": 1, "backoff": "50ms..1s", "on": "deadline", "budget": 0.1}, "bulkhead": {"max": 7, "wait": "100ms"},
			"stream": {"first": "4500ms", "idle": "2s"}
		},
		"Embed": {"deadline": "off", "breaker": {"ratio": 0.25}}
	}`))
	require.NoError(t, err)
	want := defaultChatPolicies()
	want.Complete = cb.Policy{
		Threshold: 3, Ratio: 0.2, Min: 4, Window: time.Minute, Timeout: 10 * time.Second, MaxTimeout: 5 * time.Minute,
		MaxRequests: 2, Slow: 4 * time.Second, Ramp: 20 * time.Second, Surge: 1.5, Group: "chat",
		Failure: cb.Match{Codes: "529"}, Ignore: cb.Match{Codes: "404"}, Deadline: 5 * time.Second,
		Retry:    cb.Retry{Max: 1, Backoff: 50 * time.Millisecond, MaxBackoff: time.Second, On: cb.OnDeadline, Budget: 0.1},
		Bulkhead: cb.Bulkhead{Max: 7, Wait: 100 * time.Millisecond},
		Stream:   cb.Stream{First: 4500 * time.Millisecond, Idle: 2 * time.Second},
	}
	want.Embed.Ratio = 0.25
	assert.Equal(t, want, got)

	got, err = cb.ReadPolicies(defaultChatPolicies(), []byte(`{}`))
	require.NoError(t, err)
	assert.Equal(t, defaultChatPolicies(), got)
}

func TestReadPolicies_Off(t *testing.T) {
	t.Parallel()
	defaults := chatPolicies{Complete: cb.Policy{
		Threshold: 5, Ratio: 0.5, Window: time.Minute, MaxTimeout: time.Hour, Slow: time.Second, Ramp: time.Second, Surge: 2, Group: "chat",
		Failure: cb.Match{Codes: "5xx"}, Ignore: cb.Match{Codes: "404"}, Deadline: time.Minute, Bulkhead: cb.Bulkhead{Max: 3, Wait: time.Second},
		Stream: cb.Stream{First: 2 * time.Second, Idle: time.Second},
	}}
	got, err := cb.ReadPolicies(defaults, []byte(`{"Complete": {
		"breaker": {"threshold": 0, "ratio": "off", "window": "off", "max-timeout": "off", "slow": "off", "ramp": "off", "surge": "off", "group": "off"},
		"failure": {"codes": "off"}, "ignore": {"codes": "off"}, "deadline": "off", "bulkhead": {"max": 0, "wait": "off"},
		"stream": {"first": "off", "idle": "off"}
	}}`))
	require.NoError(t, err)
	assert.Equal(t, chatPolicies{}, got, "a group called off would be one of all methods that are to have none")
}

func TestReadPolicies_Refuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"Compleet": {}}`:                                    "policies: there is no guarded method Compleet",
		`{"Complete": {"braker": {}}}`:                        `policies: Complete: unknown field "braker"`,
		`{"Complete": {"breaker": {"treshold": 3}}}`:          `policies: Complete: unknown field "treshold"`,
		`{"Complete": {"failure": {"errors": "io.EOF"}}}`:     `policies: Complete: unknown field "errors"`,
		`{"Complete": {"breaker": {"threshold": -1}}}`:        "policies: Complete: policy: Threshold is -1",
		`{"Complete": {"deadline": "5"}}`:                     `policies: Complete: "5" is not a duration such as`,
		`{"Complete": {"deadline": 5}}`:                       "policies: Complete: deadline cannot be a JSON number",
		`{"Complete": {"breaker": {"threshold": "off"}}}`:     "policies: Complete: breaker.threshold cannot be a JSON string",
		`{"Complete": {"retry": "off"}}`:                      "policies: Complete: retry cannot be a JSON string",
		`{"Complete": {"retry": {"backoff": "5s"}}}`:          `"5s" is not a range`,
		`{"Complete": {"retry": {"budget": "much"}}}`:         "much is not a share",
		`{"Complete": {"failure": {"codes": "4x9"}}}`:         "policies: Complete:",
		`{"Complete": []}`:                                    "policies: Complete: want an object, not a JSON array",
		`[]`:                                                  "policies: want an object, not a JSON array",
		`{"Complete": {"deadline": "x"}, "B": {}, "A": null}`: "policies: Complete: ",
	} {
		got, err := cb.ReadPolicies(defaultChatPolicies(), []byte(text))
		require.ErrorContains(t, err, want, text)
		assert.Equal(t, defaultChatPolicies(), got, "%s: nothing of it holds", text)
	}
	_, err := cb.ReadPolicies(defaultChatPolicies(), []byte(`{"B": {}, "A": {}}`))
	assert.EqualError(t, err, "policies: there is no guarded method A\npolicies: there is no guarded method B", "all at once, sorted")
	_, err = cb.ReadPolicies(7, []byte(`{}`))
	assert.ErrorContains(t, err, "int is no struct")
}

func TestReadPolicies_Fallbacks(t *testing.T) {
	t.Parallel()
	queued := chatPolicies{Complete: cb.Policy{Fallbacks: []cb.Fallback{{Name: "queue"}}}}
	queued, err := cb.ReadPolicies(queued, []byte(`{"Complete": {"fallback": {"queue": {"expires": "1h"}}}}`))
	require.NoError(t, err)
	assert.Equal(t, time.Hour, queued.Complete.Fallbacks[0].TTL)

	shared := []cb.Fallback{{Name: "standby"}, {Name: "cache", TTL: time.Minute, Max: 7}}
	defaults := chatPolicies{Complete: cb.Policy{Fallbacks: shared}, Embed: cb.Policy{Fallbacks: shared}}
	got, err := cb.ReadPolicies(defaults, []byte(`{"Complete": {"fallback": {
		"standby": {"on": "open"}, "cache": {"ttl": "2h", "max": 500, "similar": "80%"}
	}}}`))
	require.NoError(t, err)
	assert.Equal(t, []cb.Fallback{{Name: "standby", On: cb.OnOpen}, {Name: "cache", TTL: 2 * time.Hour, Max: 500, Similar: 0.8}}, got.Complete.Fallbacks)
	assert.Equal(t, shared, got.Embed.Fallbacks)
	assert.Equal(t, []cb.Fallback{{Name: "standby"}, {Name: "cache", TTL: time.Minute, Max: 7}}, shared, "the defaults are no one's to write to")

	got, err = cb.ReadPolicies(got, []byte(`{"Complete": {"fallback": {"cache": {"ttl": "off", "max": 0, "similar": "off"}}}}`))
	require.NoError(t, err)
	assert.Equal(t, cb.Fallback{Name: "cache"}, got.Complete.Fallbacks[1], "which means the defaults")

	for text, want := range map[string]string{
		`{"cache": {"similar": 1.5}}`:                 "policies: Complete: policy: Fallbacks[1].Similar is 1.5, must be above 0 and at most 1",
		`{"cache": {"similar": -0.5}}`:                "Fallbacks[1].Similar is -0.5",
		`{"cache": {"ttl": "10us"}}`:                  "Fallbacks[1].TTL is 10µs",
		`{"cache": {"key": "req.Prompt"}}`:            `unknown field "key"`,
		`{"queue": {}}`:                               "policies: Complete: there is no fallback queue",
		`{"standby": {"max": 3}}`:                     "fallback standby: ttl, max and similar are those of cache",
		`{"cache": {"expires": "1h"}}`:                "fallback cache: expires is that of queue",
		`{"standby": {"on": "never"}}`:                `Fallbacks[0].On is "never"`,
		`{"standby": {"on": "open"}, "nobody": null}`: "there is no fallback nobody",
	} {
		got, err := cb.ReadPolicies(defaults, []byte(`{"Complete": {"fallback": `+text+`}}`))
		require.ErrorContains(t, err, want, text)
		assert.Equal(t, defaults, got, text)
	}
}

// Two providers behind one interface differ in what their failures are.
func TestPoliciesOfTwoProviders(t *testing.T) {
	t.Parallel()
	openai, anthropic := cb.Match{Codes: "429,503"}, cb.Match{Codes: "529"}
	for name, tt := range map[string]struct {
		failure cb.Match
		opens   map[int]bool
	}{
		"openai":    {openai, map[int]bool{429: true, 503: true, 529: false, 500: false}},
		"anthropic": {anthropic, map[int]bool{429: false, 503: false, 529: true, 500: false}},
	} {
		for code, opens := range tt.opens {
			policies := defaultChatPolicies()
			policies.Complete = cb.Policy{Threshold: 2, Failure: tt.failure}
			policies = cb.PoliciesOf(defaultChatPolicies(), cb.WithPolicies(policies))
			b := cb.NewClient(name, quiet()).Breaker("Complete", policies.Complete)
			for range 2 {
				_ = end(b, statusError(code))
			}
			assert.Equal(t, opens, errors.Is(end(b, nil), cb.ErrOpen), "%s: %d", name, code)
		}
	}
}

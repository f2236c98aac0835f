package cbdash_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
)

func TestThePageAllowsItsOwnScriptAndStyleAlone(t *testing.T) {
	t.Parallel()
	w := ask(t, cbdash.Handler(newRegistry()), http.MethodGet, "", "Accept: text/html")
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	policy := w.Header().Get("Content-Security-Policy")
	assert.Contains(t, policy, "default-src 'none'")
	assert.NotContains(t, policy, "unsafe")
	for tag, source := range map[string]string{"style": "style-src", "script": "script-src"} {
		_, text, ok := strings.Cut(w.Body.String(), "<"+tag+">")
		require.True(t, ok)
		text, _, ok = strings.Cut(text, "</"+tag+">")
		require.True(t, ok)
		sum := sha256.Sum256([]byte(text))
		assert.Contains(t, policy, source+" 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", tag)
	}
	assert.NotContains(t, strings.ReplaceAll(w.Body.String(), "http://www.w3.org/2000/svg", ""), "http", "no address of another host")
}

func TestAccept(t *testing.T) {
	t.Parallel()
	h := cbdash.Handler(newRegistry())
	for accept, want := range map[string]string{
		"":                                "text/html",
		"*/*":                             "text/html",
		"text/html,application/xml;q=0.9": "text/html",
		"application/json":                "application/json",
		"APPLICATION/JSON; charset=utf-8": "application/json",
		"text/html;q=0.5, application/*":  "application/json",
		"application/json;q=0, */*;q=0.1": "text/html",
		"application/json;q=no, text/*;q": "application/json",
		"image/png, ;;, ,":                "text/html",
	} {
		w := ask(t, h, http.MethodGet, "", "Accept: "+accept)
		assert.Equal(t, want, strings.Split(w.Header().Get("Content-Type"), ";")[0], accept)
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	assert.Equal(t, "text/event-stream", ask(t, h, http.MethodHead, "", "Accept: text/event-stream").Header().Get("Content-Type"))
}

func TestJSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		timeline := cbdash.NewTimeline(0)
		registry := newRegistry(cb.WithObserver(timeline))
		start := time.Now().UTC()
		b := newBreaker(registry, "chat.Provider", "Complete", cb.Policy{
			Deadline: 10 * time.Second, Failure: cb.Match{Codes: "5xx", Errors: []cb.ErrorMatch{cb.ErrorIs(errDown)}},
			Fallbacks: []cb.Fallback{{Name: "cache", On: cb.OnOpen, TTL: 10 * time.Minute, Max: 1000}},
		})
		require.NoError(t, end(b, nil))
		b.Trip()
		require.NoError(t, b.Do(t.Context(), nil, func(context.Context, error) error { return nil }))

		w := ask(t, cbdash.Handler(registry, cbdash.WithTimeline(timeline)), http.MethodGet, "", "Accept: application/json")
		require.Equal(t, http.StatusOK, w.Code)
		stamp := func(at time.Time) string { return at.Format(time.RFC3339Nano) }
		var got map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		got["now"] = "now"
		text, err := json.Marshal(got)
		require.NoError(t, err)
		local := time.Now()
		at := stamp(local)
		require.Equal(t, start, local.UTC())
		assert.JSONEq(t, `{"now": "now", "operable": false, "breakers": [{
			"client": "chat.Provider", "method": "Complete", "key": "", "state": "open", "since": "`+at+`",
			"openUntil": "`+stamp(local.Add(30*time.Second))+`", "openedBy": "tripped by hand", "downSince": "`+at+`", "admitted": 0, "trips": 1,
			"calls": {"success": 1, "failure": 0, "ignored": 0},
			"rejections": {"bulkhead-full": 0, "open": 1, "ramping": 0, "too-many-probes": 0},
			"fallbacks": [{"name": "cache", "answered": 1, "failed": 0}],
			"retries": 0, "inFlight": 0, "bulkhead": {"max": 0, "running": 0, "waiting": 0},
			"policy": ["breaker threshold=5 timeout=30s max-requests=1", "failure codes=5xx errors=(1 listed)", "deadline 10s",
				"fallback cache on=open ttl=10m max=1000"]
		}], "timeline": [{"at": "`+at+`", "client": "chat.Provider", "method": "Complete", "from": "closed", "to": "open",
			"cause": "tripped by hand", "retryAfter": "30s"}]}`, string(text))
	})
}

type hostileError struct{}

func (hostileError) Error() string { panic("no text") }

type longError struct{}

func (longError) Error() string { return strings.Repeat("é", 1000) }

func TestErrorsOfOthersAreContained(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	_ = end(newBreaker(registry, "c", "Hostile", cb.Policy{}), hostileError{})
	_ = end(newBreaker(registry, "c", "Long", cb.Policy{}), longError{})
	w := ask(t, cbdash.Handler(registry), http.MethodGet, "", "Accept: application/json")
	var got struct {
		Breakers []struct{ LastFailure string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	assert.Equal(t, "cbdash_test.hostileError, whose Error panicked", got.Breakers[0].LastFailure)
	assert.Equal(t, strings.Repeat("é", 250)+"…", got.Breakers[1].LastFailure)
}

func TestThePolicyIsInTheDirectivesWords(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	newBreaker(registry, "c", "M", cb.Policy{
		Threshold: 3, Ratio: 0.125, Min: 20, Window: 90 * time.Second, Timeout: time.Hour, MaxTimeout: 2 * time.Hour, MaxRequests: 2,
		Slow: 1500 * time.Millisecond, Ramp: 100 * time.Second, Surge: 1.1, Group: "g", Ignore: cb.Match{Codes: "404"},
		Deadline: 20 * time.Second, Retry: cb.Retry{Max: 2, On: cb.OnDeadline}, Bulkhead: cb.Bulkhead{Max: 10},
		Stream:    cb.Stream{First: 5 * time.Second, Idle: 10 * time.Second},
		Fallbacks: []cb.Fallback{{Name: "standby"}, {Name: "cache", Similar: 0.6}, {Name: "queue", TTL: time.Hour}},
	})
	w := ask(t, cbdash.Handler(registry), http.MethodGet, "", "Accept: application/json")
	var got struct{ Breakers []struct{ Policy []string } }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	assert.Equal(t, []string{
		"breaker threshold=3 ratio=12.5% min=20 window=1m30s timeout=1h max-timeout=2h max-requests=2 slow=1.5s ramp=1m40s surge=110% group=g",
		"ignore codes=404", "deadline 20s", "retry max=2 backoff=200ms..5s on=deadline budget=20%", "bulkhead max=10 wait=0s",
		"stream first=5s idle=10s",
		"fallback standby", "fallback cache ttl=10m max=1000 similar=60%", "fallback queue expires=1h",
	}, got.Breakers[0].Policy)
}

func TestReadOnlyWithoutAnAuthorizer(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	b := newBreaker(registry, "c", "M", cb.Policy{})
	w := ask(t, cbdash.Handler(registry, nil), http.MethodPost, `{"client":"c","method":"M","action":"trip"}`, "Content-Type: application/json")
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	assert.Equal(t, cb.Closed, b.State())
}

func TestOperating(t *testing.T) {
	t.Parallel()
	const asJSON, trip = "Content-Type: application/json", `{"client":"c","method":"M","action":"trip"}`
	for name, tt := range map[string]struct {
		body    string
		headers []string
		status  int
		state   cb.State
	}{
		"trip":                   {trip, []string{asJSON}, http.StatusNoContent, cb.Open},
		"force-open":             {`{"client":"c","method":"M","action":"force-open"}`, []string{asJSON}, http.StatusNoContent, cb.ForcedOpen},
		"force-close":            {`{"client":"c","method":"M","action":"force-close"}`, []string{asJSON}, http.StatusNoContent, cb.ForcedClosed},
		"disable":                {`{"client":"c","method":"M","action":"disable"}`, []string{asJSON}, http.StatusNoContent, cb.Off},
		"reset":                  {`{"client":"c","method":"M","action":"reset"}`, []string{asJSON}, http.StatusNoContent, cb.Closed},
		"same origin":            {trip, []string{asJSON, "Sec-Fetch-Site: same-origin"}, http.StatusNoContent, cb.Open},
		"another site":           {trip, []string{asJSON, "Sec-Fetch-Site: cross-site"}, http.StatusForbidden, cb.Closed},
		"another origin":         {trip, []string{asJSON, "Origin: http://evil.test"}, http.StatusForbidden, cb.Closed},
		"a subdomain":            {trip, []string{asJSON, "Sec-Fetch-Site: same-site"}, http.StatusForbidden, cb.Closed},
		"a stranger":             {trip, []string{asJSON, "X-Operator: "}, http.StatusForbidden, cb.Closed},
		"a form":                 {trip, []string{"Content-Type: text/plain"}, http.StatusUnsupportedMediaType, cb.Closed},
		"no type":                {trip, nil, http.StatusUnsupportedMediaType, cb.Closed},
		"another breaker":        {`{"client":"c","method":"N","action":"trip"}`, []string{asJSON}, http.StatusNotFound, cb.Closed},
		"another key":            {`{"client":"c","method":"M","key":"k","action":"trip"}`, []string{asJSON}, http.StatusNotFound, cb.Closed},
		"another action":         {`{"client":"c","method":"M","action":"explode"}`, []string{asJSON}, http.StatusBadRequest, cb.Closed},
		"an unknown field":       {`{"client":"c","method":"M","action":"trip","all":true}`, []string{asJSON}, http.StatusBadRequest, cb.Closed},
		"no JSON":                {`trip`, []string{asJSON}, http.StatusBadRequest, cb.Closed},
		"a body that never fits": {strings.Repeat(" ", 1<<20) + trip, []string{asJSON}, http.StatusRequestEntityTooLarge, cb.Closed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			registry := newRegistry()
			b := newBreaker(registry, "c", "M", cb.Policy{})
			timeline := cbdash.NewTimeline(0)
			h := cbdash.Handler(registry, cbdash.WithTimeline(timeline), cbdash.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
				cbdash.WithAuthorizer(func(r *http.Request) (string, bool) {
					operator := r.Header.Get("X-Operator")
					return operator, operator != ""
				}))
			w := ask(t, h, http.MethodPost, tt.body, append([]string{"X-Operator: ada"}, tt.headers...)...)
			assert.Equal(t, tt.status, w.Code, w.Body)
			assert.Equal(t, tt.state, b.State())
			after := ask(t, h, http.MethodGet, "", "Accept: application/json").Body.String()
			if tt.status != http.StatusNoContent {
				assert.Empty(t, log.String())
				assert.Contains(t, after, `"timeline":[]`)
				return
			}
			assert.Contains(t, log.String(), `level=WARN msg="circuit breaker operated" client=c method=M key="" action=`)
			assert.Contains(t, log.String(), "operator=ada")
			assert.Contains(t, after, `"operator":"ada"`)
		})
	}
}

func TestKeyedBreakersAreOperatedOneByOne(t *testing.T) {
	t.Parallel()
	registry := newRegistry()
	k := cb.KeyedBreaker[string](cb.NewClient("c", cb.WithRegistry(registry)), "M", cb.Policy{}, 10)
	one, other := k.For("one"), k.For("other")
	h := cbdash.Handler(registry, cbdash.WithLogger(quiet()), cbdash.WithAuthorizer(func(*http.Request) (string, bool) { return "ada", true }))
	w := ask(t, h, http.MethodPost, `{"client":"c","method":"M","key":"one","action":"trip"}`, "Content-Type: application/json")
	require.Equal(t, http.StatusNoContent, w.Code)
	assert.Equal(t, cb.Open, one.State())
	assert.Equal(t, cb.Closed, other.State())
}

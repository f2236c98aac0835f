package cbtest_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/runtime/cbtest"
)

const (
	asForm = "application/x-www-form-urlencoded"
	asJSON = "application/json"
)

// page is a handler with its faults and log.
type page struct {
	cbtest.Handler
	log bytes.Buffer
}

func newPage() *page {
	p := &page{}
	p.Handler = cbtest.Handler{
		Faults: cbtest.NewFaults(), Logger: slog.New(slog.NewTextHandler(&p.log, nil)), Longest: 10 * time.Minute,
		Authorize: func(r *http.Request) (string, bool) { return "ada", r.Header.Get("Authorization") == "secret" },
	}
	return p
}

// send makes a request; headers are "Name: value".
func (p *page) send(method, kind, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/faults", strings.NewReader(body))
	r.Header.Set("Authorization", "secret")
	r.Header.Set("Content-Type", kind)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestHandlerAddsAndRemoves(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]struct{ kind, body string }{
		"form": {asForm, "kind=fail&client=openai&method=Complete&key=&code=529&retry_after=2s&share=30%25&times=7&for=5m&in=1m&items="},
		"JSON": {asJSON, `{"kind":"fail","client":"openai","method":"Complete","code":529,"retry_after":"2s","share":0.3,"times":7,"for":"5m","in":"1m"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPage()
			before := time.Now()
			require.Less(t, p.send("POST", add.kind, add.body).Code, 400)
			list := p.Faults.List()
			require.Len(t, list, 1)
			fault := list[0].Fault
			assert.WithinRange(t, fault.From, before.Add(time.Minute), time.Now().Add(time.Minute))
			assert.Equal(t, fault.From.Add(5*time.Minute), fault.Until)
			fault.From, fault.Until = time.Time{}, time.Time{}
			assert.Equal(t, cbtest.Fault{
				Client: "openai", Method: "Complete", Kind: cbtest.Fail, Code: 529, RetryAfter: 2 * time.Second, Share: 0.3, Times: 7,
			}, fault)
			assert.Contains(t, p.log.String(), "operator=ada")
			assert.Contains(t, p.log.String(), "method=Complete")

			w := p.send("POST", asForm, "action=remove&id=1")
			assert.Equal(t, http.StatusSeeOther, w.Code)
			assert.Empty(t, p.Faults.List())
			assert.Contains(t, p.log.String(), "action=remove")
		})
	}
}

// TestHandlerLeadsBackToItself from a form, also where the service has mounted it behind a prefix.
func TestHandlerLeadsBackToItself(t *testing.T) {
	t.Parallel()
	p := newPage()
	r := httptest.NewRequest(http.MethodPost, "https://staging.test/admin/faults", strings.NewReader("kind=fail&for=1m"))
	r.Header.Set("Authorization", "secret")
	r.Header.Set("Content-Type", asForm)
	w := httptest.NewRecorder()
	http.StripPrefix("/admin", p).ServeHTTP(w, r)
	require.Equal(t, http.StatusSeeOther, w.Code)
	location, err := r.URL.Parse(w.Header().Get("Location"))
	require.NoError(t, err)
	assert.Equal(t, "staging.test/admin/faults", location.Host+location.Path)
}

func TestHandlerClears(t *testing.T) {
	t.Parallel()
	p := newPage()
	p.Faults.FailNext("Complete", 1, nil)
	w := p.send("POST", asJSON, `{"action":"clear"}`)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"faults":[]}`, w.Body.String())
	assert.Contains(t, p.log.String(), "action=clear")
}

func TestHandlerShows(t *testing.T) {
	t.Parallel()
	p := newPage()
	p.Faults.Add(cbtest.Fault{Kind: cbtest.Delay, Method: "<Complete>", Delay: time.Second, Err: errReset})
	w := p.send("GET", "", "", "Accept: application/json")
	assert.Equal(t, asJSON, w.Header().Get("Content-Type"))
	assert.JSONEq(t, `{"faults":[{"id":1,"kind":"delay","method":"<Complete>","delay":"1s","error":"connection reset","hits":0,"held":0}]}`, w.Body.String())
	assert.True(t, json.Valid(w.Body.Bytes()))

	w = p.send("GET", "", "", "Accept: text/html")
	assert.Contains(t, w.Body.String(), "&lt;Complete&gt;", "names are escaped")
	assert.Contains(t, w.Body.String(), `name="id" value="1"`)
	assert.Empty(t, p.log.String(), "looking is no change")
}

func TestHandlerRefuses(t *testing.T) {
	t.Parallel()
	const good = "kind=fail&for=1m"
	for name, c := range map[string]struct {
		method, kind, body, header string
		want                       int
	}{
		"a stranger":         {"POST", asForm, good, "Authorization: wrong", http.StatusForbidden},
		"a stranger's look":  {"GET", "", "", "Authorization: wrong", http.StatusForbidden},
		"another site":       {"POST", asForm, good, "Sec-Fetch-Site: cross-site", http.StatusForbidden},
		"another origin":     {"POST", asForm, good, "Origin: http://evil.test", http.StatusForbidden},
		"another method":     {"PUT", asForm, good, "", http.StatusMethodNotAllowed},
		"no end":             {"POST", asForm, "kind=fail", "", http.StatusBadRequest},
		"too long":           {"POST", asForm, "kind=fail&for=11m", "", http.StatusBadRequest},
		"too late":           {"POST", asForm, "kind=fail&for=1m&in=11m", "", http.StatusBadRequest},
		"negative":           {"POST", asForm, "kind=fail&for=-1m", "", http.StatusBadRequest},
		"overflow":           {"POST", asForm, "kind=fail&for=9999999h", "", http.StatusBadRequest},
		"no kind":            {"POST", asForm, "for=1m", "", http.StatusBadRequest},
		"an unknown kind":    {"POST", asForm, "kind=explode&for=1m", "", http.StatusBadRequest},
		"an unknown field":   {"POST", asForm, good + "&methd=Complete", "", http.StatusBadRequest},
		"an unknown action":  {"POST", asForm, "action=drop", "", http.StatusBadRequest},
		"a field twice":      {"POST", asForm, good + "&kind=hang", "", http.StatusBadRequest},
		"no number":          {"POST", asForm, good + "&code=many", "", http.StatusBadRequest},
		"a share beyond all": {"POST", asForm, good + "&share=130%25", "", http.StatusBadRequest},
		"no JSON":            {"POST", asJSON, good, "", http.StatusBadRequest},
		"JSON of an array":   {"POST", asJSON, "[]", "", http.StatusBadRequest},
		"JSON with depth":    {"POST", asJSON, `{"kind":["fail"],"for":"1m"}`, "", http.StatusBadRequest},
		"a large body":       {"POST", asForm, good + "&key=" + strings.Repeat("x", 1<<20), "", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPage()
			var headers []string
			if c.header != "" {
				headers = append(headers, c.header)
			}
			assert.Equal(t, c.want, p.send(c.method, c.kind, c.body, headers...).Code)
			assert.Empty(t, p.Faults.List())
			assert.Empty(t, p.log.String())
		})
	}
}

func TestHandlerWithoutAnAuthorizerLetsNobodyIn(t *testing.T) {
	t.Parallel()
	p := newPage()
	p.Authorize = nil
	assert.Equal(t, http.StatusForbidden, p.send("GET", "", "").Code)
}

// FuzzHandler sends anything: it must answer, and never let a fault happen without an end.
func FuzzHandler(f *testing.F) {
	f.Add(asForm, "kind=fail&for=1m&share=30%25")
	f.Add(asJSON, `{"kind":"cut","for":"1m","items":2}`)
	f.Fuzz(func(t *testing.T, kind, body string) {
		p := newPage()
		assert.NotEqual(t, http.StatusInternalServerError, p.send("POST", kind, body).Code)
		for _, fault := range p.Faults.List() {
			assert.NoError(t, fault.Validate())
			assert.LessOrEqual(t, time.Until(fault.Until), 20*time.Minute)
			assert.False(t, fault.Until.IsZero())
		}
		assert.Equal(t, http.StatusOK, p.send("GET", "", "").Code)
	})
}

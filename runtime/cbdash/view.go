package cbdash

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// view is one look at everything, as the JSON and the page's stream have it.
type view struct {
	Now      time.Time `json:"now"`
	Operable bool      `json:"operable"` // whether who asks may POST
	Breakers []row     `json:"breakers"`
	Timeline []entry   `json:"timeline"`
}

// row is one breaker.
type row struct {
	Client        string               `json:"client"`
	Method        string               `json:"method"`
	Key           string               `json:"key"`
	State         cb.State             `json:"state"`
	Since         time.Time            `json:"since"`
	OpenUntil     *time.Time           `json:"openUntil,omitempty"`
	OpenedBy      string               `json:"openedBy,omitempty"`
	DownSince     *time.Time           `json:"downSince,omitempty"`
	Admitted      float64              `json:"admitted"`
	Trips         uint64               `json:"trips"`
	Calls         calls                `json:"calls"`
	Rejections    map[cb.Reason]uint64 `json:"rejections"`
	Fallbacks     []fallback           `json:"fallbacks"`
	Retries       uint64               `json:"retries"`
	InFlight      int                  `json:"inFlight"`
	Bulkhead      bulkhead             `json:"bulkhead"`
	LastFailure   string               `json:"lastFailure,omitempty"`
	LastFailureAt *time.Time           `json:"lastFailureAt,omitempty"`
	Policy        []string             `json:"policy"`
}

type calls struct {
	Success uint64 `json:"success"`
	Failure uint64 `json:"failure"`
	Ignored uint64 `json:"ignored"`
}

type fallback struct {
	Name     string `json:"name"`
	Answered uint64 `json:"answered"`
	Failed   uint64 `json:"failed"`
}

type bulkhead struct {
	Max     int `json:"max"`
	Running int `json:"running"`
	Waiting int `json:"waiting"`
}

// look renders every breaker of a registry.
func look(registry *cb.Registry) []row {
	breakers := registry.Breakers()
	rows := make([]row, 0, len(breakers))
	for _, b := range breakers {
		rows = append(rows, rowOf(b.Snapshot()))
	}
	return rows
}

func rowOf(s cb.Snapshot) row {
	r := row{
		Client: s.Client, Method: s.Method, Key: s.Key, State: s.State, Since: s.Since,
		OpenUntil: instant(s.OpenUntil), OpenedBy: errorText(s.OpenedBy), DownSince: instant(s.DownSince),
		Admitted: s.Admitted, Trips: s.Trips,
		Calls: calls(s.Counts), Rejections: s.Rejections, Fallbacks: []fallback{}, Retries: s.Retries, InFlight: s.InFlight,
		Bulkhead:    bulkhead(s.Bulkhead),
		LastFailure: errorText(s.LastFailure), LastFailureAt: instant(s.LastFailureAt), Policy: policyText(s.Policy),
	}
	for _, f := range s.Fallbacks {
		if f.Name == "" {
			f.Name = "other"
		}
		r.Fallbacks = append(r.Fallbacks, fallback(f))
	}
	return r
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// maxErrorText bounds what one error takes of the page, in bytes.
const maxErrorText = 500

// errorText is an error's own text, which is not ours: it may be long, and its method may panic.
func errorText(err error) (text string) {
	if err == nil {
		return ""
	}
	defer func() {
		if reason := recover(); reason != nil {
			text = fmt.Sprintf("%T, whose Error panicked", err)
		}
	}()
	text = err.Error()
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + "…"
	}
	return text
}

// policyText is a policy in the words of the directives, one each, defaults included.
func policyText(p cb.Policy) []string {
	breaker := directive{name: "breaker"}
	breaker.number("threshold", p.Threshold)
	if p.Ratio > 0 {
		breaker.add("ratio", percent(p.Ratio))
		breaker.number("min", p.Min)
	}
	breaker.duration("window", p.Window)
	breaker.duration("timeout", p.Timeout)
	breaker.duration("max-timeout", p.MaxTimeout)
	breaker.number("max-requests", p.MaxRequests)
	breaker.duration("slow", p.Slow)
	breaker.duration("ramp", p.Ramp)
	breaker.share("surge", p.Surge)
	if p.Group != "" {
		breaker.add("group", p.Group)
	}
	lines := []string{breaker.String()}
	for _, m := range []struct {
		name  string
		match cb.Match
	}{{"failure", p.Failure}, {"ignore", p.Ignore}} {
		match := directive{name: m.name}
		if m.match.Codes != "" {
			match.add("codes", m.match.Codes)
		}
		if n := len(m.match.Errors); n > 0 {
			match.add("errors", fmt.Sprintf("(%d listed)", n))
		}
		if match.args != "" {
			lines = append(lines, match.String())
		}
	}
	if p.Deadline > 0 {
		lines = append(lines, "deadline "+span(p.Deadline))
	}
	if r := p.Retry; r.Max > 0 {
		retry := directive{name: "retry"}
		retry.number("max", r.Max)
		retry.add("backoff", span(r.Backoff)+".."+span(r.MaxBackoff))
		if r.On == cb.OnDeadline {
			retry.add("on", string(r.On))
		}
		retry.add("budget", percent(r.Budget))
		lines = append(lines, retry.String())
	}
	if p.Bulkhead.Max > 0 {
		bulkhead := directive{name: "bulkhead"}
		bulkhead.number("max", p.Bulkhead.Max)
		bulkhead.add("wait", span(p.Bulkhead.Wait))
		lines = append(lines, bulkhead.String())
	}
	if p.Stream != (cb.Stream{}) {
		stream := directive{name: "stream"}
		stream.duration("first", p.Stream.First)
		stream.duration("idle", p.Stream.Idle)
		lines = append(lines, stream.String())
	}
	for _, f := range p.Fallbacks {
		fallback := directive{name: "fallback", args: " " + f.Name}
		if f.On != "" && f.On != cb.OnAll {
			fallback.add("on", string(f.On))
		}
		if f.Name == "queue" {
			fallback.duration("expires", f.TTL)
		} else {
			fallback.duration("ttl", f.TTL)
		}
		fallback.number("max", f.Max)
		fallback.share("similar", f.Similar)
		lines = append(lines, fallback.String())
	}
	return lines
}

// directive is a line of the language. Values that are zero are not there: they switch nothing on.
type directive struct{ name, args string }

func (d *directive) add(key, value string) { d.args += " " + key + "=" + value }

func (d *directive) number(key string, n int) {
	if n != 0 {
		d.add(key, strconv.Itoa(n))
	}
}

func (d *directive) duration(key string, v time.Duration) {
	if v != 0 {
		d.add(key, span(v))
	}
}

func (d *directive) share(key string, v float64) {
	if v != 0 {
		d.add(key, percent(v))
	}
}

func (d *directive) String() string { return d.name + d.args }

func percent(share float64) string { return strconv.FormatFloat(share*100, 'g', 6, 64) + "%" }

// span is a duration without the zero units that String ends in: 10m, not 10m0s.
func span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

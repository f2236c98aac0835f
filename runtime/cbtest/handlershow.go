package cbtest

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"
)

// shown is a fault as JSON and the page show it: texts are as the fields of a request.
type shown struct {
	ID         int       `json:"id"`
	Kind       Kind      `json:"kind"`
	Client     string    `json:"client,omitempty"`
	Method     string    `json:"method,omitempty"`
	Key        string    `json:"key,omitempty"`
	Err        string    `json:"error,omitempty"`
	Code       int       `json:"code,omitempty"`
	RetryAfter string    `json:"retry_after,omitempty"`
	Delay      string    `json:"delay,omitempty"`
	Items      int       `json:"items,omitempty"`
	Share      float64   `json:"share,omitempty"`
	Times      int       `json:"times,omitempty"`
	From       time.Time `json:"from,omitzero"`
	Until      time.Time `json:"until,omitzero"`
	Hits       int       `json:"hits"`
	Held       int       `json:"held"`
}

func (h *Handler) list() []shown {
	list := []shown{}
	for _, f := range h.Faults.List() {
		s := shown{
			ID: f.ID, Kind: f.Kind, Client: f.Client, Method: f.Method, Key: f.Key, Code: f.Code, RetryAfter: positive(f.RetryAfter),
			Delay: positive(f.Delay), Items: f.Items, Share: f.Share, Times: f.Times, From: f.From, Until: f.Until,
			Hits: f.Hits, Held: f.Held,
		}
		if f.Err != nil {
			s.Err = f.Err.Error()
		}
		list = append(list, s)
	}
	return list
}

func positive(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		h.showJSON(w)
		return
	}
	var out bytes.Buffer
	if err := page.Execute(&out, h.list()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w)
}

func (h *Handler) showJSON(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"faults": h.list()})
}

var page = template.Must(template.New("faults").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Faults on purpose</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .6rem; text-align: left; }
fieldset { border: 0; display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); margin: 1rem 0; padding: 0; }
label { display: grid; }
</style>
</head>
<body>
<h1>Faults on purpose</h1>
{{if .}}<table>
<thead><tr><th>Kind</th><th>Client</th><th>Method</th><th>Key</th><th>What</th><th>Until</th><th>Happened</th><th></th></tr></thead>
<tbody>{{range .}}
<tr><td>{{.Kind}}</td><td>{{or .Client "any"}}</td><td>{{or .Method "any"}}</td><td>{{or .Key "any"}}</td>
<td>{{.Err}}{{with .Code}} code {{.}}{{end}}{{with .RetryAfter}} retry after {{.}}{{end}}{{with .Delay}} {{.}}{{end}}{{with .Items}} after {{.}} items{{end}}{{with .Share}} share {{.}}{{end}}{{with .Times}} {{.}} times{{end}}</td>
<td>{{if .Until.IsZero}}removed{{else}}<time>{{.Until.UTC.Format "2006-01-02 15:04:05 UTC"}}</time>{{end}}</td><td>{{.Hits}}</td>
<td><form method="post"><input type="hidden" name="action" value="remove"><input type="hidden" name="id" value="{{.ID}}"><button>Remove</button></form></td></tr>{{end}}
</tbody>
</table>
<form method="post"><input type="hidden" name="action" value="clear"><p><button>Remove all</button></p></form>
{{else}}<p>There are none.</p>
{{end}}<h2>Add one</h2>
<form method="post">
<fieldset>
<label>Kind <select name="kind"><option>fail<option>delay<option>hang<option>panic<option>cut</select></label>
<label>Client <input name="client" placeholder="any"></label>
<label>Method <input name="method" placeholder="any"></label>
<label>Key <input name="key" placeholder="any"></label>
<label>Code <input name="code" inputmode="numeric" placeholder="none"></label>
<label>Retry after <input name="retry_after" placeholder="20s"></label>
<label>Delay <input name="delay" placeholder="of the kind delay: 2s"></label>
<label>Items <input name="items" inputmode="numeric" placeholder="of a stream, before it"></label>
<label>Share <input name="share" placeholder="30%"></label>
<label>Times <input name="times" inputmode="numeric" placeholder="any number"></label>
<label>Begins in <input name="in" placeholder="now"></label>
<label>For <input name="for" value="5m" required></label>
</fieldset>
<button>Add</button>
</form>
</body>
</html>
`))

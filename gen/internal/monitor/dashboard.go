package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// dashboard is what Grafana imports, as far as it is used here. The description comes first: cbgen knows its own files by it.
type dashboard struct {
	Description   string     `json:"description"`
	Title         string     `json:"title"`
	UID           string     `json:"uid"`
	Tags          []string   `json:"tags"`
	SchemaVersion int        `json:"schemaVersion"`
	Editable      bool       `json:"editable"`
	GraphTooltip  int        `json:"graphTooltip"` // 1: one crosshair for all panels
	Refresh       string     `json:"refresh"`
	Time          timeRange  `json:"time"`
	Templating    templating `json:"templating"`
	Panels        []panel    `json:"panels"`
}

type timeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type templating struct {
	List []variable `json:"list"`
}

type variable struct {
	Name       string      `json:"name"`
	Label      string      `json:"label"`
	Type       string      `json:"type"`
	Query      string      `json:"query"`
	Datasource *datasource `json:"datasource,omitempty"`
	Refresh    int         `json:"refresh"` // 1: when the dashboard is opened
	IncludeAll bool        `json:"includeAll"`
	AllValue   string      `json:"allValue,omitempty"`
	Multi      bool        `json:"multi"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type panel struct {
	ID          int          `json:"id"`
	Type        string       `json:"type"`
	Title       string       `json:"title"`
	Description string       `json:"description,omitempty"`
	Grid        grid         `json:"gridPos"`
	Datasource  *datasource  `json:"datasource,omitempty"`
	Targets     []target     `json:"targets,omitempty"`
	FieldConfig *fieldConfig `json:"fieldConfig,omitempty"`
	Options     any          `json:"options,omitempty"`
}

type grid struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

type target struct {
	RefID  string `json:"refId"`
	Expr   string `json:"expr"`
	Legend string `json:"legendFormat"`
}

type fieldConfig struct {
	Defaults  fieldDefaults `json:"defaults"`
	Overrides []struct{}    `json:"overrides"`
}

type fieldDefaults struct {
	Unit     string         `json:"unit,omitempty"`
	Min      *float64       `json:"min,omitempty"`
	Mappings []valueMapping `json:"mappings,omitempty"`
}

type valueMapping struct {
	Type    string                  `json:"type"`
	Options map[string]mappedResult `json:"options"`
}

type mappedResult struct {
	Text  string `json:"text"`
	Color string `json:"color"`
	Index int    `json:"index"`
}

type textOptions struct {
	Mode    string `json:"mode"`
	Content string `json:"content"`
}

// prometheus is the data source that the reader chooses.
var prometheus = datasource{Type: "prometheus", UID: "${datasource}"}

// Dashboard prints a dashboard, with a row of panels per client.
func Dashboard(header string, clients []*Client) ([]byte, error) {
	d := dashboard{
		Description: header, Title: "Circuit breakers", UID: uid(clients), Tags: []string{"circuit-breaker", "cbgen"},
		SchemaVersion: 39, Editable: true, GraphTooltip: 1, Refresh: "10s", Time: timeRange{"now-1h", "now"},
		Templating: templating{[]variable{
			{Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus", Refresh: 1},
			{Name: "job", Label: "Job", Type: "query", Query: "label_values(circuit_breaker_state, job)", Datasource: &prometheus,
				Refresh: 1, IncludeAll: true, AllValue: ".*", Multi: true},
		}},
		Panels: []panel{},
	}
	var l layout
	for _, c := range clients {
		l.client(c)
	}
	d.Panels = append(d.Panels, l.panels...)

	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(d)
	return out.Bytes(), err
}

// uid keeps a dashboard the same one as it changes, and those of other clients apart.
func uid(clients []*Client) string {
	hash := fnv.New64a()
	for _, c := range clients {
		_, _ = hash.Write([]byte(c.Name + "\n"))
	}
	return fmt.Sprintf("cbgen-%016x", hash.Sum64())
}

// layout places panels from left to right and from top to bottom.
type layout struct {
	panels []panel
	x, y   int
	row    int // height of the row that is being filled
}

const (
	fullWidth   = 24 // columns of Grafana's grid
	panelHeight = 8
)

func (l *layout) add(p panel, w, h int) {
	if l.x+w > fullWidth {
		l.x, l.y, l.row = 0, l.y+l.row, 0
	}
	p.ID, p.Grid = len(l.panels)+1, grid{l.x, l.y, w, h}
	if len(p.Targets) > 0 {
		p.Datasource = &prometheus
	}
	for k := range p.Targets {
		p.Targets[k].RefID = fmt.Sprintf("Q%d", k+1)
	}
	l.panels = append(l.panels, p)
	l.x, l.row = l.x+w, max(l.row, h)
}

// client adds a client's row. Only what its policies have is shown: no bulkhead, no panel of one.
func (l *layout) client(c *Client) {
	l.add(panel{Type: "row", Title: c.Name}, fullWidth, 1)
	height := min(max(4, 2+2*len(c.Methods)), 3*panelHeight)
	l.add(panel{Type: "state-timeline", Title: "State", Targets: []target{
		{Expr: "max by (method, key) (" + in("circuit_breaker_state", c) + ")", Legend: "{{method}} {{key}}"},
	}, FieldConfig: &fieldConfig{Overrides: []struct{}{}, Defaults: fieldDefaults{Mappings: []valueMapping{{
		"value", map[string]mappedResult{"0": {"closed", "green", 0}, "0.5": {"half-open", "yellow", 1}, "1": {"open", "red", 2}},
	}}}}}, fullWidth/2, height)
	l.add(panel{Type: "text", Title: "Policies", Options: textOptions{"markdown", policyTable(c)}}, fullWidth/2, height)

	l.graph("Calls", "What ended, by outcome.", "ops", perSecond("circuit_breaker_calls_total", "outcome", c))
	l.graph("Rejected", "What was not let through, by reason.", "ops", perSecond("circuit_breaker_rejects_total", "reason", c))
	l.graph("Time open", "Share of the time in which every call was rejected, over all instances.", "percentunit", target{
		Expr: "avg by (method) (rate(" + in("circuit_breaker_open_seconds_total", c) + "[$__rate_interval]))", Legend: "{{method}}",
	})
	if slices.ContainsFunc(c.Methods, func(m *Method) bool { return len(m.Fallbacks) > 0 }) {
		l.graph("Fallbacks", "What was asked instead, and whether it answered.", "ops",
			perSecond("circuit_breaker_fallbacks_total", "kind, outcome", c))
	}
	if slices.ContainsFunc(c.Methods, func(m *Method) bool { return m.Budget > 0 }) {
		retries := "sum by (method) (rate(" + in("circuit_breaker_retries_total", c) + "[$__rate_interval]))"
		calls := "sum by (method) (rate(" + in("circuit_breaker_calls_total", c) + "[$__rate_interval]))"
		l.graph("Retries", "Share of the calls that are retried, and the budget for it.", "percentunit", append(
			[]target{{Expr: fmt.Sprintf("%[1]s / (%[2]s - %[1]s)", retries, calls), Legend: "{{method}}"}},
			limits(c, "budget", func(m *Method) float64 { return m.Budget })...)...)
	}
	l.graph("In flight", "Calls that run, in the busiest instance, and the places of its bulkhead.", "short", append(
		[]target{{Expr: "max by (method, key) (" + in("circuit_breaker_in_flight", c) + ")", Legend: "{{method}} {{key}}"}},
		limits(c, "places", func(m *Method) float64 { return float64(m.Bulkhead) })...)...)
	l.x, l.y, l.row = 0, l.y+l.row, 0
}

func (l *layout) graph(title, description, unit string, targets ...target) {
	zero := 0.0
	l.add(panel{Type: "timeseries", Title: title, Description: description, Targets: targets, FieldConfig: &fieldConfig{
		Overrides: []struct{}{}, Defaults: fieldDefaults{Unit: unit, Min: &zero},
	}}, fullWidth/3, panelHeight)
}

// in is a client's series of a metric in the chosen jobs.
func in(metric string, c *Client) string {
	return metric + "{job=~\"$job\"," + strings.TrimPrefix(selector("client", c.Name), "{")
}

func perSecond(metric, by string, c *Client) target {
	legend := "{{method}}"
	for label := range strings.SplitSeq(by, ", ") {
		legend += " {{" + label + "}}"
	}
	return target{Expr: "sum by (method, " + by + ") (rate(" + in(metric, c) + "[$__rate_interval]))", Legend: legend}
}

// limits are level lines, of the methods that have one.
func limits(c *Client, what string, of func(*Method) float64) []target {
	var list []target
	for _, m := range c.Methods {
		if limit := of(m); limit > 0 {
			list = append(list, target{Expr: "vector(" + number(limit) + ")", Legend: m.Name + " " + what})
		}
	}
	return list
}

func policyTable(c *Client) string {
	var table strings.Builder
	table.WriteString("| method | policy |\n|---|---|\n")
	for _, m := range c.Methods {
		fmt.Fprintf(&table, "| %s | %s |\n", m.Name, strings.NewReplacer("|", `\|`, "\n", " ").Replace(m.Policy))
	}
	return table.String()
}

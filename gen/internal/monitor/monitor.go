// Package monitor writes what watches breakers from outside: alerting and recording rules for Prometheus, and a dashboard for
// Grafana, over the metrics of package cbprom. Thresholds and texts come from the directives.
package monitor

import (
	"slices"
	"strings"
	"time"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// Client is one client whose breakers are watched.
type Client struct {
	Name    string // the value of the label client
	Methods []*Method
}

// Method is a guarded method, and of its policy what thresholds are made of.
type Method struct {
	Name       string
	Policy     string        // all of it, in the words of the directives
	Timeout    time.Duration // the open period
	MaxTimeout time.Duration // what it grows to; 0: it does not
	Budget     float64       // of retries, as a share of calls; 0: there are no retries
	Bulkhead   int           // calls at once; 0: any number
	Fallbacks  []string      // what is asked instead, in order
	Degrades   bool          // a fallback answers rejected calls
}

// NewMethod reads the effective policy of a guarded method.
func NewMethod(m *model.Method) *Method {
	out := &Method{
		Name: m.Name, Policy: policyText(m.Settings),
		Timeout: value(m, "breaker", "timeout").Duration, MaxTimeout: value(m, "breaker", "max-timeout").Duration,
		Bulkhead: value(m, "bulkhead", "max").Int,
	}
	if value(m, "retry", "max").Int > 0 {
		out.Budget = value(m, "retry", "budget").Number
	}
	var answers []bool // rejected calls, of the fallbacks in order
	for _, setting := range m.Settings {
		switch {
		case setting.Directive != "fallback":
		case setting.Key == "":
			out.Fallbacks, answers = append(out.Fallbacks, setting.Value), append(answers, true)
		case setting.Key == "on":
			answers[len(answers)-1] = setting.Value != "failure"
		}
	}
	out.Degrades = slices.Contains(answers, true)
	return out
}

// value is the effective value of an argument; its zero where none holds.
func value(m *model.Method, name, key string) directive.Value {
	def, ok := directive.Lookup(name)
	if !ok {
		return directive.Value{}
	}
	for _, setting := range m.Settings {
		if setting.Directive == name && setting.Key == key {
			if v, err := def.Arg(key).Parse(setting.Value); err == nil {
				return v
			}
		}
	}
	return directive.Value{}
}

// policyText is "breaker threshold=5 timeout=30s, deadline 10s".
func policyText(settings []model.Setting) string {
	var text strings.Builder
	last := ""
	for _, setting := range settings {
		if setting.Directive != last || setting.Directive == "fallback" && setting.Key == "" {
			if last != "" {
				text.WriteString(", ")
			}
			text.WriteString(setting.Directive)
			last = setting.Directive
		}
		text.WriteString(" ")
		if setting.Key != "" {
			text.WriteString(setting.Key + "=")
		}
		text.WriteString(setting.Value)
	}
	return text.String()
}

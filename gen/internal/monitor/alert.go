package monitor

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// alert is one kind of alert over a method.
type alert struct {
	name    string
	applies func(*Method) bool // nil: to every method
	urgent  bool               // critical where no fallback answers
	expr    func(a at) string
	hold    func(a at) time.Duration // nil: fires at once
	summary string                   // follows the breaker's name
	text    func(a at) string
	runbook string
}

// at is what an alert is about.
type at struct {
	*Method
	client  string
	openFor time.Duration
}

// is selects the method's series, and of them those with further labels.
func (a at) is(pairs ...string) string {
	return selector(append([]string{"client", a.client, "method", a.Name}, pairs...)...)
}

// openHold is how long it may be open.
func (a at) openHold() time.Duration {
	if a.openFor > 0 {
		return a.openFor
	}
	return max(2*a.Timeout, minOpenFor)
}

// probing is the open period, and what it grows to.
func (a at) probing() string {
	if a.MaxTimeout > a.Timeout {
		return duration(a.Timeout) + ", and less and less often down to every " + duration(a.MaxTimeout)
	}
	return duration(a.Timeout)
}

// flapWindow is how far back openings are counted: twenty open periods, a quarter of an hour at least.
func (a at) flapWindow() time.Duration { return max(20*a.Timeout, 15*time.Minute) }

// Thresholds that no directive gives.
const (
	flaps         = 3   // openings within the window
	rejectShare   = 0.1 // of the calls that were wanted
	fallbackShare = 0.2
	budgetShare   = 0.8 // of the budget
	minOpenFor    = time.Minute
	fiveMinutes   = 5 * time.Minute
)

// alerts are all kinds there are, the most urgent first.
var alerts = []alert{
	{
		name: "CircuitBreakerOpen", urgent: true,
		expr:    func(a at) string { return "max without (instance, pod) (circuit_breaker_state" + a.is() + ") > 0" },
		hold:    at.openHold,
		summary: "is open and does not recover",
		text: func(a at) string {
			return fmt.Sprintf("Some instance has not had it closed for %s; it is probed every %s.",
				duration(a.openHold()), a.probing())
		},
		runbook: "The upstream fails its probes. The log line of the opening (level WARN, circuit breaker open) has its " +
			"cause, the errors that callers get have it too. Look at the upstream's own status first; a breaker that is " +
			"held open by hand shows in circuit_breaker_transitions_total{to=\"forced-open\"} and is released by Reset. " +
			"Without any calls it stays open: nothing probes it.",
	},
	{
		name: "CircuitBreakerFlapping",
		expr: func(a at) string {
			return fmt.Sprintf("round(max without (instance, pod) (increase(circuit_breaker_transitions_total%s[%s]))) >= %d",
				a.is("from", "closed", "to", "open"), duration(a.flapWindow()), flaps)
		},
		summary: "opens again and again",
		text: func(a at) string {
			return fmt.Sprintf("It has recovered and opened again {{ $value }} times within %s.", duration(a.flapWindow()))
		},
		runbook: "The upstream is well enough for probes and not for the load. Let it come back slowly with breaker ramp=, " +
			"ask more of the probes with max-requests=, or wait longer with max-timeout=. Where it opens by chance, " +
			"threshold= or ratio= is too low for it.",
	},
	{
		name: "CircuitBreakerRejecting", urgent: true,
		expr:    func(a at) string { return rejectRatio + a.is() + " > " + number(rejectShare) },
		hold:    func(at) time.Duration { return fiveMinutes },
		summary: "rejects calls",
		text: func(at) string {
			return fmt.Sprintf("{{ $value | humanizePercentage }} of the calls are not made, more than %s.", percent(rejectShare))
		},
		runbook: "circuit_breaker_rejects_total tells by reason what rejects them: open and too-many-probes, the upstream is " +
			"sick; bulkhead-full, it is slow or bulkhead max= is too low; ramping, it has just come back and this " +
			"passes.",
	},
	{
		name:    "CircuitBreakerFallbackShare",
		applies: func(m *Method) bool { return len(m.Fallbacks) > 0 },
		expr:    func(a at) string { return fallbackRatio + a.is() + " > " + number(fallbackShare) },
		hold:    func(at) time.Duration { return fiveMinutes },
		summary: "is answered by fallbacks",
		text: func(a at) string {
			return fmt.Sprintf("{{ $value | humanizePercentage }} of the answers are the fallback's (%s), more than %s.",
				strings.Join(a.Fallbacks, ", "), percent(fallbackShare))
		},
		runbook: "Callers are served, but not by the upstream: find out from circuit_breaker_state and " +
			"circuit_breaker_calls_total whether it is rejected or fails. Mind what the fallback costs, how old its " +
			"answers are, and how much it can bear.",
	},
	{
		name:    "CircuitBreakerRetriesNearBudget",
		applies: func(m *Method) bool { return m.Budget > 0 },
		expr: func(a at) string {
			// Each instance, and each key, has a budget of its own, and ten retries in ten seconds whatever the share.
			retries := "rate(circuit_breaker_retries_total" + a.is() + "[5m])"
			calls := "sum without (outcome) (rate(circuit_breaker_calls_total" + a.is() + "[5m]))"
			return fmt.Sprintf("max without (instance, pod) (\n  %[1]s / (%[2]s - %[1]s) > %[3]s\n  and %[1]s > %[4]s\n)",
				retries, calls, number(budgetShare*a.Budget), number(budgetShare))
		},
		hold:    func(at) time.Duration { return fiveMinutes },
		summary: "has nearly used up its retries",
		text: func(a at) string {
			return fmt.Sprintf("Retries are {{ $value | humanizePercentage }} of the calls; the budget is %s.", percent(a.Budget))
		},
		runbook: "Many first attempts fail: the retries hide it as long as the budget lasts, and load the upstream further. " +
			"Look at the failures in circuit_breaker_calls_total and the upstream; do not raise the budget while it is " +
			"sick.",
	},
	{
		name:    "CircuitBreakerBulkheadFull",
		applies: func(m *Method) bool { return m.Bulkhead > 0 },
		expr: func(a at) string {
			return rate("circuit_breaker_rejects_total", "reason", a.is("reason", "bulkhead-full")) + " > 0"
		},
		hold:    func(at) time.Duration { return fiveMinutes },
		summary: "turns calls away at its bulkhead",
		text: func(a at) string {
			return fmt.Sprintf("{{ $value | humanize }} calls a second find all %d places of their instance taken.", a.Bulkhead)
		},
		runbook: "Calls take longer than they did, or there are more of them: compare circuit_breaker_in_flight with " +
			"bulkhead max=. A deadline frees places that hanging calls hold. Raise max= only where the upstream is " +
			"known to bear it.",
	},
}

// breakerName is how a template writes which breaker an alert is about.
const breakerName = `{{ $labels.client }}.{{ $labels.method }}{{ with $labels.key }} ({{ . }}){{ end }}`

func (k alert) rule(c *Client, m *Method, openFor time.Duration) rule {
	a := at{m, c.Name, openFor}
	severity := "warning"
	if k.urgent && !m.Degrades {
		severity = "critical"
	}
	r := rule{Alert: k.name, Expr: k.expr(a), Labels: &labels{literal(c.Name), m.Name, severity}, Annotations: &annotations{
		Summary:     breakerName + " " + k.summary,
		Description: k.text(a) + " " + instead(m) + " Policy: " + literal(m.Policy) + ".",
		Runbook:     k.runbook,
	}}
	if k.hold != nil {
		r.For = duration(k.hold(a))
	}
	return r
}

// missing is the alert that the others watch nothing.
func missing(client string) rule {
	return rule{
		Alert: "CircuitBreakerMissing", Expr: "absent(circuit_breaker_state" + selector("client", client) + ")", For: "15m",
		Labels: &labels{Client: literal(client), Severity: "warning"},
		Annotations: &annotations{
			Summary:     "{{ $labels.client }} shows no circuit breakers",
			Description: "No instance exports breakers of this client: none of its alerts can fire.",
			Runbook: "The service is down, exports no cbprom collector of the registry that the client was made with " +
				"(cb.WithRegistry), or gives the client another name (cb.WithName): tell that name to cbgen rules with " +
				"-client.",
		},
	}
}

func instead(m *Method) string {
	if m.Degrades {
		return "Rejected callers get the fallback: " + literal(strings.Join(m.Fallbacks, ", ")) + "."
	}
	return "Rejected callers get an error."
}

// literal keeps a text from being read as a template.
func literal(text string) string { return strings.ReplaceAll(text, "{{", `{{ "{{" }}`) }

func number(n float64) string { return strconv.FormatFloat(n, 'g', 6, 64) }

func percent(share float64) string { return number(100*share) + "%" }

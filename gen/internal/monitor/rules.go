package monitor

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// rulesFile is a file of rules as Prometheus reads it.
type rulesFile struct {
	Groups []group `yaml:"groups"`
}

type group struct {
	Name  string `yaml:"name"`
	Rules []rule `yaml:"rules"`
}

type rule struct {
	Record      string       `yaml:"record,omitempty"`
	Alert       string       `yaml:"alert,omitempty"`
	Expr        string       `yaml:"expr"`
	For         string       `yaml:"for,omitempty"`
	Labels      *labels      `yaml:"labels,omitempty"`
	Annotations *annotations `yaml:"annotations,omitempty"`
}

// labels are what Prometheus tells rules of one name apart by, though the series have client and method themselves.
type labels struct {
	Client   string `yaml:"client"`
	Method   string `yaml:"method,omitempty"`
	Severity string `yaml:"severity,omitempty"`
}

type annotations struct {
	Summary     string `yaml:"summary"`
	Description string `yaml:"description"`
	Runbook     string `yaml:"runbook"`
}

// Rules prints recording and alerting rules, one group per client. openFor is how long a breaker may be open before somebody is
// told; 0: two of its open periods, and a minute at least.
func Rules(header string, clients []*Client, openFor time.Duration) ([]byte, error) {
	file := rulesFile{Groups: []group{}}
	for _, c := range clients {
		g := group{Name: "cbgen:" + c.Name, Rules: recordings(c.Name)}
		for _, m := range c.Methods {
			for _, a := range alerts {
				if a.applies == nil || a.applies(m) {
					g.Rules = append(g.Rules, a.rule(c, m, openFor))
				}
			}
		}
		g.Rules = append(g.Rules, missing(c.Name))
		file.Groups = append(file.Groups, g)
	}
	var out bytes.Buffer
	if header != "" {
		out.WriteString("# " + header + "\n")
	}
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(file); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

// Names of the recorded series: level, metric, operation.
const (
	callsRate     = "client_method:circuit_breaker_calls:rate5m"
	rejectsRate   = "client_method:circuit_breaker_rejects:rate5m"
	retriesRate   = "client_method:circuit_breaker_retries:rate5m"
	failureRatio  = "client_method:circuit_breaker_failures:ratio_rate5m"
	rejectRatio   = "client_method:circuit_breaker_rejects:ratio_rate5m"
	fallbackRatio = "client_method:circuit_breaker_fallbacks:ratio_rate5m"
)

// recordings add the instances of a service up, and the values of a key.
func recordings(client string) []rule {
	all := selector("client", client)
	counted := func(outcome string) string {
		return rate("circuit_breaker_calls_total", "outcome", selector("client", client, "outcome", outcome))
	}
	offered := fmt.Sprintf("(\n  %s%s\n  + %[3]s%[2]s\n  - %[4]s%[2]s\n)", callsRate, all, rejectsRate, retriesRate)
	rules := []rule{
		{Record: callsRate, Expr: rate("circuit_breaker_calls_total", "outcome", all)},
		{Record: rejectsRate, Expr: rate("circuit_breaker_rejects_total", "reason", all)},
		{Record: retriesRate, Expr: rate("circuit_breaker_retries_total", "", all)},
		{Record: failureRatio, Expr: counted("failure") + "\n/ (\n  " + counted("failure") + "\n  + " + counted("success") + "\n)"},
		{Record: rejectRatio, Expr: rejectsRate + all + "\n/ " + offered},
		{Record: fallbackRatio, Expr: rate("circuit_breaker_fallbacks_total", "kind, outcome",
			selector("client", client, "outcome", "answered")) + "\n/ " + offered},
	}
	for k := range rules {
		rules[k].Labels = &labels{Client: client}
	}
	return rules
}

// rate is how often something happens a second, whichever the instance and the key.
func rate(metric, without, selector string) string {
	return fmt.Sprintf("sum without (%s) (rate(%s%s[5m]))", join("instance, pod, key", without), metric, selector)
}

func join(list, more string) string {
	if more == "" {
		return list
	}
	return list + ", " + more
}

// selector is {name="value"} of pairs.
func selector(pairs ...string) string {
	var list []string
	for k := 0; k < len(pairs); k += 2 {
		list = append(list, pairs[k]+"="+strconv.Quote(pairs[k+1]))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// duration prints a duration as Prometheus writes it: 1m30s.
func duration(d time.Duration) string {
	var text strings.Builder
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := d / unit.size; n > 0 {
			fmt.Fprintf(&text, "%d%s", n, unit.name)
			d -= n * unit.size
		}
	}
	if text.Len() == 0 {
		return "0s"
	}
	return text.String()
}

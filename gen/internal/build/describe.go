package build

import (
	"fmt"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// describe says in words what holds for a method, in parts that its doc comment joins.
func (m *methodBuilder) describe() []string {
	if why, off := m.effective.Get("off", ""); off {
		return []string{" without a breaker: " + why.Text}
	}
	if m.out.Shape == model.Direct {
		return []string{": " + m.out.PassWhy}
	}
	which := "its breaker"
	if m.out.Key != nil {
		which = fmt.Sprintf("a breaker for each %s, %s at most", m.out.Key.Expr, m.out.Key.Max)
	}
	parts := []string{" through " + which + ": " + m.describeBreaker()}
	if m.judge != nil {
		parts = append(parts, "["+m.judge.name+"] says what has failed")
	}
	deadline := m.setting("deadline", "")
	switch {
	case m.stream != nil:
		parts = append(parts, m.describeStream(deadline))
	case deadline != "":
		parts = append(parts, deadline+" a call")
	}
	if most := m.setting("bulkhead", "max"); most != "" {
		text := "at most " + most + " at once"
		if wait, ok := m.effective.Get("bulkhead", "wait"); ok && wait.Duration > 0 {
			text += ", further ones wait up to " + wait.Text
		}
		parts = append(parts, text)
	}
	if retries := m.setting("retry", "max"); retries != "" {
		text := "retried " + times(retries)
		if m.setting("retry", "on") == "deadline" {
			text += " when that has passed"
		}
		parts = append(parts, text)
	}
	if len(m.fallbacks) > 0 {
		var names []string
		for _, f := range m.fallbacks {
			names = append(names, m.describeFallback(f))
		}
		parts = append(parts, "falls back to "+strings.Join(names, ", then "))
	}
	return parts
}

func (m *methodBuilder) describeBreaker() string {
	var trips []string
	if threshold := m.setting("breaker", "threshold"); threshold != "" {
		text := "after " + threshold + " failures in a row"
		if threshold == "1" {
			text = "after 1 failure"
		}
		if window, ok := m.effective.Get("breaker", "window"); ok {
			text += " within " + window.Text
		}
		trips = append(trips, text)
	}
	if ratio := m.setting("breaker", "ratio"); ratio != "" {
		trips = append(trips, fmt.Sprintf("when %s of at least %s in %s failed",
			ratio, plural(m.setting("breaker", "min"), "call"), m.setting("breaker", "window")))
	}
	text := "opens " + strings.Join(trips, " or ") + ", for " + m.setting("breaker", "timeout")
	if longest := m.setting("breaker", "max-timeout"); longest != "" {
		text += " and up to " + longest
	}
	if probes := m.setting("breaker", "max-requests"); probes != "1" {
		text += ", closes after " + probes + " good probes"
	}
	if slow := m.setting("breaker", "slow"); slow != "" {
		text += ", counts calls of " + slow + " as failed"
	}
	if ramp := m.setting("breaker", "ramp"); ramp != "" {
		text += ", ramps up over " + ramp
	}
	if surge := m.setting("breaker", "surge"); surge != "" {
		text += ", lets through " + surge + " of the former rate then"
	}
	if group := m.setting("breaker", "group"); group != "" {
		text += ", shared by group " + group
	}
	return text
}

func (m *methodBuilder) describeFallback(f *fallback) string {
	name := ""
	switch f.kind {
	case interfaceMethod:
		name = fmt.Sprintf("[%s.%s]", m.interfaceBuilder.out.Name, f.name)
	case packageFunction:
		name = "[" + f.name + "]"
	case fallbackMethod:
		name = fmt.Sprintf("[%s.%s]", m.interfaceBuilder.out.FallbackType, f.name)
	case standbyValue:
		name = "the standby"
	case cachedAnswer:
		name = "the last good answer"
		if similar, ok := f.line.Value("similar"); ok {
			name += fmt.Sprintf(", if need be to a call %.4g%% alike", 100*similar.Number)
		}
	case storedCall:
		name = "the queue"
	}
	switch f.on {
	case "open":
		return name + " when rejected"
	case "failure":
		return name + " when failed"
	}
	return name
}

// plural prints a number with its noun.
func plural(n, noun string) string {
	if n == "1" {
		return n + " " + noun
	}
	return n + " " + noun + "s"
}

// times prints how often.
func times(n string) string {
	switch n {
	case "1":
		return "once"
	case "2":
		return "twice"
	}
	return n + " times"
}

// setting returns the effective value of a key as it is listed, "" where none holds.
func (m *methodBuilder) setting(name, key string) string {
	for _, setting := range m.out.Settings {
		if setting.Directive == name && setting.Key == key {
			return setting.Value
		}
	}
	return ""
}

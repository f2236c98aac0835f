package build

import (
	"fmt"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// describe says in words what holds for a method, in parts that its doc comment joins.
func (m *methodBuilder) describe() []string {
	if m.out.Shape == model.Direct {
		return []string{": " + m.out.PassWhy}
	}
	parts := []string{" through its breaker: " + m.describeBreaker()}
	if deadline := m.setting("deadline", ""); deadline != "" {
		parts = append(parts, deadline+" a call")
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
		text := "after " + plural(threshold, "failure") + " in a row"
		if window, ok := m.effective.Get("breaker", "window"); ok {
			text += " within " + window.Text
		}
		trips = append(trips, text)
	}
	if ratio := m.setting("breaker", "ratio"); ratio != "" {
		trips = append(trips, fmt.Sprintf("when %s of at least %s in %s failed", ratio, plural(m.setting("breaker", "min"), "call"), m.setting("breaker", "window")))
	}
	text := "opens " + strings.Join(trips, " or ") + ", for " + m.setting("breaker", "timeout")
	if probes := m.setting("breaker", "max-requests"); probes != "1" {
		text += ", closes after " + probes + " good probes"
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

// setting returns the effective value of a key as it is listed, "" where none holds.
func (m *methodBuilder) setting(name, key string) string {
	for _, setting := range m.out.Settings {
		if setting.Directive == name && setting.Key == key {
			return setting.Value
		}
	}
	return ""
}

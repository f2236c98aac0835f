package cb

import (
	"fmt"
	"sync"
)

// groups knows the circuits that several breakers share, by client and group: of a registry, or of one client without.
type groups struct {
	mu    sync.Mutex
	first map[groupName]*Breaker
}

type groupName struct{ client, group string }

// join gives b what its group shares, or makes b the first of it. It panics where the policies do not agree on what is shared.
func (g *groups) join(b *Breaker) {
	if b.policy.Group == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	name := groupName{b.client, b.policy.Group}
	first, ok := g.first[name]
	if !ok {
		if g.first == nil {
			g.first = make(map[groupName]*Breaker)
		}
		g.first[name] = b
		return
	}
	if field, x, y, differ := first.policy.differsInState(&b.policy); differ {
		panic(fmt.Sprintf("cb: %s and %s share the group %q, their policies must agree on %s: %v and %v",
			joinName(first.client, first.method), joinName(b.client, b.method), b.policy.Group, field, x, y))
	}
	b.circuit = first.circuit
}

// differsInState is the first field that a circuit reads and the policies, with their defaults filled in, do not agree on.
func (p *Policy) differsInState(q *Policy) (field string, x, y any, differ bool) {
	for _, f := range []struct {
		name string
		x, y any
	}{
		{"Threshold", p.Threshold, q.Threshold},
		{"Ratio", p.Ratio, q.Ratio},
		{"Min", p.Min, q.Min},
		{"Window", p.Window, q.Window},
		{"Timeout", p.Timeout, q.Timeout},
		{"MaxTimeout", p.MaxTimeout, q.MaxTimeout},
		{"MaxRequests", p.MaxRequests, q.MaxRequests},
		{"Slow", p.Slow, q.Slow},
		{"Ramp", p.Ramp, q.Ramp},
	} {
		if f.x != f.y {
			return f.name, f.x, f.y, true
		}
	}
	return "", nil, nil, false
}

package cb

import (
	"cmp"
	"fmt"
	"sync"
)

// groups knows the circuits that several breakers share, by client and group: of a registry, or of one client without.
type groups struct {
	mu     sync.Mutex
	shared map[groupName]*group
}

// group is what breakers share: the circuit of the first, and the bulkhead and retry budget of the first that has one.
type group struct {
	first, bulkhead, retry *Breaker
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
	shared, ok := g.shared[name]
	if !ok {
		if g.shared == nil {
			g.shared = make(map[groupName]*group)
		}
		shared = &group{first: b}
		g.shared[name] = shared
	}
	shared.first.mustAgree(b, shared.first.policy.differsInState)
	b.circuit = shared.first.circuit
	if b.bulkhead != nil {
		shared.bulkhead = cmp.Or(shared.bulkhead, b)
		shared.bulkhead.mustAgree(b, shared.bulkhead.policy.differsInBulkhead)
		b.bulkhead = shared.bulkhead.bulkhead
	}
	if b.retry != nil {
		shared.retry = cmp.Or(shared.retry, b)
		shared.retry.mustAgree(b, shared.retry.policy.differsInBudget)
		b.retry.budget = shared.retry.retry.budget
	}
}

// mustAgree panics where another breaker's policy differs in what the two share.
func (b *Breaker) mustAgree(other *Breaker, differs func(*Policy) (field string, x, y any, differ bool)) {
	if field, x, y, differ := differs(&other.policy); differ {
		panic(fmt.Sprintf("cb: %s and %s share the group %q, their policies must agree on %s: %v and %v",
			joinName(b.client, b.method), joinName(other.client, other.method), b.policy.Group, field, x, y))
	}
}

func (p *Policy) differsInBulkhead(q *Policy) (field string, x, y any, differ bool) {
	return "Bulkhead", p.Bulkhead, q.Bulkhead, p.Bulkhead != q.Bulkhead
}

func (p *Policy) differsInBudget(q *Policy) (field string, x, y any, differ bool) {
	return "Retry.Budget", p.Retry.Budget, q.Retry.Budget, p.Retry.Budget != q.Retry.Budget
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
		{"Surge", p.Surge, q.Surge},
	} {
		if f.x != f.y {
			return f.name, f.x, f.y, true
		}
	}
	return "", nil, nil, false
}

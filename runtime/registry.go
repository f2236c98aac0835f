package cb

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// Registry lists breakers, for pages, metrics and commands of an operator. Make one with [NewRegistry], hand it to constructors
// with [WithRegistry].
type Registry struct {
	opts   []Option
	groups groups
	follow followers

	mu       sync.RWMutex
	breakers map[breakerName]*Breaker
	keyed    map[breakerName]interface{ Breakers() []*Breaker }
}

type breakerName struct{ client, method string }

// NewRegistry makes an empty registry. Its options hold for all its breakers, under their own; WithName and WithPolicies, which
// belong to one client, do nothing here.
func NewRegistry(opts ...Option) *Registry {
	return &Registry{opts: slices.Clone(opts), breakers: make(map[breakerName]*Breaker),
		keyed: make(map[breakerName]interface{ Breakers() []*Breaker })}
}

// add panics where the name is taken: two breakers under one name would be one in every list, metric and command.
func (r *Registry) add(b *Breaker) {
	r.list(b)
	r.follow.added(b)
}

func (r *Registry) list(b *Breaker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := breakerName{b.client, b.method}
	r.mustBeFree(name)
	r.breakers[name] = b
}

// addKeyed lists those of a keyed method, as they come and go.
func (r *Registry) addKeyed(name breakerName, k interface{ Breakers() []*Breaker }) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mustBeFree(name)
	r.keyed[name] = k
}

func (r *Registry) mustBeFree(name breakerName) {
	if r.breakers[name] != nil || r.keyed[name] != nil {
		panic(fmt.Sprintf("cb: the registry has a breaker %q already: give one of the clients another name with cb.WithName",
			joinName(name.client, name.method)))
	}
}

// Breakers are all breakers, sorted by client, method and key; of a keyed method those that are there now. The slice is the caller's.
func (r *Registry) Breakers() []*Breaker {
	r.mu.RLock()
	defer r.mu.RUnlock()
	breakers := make([]*Breaker, 0, len(r.breakers))
	for _, b := range r.breakers {
		breakers = append(breakers, b)
	}
	for _, k := range r.keyed {
		breakers = append(breakers, k.Breakers()...)
	}
	slices.SortFunc(breakers, func(a, b *Breaker) int {
		return cmp.Or(cmp.Compare(a.client, b.client), cmp.Compare(a.method, b.method), cmp.Compare(a.key, b.key))
	})
	return breakers
}

// Breaker is the one of a client's method. A keyed method has several, and none here: look for the [Breaker.Key] in Breakers.
func (r *Registry) Breaker(client, method string) (*Breaker, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	b, ok := r.breakers[breakerName{client, method}]
	return b, ok
}

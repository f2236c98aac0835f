package cb

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Follower follows the breakers of a [Registry]: it is for what shares their states among replicas, such as cbredis. Its methods are
// called as those of an [Observer] are, and must not block: a call may wait for them.
type Follower interface {
	// Added is called for each breaker that is in the registry when the follower comes, and for each that is made later, before
	// its first call; of a keyed method for each value's, of which another call of that moment may come before. A breaker that is
	// made just when the follower comes may be told twice.
	Added(*Breaker)
	// StateChanged is called after the observers for every change of state. Of a [Policy.Group] it is the breaker whose method was
	// called.
	StateChanged(*Breaker, Event)
}

// Follow has follower told of all breakers of the registry, until stop is called. A method that runs at that moment runs to its end.
func (r *Registry) Follow(follower Follower) (stop func()) {
	f := &following{follower: follower}
	r.follow.change(func(list []*following) []*following { return append(list, f) })
	for _, b := range r.Breakers() {
		r.follow.addedTo(b, []*following{f})
	}
	return func() {
		r.follow.change(func(list []*following) []*following {
			return slices.DeleteFunc(list, func(other *following) bool { return other == f })
		})
	}
}

// followers of a registry. They are read without a lock by every change of state, and copied when they change.
type followers struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*following]
}

// following is one follower, which need not be comparable.
type following struct{ follower Follower }

func (f *followers) change(how func([]*following) []*following) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := how(slices.Clone(f.all()))
	f.list.Store(&list)
}

func (f *followers) all() []*following {
	if list := f.list.Load(); list != nil {
		return *list
	}
	return nil
}

func (f *followers) added(b *Breaker) { f.addedTo(b, f.all()) }

func (f *followers) addedTo(b *Breaker, list []*following) {
	b.observe(followed(b, list), func(o Observer) { o.(followObserver).Added(b) })
}

// followersOf are the followers as observers of one breaker: they survive as much.
func (r *Registry) followersOf(b *Breaker) []Observer { return followed(b, r.follow.all()) }

func followed(b *Breaker, list []*following) []Observer {
	observers := make([]Observer, len(list))
	for i, f := range list {
		observers[i] = followObserver{Follower: f.follower, b: b}
	}
	return observers
}

type followObserver struct {
	NopObserver
	Follower
	b *Breaker
}

func (f followObserver) StateChanged(e Event) { f.Follower.StateChanged(f.b, e) }

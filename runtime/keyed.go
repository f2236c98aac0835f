package cb

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// OverflowKey is the Key of the breaker that values share where a [Keyed] has no place for one of their own.
const OverflowKey = "(overflow)"

// Bounds of a [Keyed].
const (
	defaultKeys = 256
	maxKeys     = 10_000
	maxKeyText  = 64 // bytes
)

// Keyed is one method's breakers, one for each value of a key: [KeyedBreaker] makes it, and [Keyed.For] gives a call its breaker.
//
// It holds at most max breakers, however many values come. Where they are all taken, a new value takes the place of the one that
// was used least recently among those that are closed and have no call in flight, whose counters are lost with it. Breakers that are
// open or half-open keep their places until no call has come to probe for another [Policy.Timeout], those held by hand until they are
// released. Where no place can be had, new values share one breaker of the key [OverflowKey], so that one more of a metric's labels is
// all that they add up to.
type Keyed[K comparable] struct {
	client   *Client
	method   string
	policy   Policy
	max      int
	overflow *Breaker

	clock atomic.Uint64 // counts uses, but not those of the key that was used last

	mu      sync.RWMutex // no user code runs under it
	entries map[K]*keyedEntry[K]
	idle    []idleEntry[K] // the least recently used, oldest last, as of the last search
	rest    int            // how many new values will find no place without another search
}

type keyedEntry[K comparable] struct {
	b    *Breaker
	key  K
	used atomic.Uint64 // by clock
}

// idleEntry could be dropped, unless it was used since.
type idleEntry[K comparable] struct {
	*keyedEntry[K]
	seen uint64
}

// Client is the client's name.
func (k *Keyed[K]) Client() string { return k.client.name }

// KeyedBreaker makes the breakers of a method that has one for each value of a key, at most maximum (0: 256), and registers them;
// generated constructors use it. Each has a bulkhead and a retry budget of its own. It panics on a bad policy, one with a Group, a
// maximum below 0 or above 10000, and where the client's registry has a breaker of that name already.
func KeyedBreaker[K comparable](c *Client, method string, policy Policy, maximum int) *Keyed[K] {
	c.mustBeValid(method, policy)
	if maximum < 0 || maximum > maxKeys {
		panic(fmt.Sprintf("cb: %s: at most %d keys, must be 1 to %d, or 0 for %d", joinName(c.name, method), maximum, maxKeys, defaultKeys))
	}
	if policy.Group != "" {
		panic(fmt.Sprintf("cb: %s: a breaker for each value of a key cannot share that of the group %q", joinName(c.name, method), policy.Group))
	}
	k := &Keyed[K]{
		client: c, method: method, policy: policy, max: cmp.Or(maximum, defaultKeys), entries: make(map[K]*keyedEntry[K]),
	}
	k.overflow = k.newBreaker(OverflowKey)
	if c.opts.registry != nil {
		c.opts.registry.addKeyed(breakerName{c.name, method}, k)
		c.opts.registry.follow.added(k.overflow)
	}
	return k
}

func (k *Keyed[K]) newBreaker(key string) *Breaker {
	b := newBreaker(k.client.name, k.method, k.policy, k.client.opts)
	b.key = key
	return b
}

// For is the breaker of a value, made where there is none. It is for one call: a breaker that is kept may have lost its place to
// another value's when it is next used.
//
// A value that is not equal to itself, as NaN is not, has no breaker of its own. As with any map, one of an interface type
// panics where its dynamic type is not comparable.
func (k *Keyed[K]) For(key K) *Breaker {
	if e := k.find(key); e != nil {
		return e.b
	}
	if key != key || !k.hasPlace() { //nolint:staticcheck // a NaN could never be dropped again
		return k.overflow
	}
	// A key's String and a source of jitter are the user's: they run unlocked.
	made := k.newBreaker(keyText(key))
	b := k.add(&keyedEntry[K]{b: made, key: key})
	if b == made && b.registry != nil {
		b.registry.follow.added(b)
	}
	return b
}

// find also notes the use.
func (k *Keyed[K]) find(key K) *keyedEntry[K] {
	k.mu.RLock()
	defer k.mu.RUnlock() // hashing may panic
	e := k.entries[key]
	if e != nil {
		k.use(e)
	}
	return e
}

// use writes nothing where the entry is the newest already.
func (k *Keyed[K]) use(e *keyedEntry[K]) {
	if e.used.Load() != k.clock.Load() {
		e.used.Store(k.clock.Add(1))
	}
}

// hasPlace tells whether a new value may have a breaker, before one is made.
func (k *Keyed[K]) hasPlace() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.entries) < k.max || k.oldest() != nil
}

// add is the breaker of the entry, or of whoever came first.
func (k *Keyed[K]) add(e *keyedEntry[K]) *Breaker {
	k.mu.Lock()
	defer k.mu.Unlock()
	if first := k.entries[e.key]; first != nil {
		k.use(first)
		return first.b
	}
	if len(k.entries) >= k.max {
		oldest := k.oldest()
		if oldest == nil {
			return k.overflow
		}
		delete(k.entries, oldest.key)
		k.pop()
	}
	e.used.Store(k.clock.Add(1))
	k.entries[e.key] = e
	return e.b
}

// oldest is the least recently used entry that may be dropped, nil where none may. A search looks at all of them, so its result
// serves several new values: the older ones in order, or that there are none. Under mu.
func (k *Keyed[K]) oldest() *keyedEntry[K] {
	for n := len(k.idle); n > 0; n = len(k.idle) {
		if last := k.idle[n-1]; last.used.Load() == last.seen && last.b.droppable() {
			return last.keyedEntry
		}
		k.pop()
	}
	if k.rest > 0 {
		k.rest--
		return nil
	}
	for _, e := range k.entries {
		if e.b.droppable() {
			k.idle = append(k.idle, idleEntry[K]{e, e.used.Load()})
		}
	}
	share := k.max / 16
	if len(k.idle) == 0 {
		k.rest = share
		return nil
	}
	slices.SortFunc(k.idle, func(a, b idleEntry[K]) int { return cmp.Compare(b.seen, a.seen) })
	if surplus := len(k.idle) - share - 1; surplus > 0 {
		k.idle = slices.Delete(k.idle, 0, surplus) // which also clears what is behind
	}
	return k.idle[len(k.idle)-1].keyedEntry
}

// pop holds on to nothing.
func (k *Keyed[K]) pop() {
	last := len(k.idle) - 1
	k.idle[last] = idleEntry[K]{}
	k.idle = k.idle[:last]
}

// droppable tells whether nothing is lost with a breaker but its counters, failures that have not opened it, and what was known of a
// value that nobody asks for any more: places would else be held for ever by values that failed and never came again.
func (b *Breaker) droppable() bool {
	st, timeout := b.circuit.status.Load(), b.policy.Timeout
	switch {
	case st.state == Closed && b.circuit.admitted(st) == 1, st.state == Off && b.circuit.disabled: // not while it ramps
	case st.state == Open && b.circuit.now()-st.after >= timeout, st.state == HalfOpen && time.Since(st.since) >= timeout:
	default:
		return false
	}
	return b.counters.inFlight(b.counters.counts()) == 0
}

// Breakers are the breakers of the values that have one now, in no order, and last the one of [OverflowKey]. The slice is the
// caller's.
func (k *Keyed[K]) Breakers() []*Breaker {
	k.mu.RLock()
	defer k.mu.RUnlock()
	breakers := make([]*Breaker, 0, len(k.entries)+1)
	for _, e := range k.entries {
		breakers = append(breakers, e.b)
	}
	return append(breakers, k.overflow)
}

// keyText is a key as errors, logs and metrics show it, in UTF-8. One that is long, or is no UTF-8, is cut, and told apart by a hash.
func keyText[K comparable](key K) string {
	text := fmt.Sprint(key)
	valid := strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) <= maxKeyText && valid == text {
		return text
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(text))
	end := min(len(valid), maxKeyText-len("~01234567"))
	for end < len(valid) && !utf8.RuneStart(valid[end]) {
		end--
	}
	return fmt.Sprintf("%s~%08x", valid[:end], hash.Sum32())
}

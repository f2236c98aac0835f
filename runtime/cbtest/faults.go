package cbtest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// Faults is a [cb.StreamInjector] that makes happen what it was told to. Of several faults that match a call, those added first
// come first; delays add up, and the first of another kind is the last. It may be used by several goroutines at once. In a bubble
// of testing/synctest, add the faults there.
type Faults struct {
	mu     sync.Mutex
	random *rand.Rand
	last   int // id
	faults []*fault
}

var _ cb.StreamInjector = (*Faults)(nil)

// fault is one that was added.
type fault struct {
	Fault
	id   int
	gone chan struct{} // closed when it was removed
	// Under Faults.mu.
	hits int
	held int // calls that it delays or lets hang
}

// NewFaults makes a Faults without any.
func NewFaults() *Faults { return &Faults{random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))} } //nolint:gosec // no secret

// Seed makes what [Fault.Share] leaves to chance come out the same each time.
func (f *Faults) Seed(seed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.random = rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // no secret
}

// Add lets a fault happen, until it is removed or over. Calls that it holds up go on when it is removed. It panics on a fault that
// [Fault.Validate] refuses.
func (f *Faults) Add(fault Fault) (remove func()) {
	if err := fault.Validate(); err != nil {
		panic("cbtest: " + err.Error())
	}
	id := f.add(fault)
	return func() { f.remove(id) }
}

// FailNext fails the next n calls of a method, of any client, with err. nil: with a [*FaultError].
func (f *Faults) FailNext(method string, n int, err error) (remove func()) {
	return f.next(n, Fault{Method: method, Kind: Fail, Err: err})
}

// FailShare fails so large a share of a method's calls with err, from 0 to 1.
func (f *Faults) FailShare(method string, share float64, err error) (remove func()) {
	if share == 0 { // which would be all, as a Fault's
		return func() {}
	}
	return f.Add(Fault{Method: method, Kind: Fail, Share: share, Err: err})
}

// HangNext lets the next n calls of a method hang.
func (f *Faults) HangNext(method string, n int) (remove func()) {
	return f.next(n, Fault{Method: method, Kind: Hang})
}

// CutNext breaks the next n streams of a method off after so many items.
func (f *Faults) CutNext(method string, n, items int) (remove func()) {
	return f.next(n, Fault{Method: method, Kind: Cut, Items: items})
}

// next adds a fault for n calls. None is none here, where a Fault's Times of 0 is any number.
func (f *Faults) next(n int, fault Fault) (remove func()) {
	if n == 0 {
		return func() {}
	}
	fault.Times = n
	return f.Add(fault)
}

// Clear removes all faults.
func (f *Faults) Clear() { f.removeAll(func(*fault) bool { return true }) }

// Happening is a fault that was added and is not over.
type Happening struct {
	ID int
	Fault
	Hits int // how often it has happened
	Held int // calls that it holds up now
}

// List is the faults that are not over, or still hold calls up, in the order in which they were added.
func (f *Faults) List() []Happening {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropOver()
	list := make([]Happening, len(f.faults))
	for i, one := range f.faults {
		list[i] = Happening{one.id, one.Fault, one.hits, one.held}
	}
	return list
}

func (f *Faults) add(one Fault) (id int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropOver()
	f.last++
	f.faults = append(f.faults, &fault{Fault: one, id: f.last, gone: make(chan struct{})})
	return f.last
}

func (f *Faults) remove(id int) (found bool) {
	return f.removeAll(func(one *fault) bool { return one.id == id }) > 0
}

func (f *Faults) removeAll(which func(*fault) bool) (removed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = slices.DeleteFunc(f.faults, func(one *fault) bool {
		if !which(one) {
			return false
		}
		close(one.gone)
		removed++
		return true
	})
	return removed
}

// over tells whether it will not happen any more. Under mu.
func (one *fault) over(now time.Time) bool {
	return one.Times > 0 && one.hits >= one.Times || !one.Until.IsZero() && !now.Before(one.Until)
}

// dropOver forgets what is over, but not what can still be removed to let calls go. Under mu.
func (f *Faults) dropOver() {
	now := time.Now()
	f.faults = slices.DeleteFunc(f.faults, func(one *fault) bool { return one.over(now) && one.held == 0 })
}

// Inject is what happens to a call: see [cb.Injector].
func (f *Faults) Inject(ctx context.Context, client, method, key string) error {
	return f.happen(ctx, client, method, key, func(one *Fault) bool { return !one.inStream() })
}

// InjectItem is what happens to a stream of which n items have come: see [cb.StreamInjector].
func (f *Faults) InjectItem(ctx context.Context, client, method, key string, n int) error {
	return f.happen(ctx, client, method, key, func(one *Fault) bool { return one.inStream() && one.Items == n })
}

func (f *Faults) happen(ctx context.Context, client, method, key string, now func(*Fault) bool) error {
	struck := f.strike(client, method, key, now)
	for i, one := range struck {
		if err := f.happenOne(ctx, one); err != nil {
			f.spare(struck[i+1:])
			return err
		}
	}
	return nil
}

// strike counts and returns what is to happen to a call, in order.
func (f *Faults) strike(client, method, key string, now func(*Fault) bool) (struck []*fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.faults) == 0 {
		return nil
	}
	f.dropOver()
	moment := time.Now()
	for _, one := range f.faults {
		matches := now(&one.Fault) && !one.over(moment) && !moment.Before(one.From) &&
			matches(one.Client, client) && matches(one.Method, method) && matches(one.Key, key)
		if !matches || one.Share > 0 && f.random.Float64() >= one.Share {
			continue
		}
		one.hits++
		one.held++
		struck = append(struck, one)
		if one.Kind != Delay {
			break
		}
	}
	return struck
}

func (f *Faults) letGo(one *fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one.held--
}

// spare takes back what was to happen to a call that has ended before.
func (f *Faults) spare(struck []*fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range struck {
		one.hits--
		one.held--
	}
}

func matches(want, name string) bool { return want == "" || want == name }

func (f *Faults) happenOne(ctx context.Context, one *fault) error {
	defer f.letGo(one)
	switch one.Kind {
	case Delay:
		timer := time.NewTimer(one.Delay)
		defer timer.Stop()
		return one.wait(ctx, timer.C)
	case Hang:
		var end <-chan time.Time // none: in virtual time even the longest timer would pass
		if !one.Until.IsZero() {
			timer := time.NewTimer(time.Until(one.Until))
			defer timer.Stop()
			end = timer.C
		}
		if err := one.wait(ctx, end); err != nil {
			return err
		}
	case Panic:
		panic(one.err())
	default:
	}
	return one.err()
}

// wait is over at the end, or when the fault is removed. The error is that of the context, where that ends first.
func (one *fault) wait(ctx context.Context, end <-chan time.Time) error {
	select {
	case <-end:
	case <-one.gone:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

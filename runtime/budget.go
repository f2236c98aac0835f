package cb

import (
	"sync"
	"sync/atomic"
	"time"
)

// A budget looks back over ten seconds, as Finagle's does. Whatever the share, it allows as many retries as one per second: rare
// calls would have none else. (Finagle adds ten per second to its 20%, Envoy allows three at a time beside its 20%.)
const (
	budgetBuckets = 10
	budgetBucket  = time.Second
	budgetFloor   = 10
)

// retryBudget bounds the retries of late to a share of the calls that ended of late. It knows nothing of who asks, and may be
// shared.
type retryBudget struct {
	share float64
	base  time.Time
	calls [budgetBuckets]atomic.Uint64 // each the number of its second, above the calls that ended in it

	mu      sync.Mutex
	retries [budgetBuckets]struct{ second, n uint64 }
}

func newRetryBudget(share float64) *retryBudget { return &retryBudget{share: share, base: time.Now()} }

// budgetCount is where the calls in a bucket's word end.
const budgetCount = 1 << 32

func (r *retryBudget) second() uint64 { return uint64(time.Since(r.base) / budgetBucket) } //nolint:gosec // not negative

// deposit counts a call that ended.
func (r *retryBudget) deposit() {
	now := r.second()
	bucket := &r.calls[now%budgetBuckets]
	for {
		word := bucket.Load()
		if word/budgetCount == now && word != 0 {
			bucket.Add(1) // should another second begin here, it is one more of that one
			return
		}
		if bucket.CompareAndSwap(word, now*budgetCount+1) {
			return
		}
	}
}

// withdraw takes one retry, where there is one left.
func (r *retryBudget) withdraw() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.second()
	var calls, retries uint64
	for i := range budgetBuckets {
		if word := r.calls[i].Load(); word/budgetCount+budgetBuckets > now {
			calls += word % budgetCount
		}
		if b := r.retries[i]; b.second+budgetBuckets > now {
			retries += b.n
		}
	}
	if float64(retries+1) > max(budgetFloor, r.share*float64(calls)) {
		return false
	}
	b := &r.retries[now%budgetBuckets]
	if b.second != now {
		b.second, b.n = now, 0
	}
	b.n++
	return true
}

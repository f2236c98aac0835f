package cb

import "time"

// windowBuckets is how finely a window rolls.
const windowBuckets = 20

// rollingWindow counts the calls that ended of late, in buckets of a twentieth of the window. The newest bucket is still filling,
// so that what it sums up is never older than the window.
type rollingWindow struct {
	width   time.Duration // of a bucket
	buckets [windowBuckets]struct{ calls, failures int }
	newest  int64 // number of the newest bucket, counted from the circuit's start

	calls, failures int // the sums
}

func newRollingWindow(window time.Duration) *rollingWindow {
	return &rollingWindow{width: max(window/windowBuckets, 1)}
}

// add counts a call that ended now.
func (w *rollingWindow) add(now time.Duration, failed bool) {
	w.roll(int64(now / w.width))
	bucket := &w.buckets[w.newest%windowBuckets]
	bucket.calls++
	w.calls++
	if failed {
		bucket.failures++
		w.failures++
	}
}

// roll drops the buckets that have become too old.
func (w *rollingWindow) roll(newest int64) {
	if newest-w.newest >= windowBuckets {
		w.clear()
		w.newest = newest
	}
	for w.newest < newest {
		w.newest++
		bucket := &w.buckets[w.newest%windowBuckets]
		w.calls -= bucket.calls
		w.failures -= bucket.failures
		bucket.calls, bucket.failures = 0, 0
	}
}

func (w *rollingWindow) clear() {
	clear(w.buckets[:])
	w.calls, w.failures = 0, 0
}

// failureRow keeps when the last failures in a row ended, exactly.
type failureRow struct {
	window time.Duration
	ends   []time.Duration // a ring as long as the threshold
	next   int
	full   bool
}

func newFailureRow(threshold int, window time.Duration) *failureRow {
	return &failureRow{window: window, ends: make([]time.Duration, threshold)}
}

// add notes a failure that ended now, and tells whether the row is full and its oldest within the window.
func (r *failureRow) add(now time.Duration) bool {
	r.ends[r.next] = now
	r.next++
	if r.next == len(r.ends) {
		r.next, r.full = 0, true
	}
	return r.full && now-r.ends[r.next] <= r.window
}

func (r *failureRow) clear() { r.next, r.full = 0, false }

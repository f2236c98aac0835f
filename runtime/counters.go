package cb

import (
	"math/bits"
	"runtime"
	"slices"
	"sync/atomic"
	"unsafe"
)

// counters counts the calls of one breaker. What every call adds to lies in cells, of which each goroutine uses its own, most
// of the time: one counter for all would be passed from core to core by every call.
type counters struct {
	cells           []cell // a power of two
	shift           uint   // to a cell's number, from a hash
	failed, ignored atomic.Uint64
	retries         atomic.Uint64
	rejections      [len(reasons)]atomic.Uint64 // in their order
	fallbacks       []fallbackCounter
	other           fallbackCounter // of fallbacks the policy does not describe
	last            atomic.Pointer[lastFailure]
}

// cell fills a cache line.
type cell struct {
	started, succeeded atomic.Uint64
	_                  [48]byte
}

type fallbackCounter struct{ answered, failed atomic.Uint64 }

// reasons orders the rejection counters.
var reasons = [...]Reason{ReasonOpen, ReasonTooManyProbes, ReasonRamping, ReasonBulkheadFull}

// maxCells bounds the memory of a breaker on large machines: 4 KB.
const maxCells = 64

func (c *counters) init(fallbacks int) {
	n := min(8*runtime.GOMAXPROCS(0), maxCells)
	order := bits.Len(uint(n - 1))
	c.cells = make([]cell, 1<<order)
	c.shift = 64 - uint(order)
	c.fallbacks = make([]fallbackCounter, fallbacks)
}

// cell is where this goroutine counts. Goroutines are told apart by where their stacks lie, in steps of the smallest stack; the
// address is hashed and never used as one.
func (c *counters) cell() *cell {
	var here byte
	hash := uint64(uintptr(unsafe.Pointer(&here))>>11) * 0x9e3779b97f4a7c15
	return &c.cells[hash>>c.shift]
}

// fallback is the counter of the i-th fallback of a call.
func (c *counters) fallback(i int) *fallbackCounter {
	if i < len(c.fallbacks) {
		return &c.fallbacks[i]
	}
	return &c.other
}

func (c *counters) rejection(reason Reason) *atomic.Uint64 {
	return &c.rejections[slices.Index(reasons[:], reason)]
}

func (c *counters) counts() Counts {
	n := Counts{Failure: c.failed.Load(), Ignored: c.ignored.Load()}
	for i := range c.cells {
		n.Success += c.cells[i].succeeded.Load()
	}
	return n
}

// inFlight is how many calls have started and not ended. ended must have been read before, or it would count calls as ended
// that were not seen to start.
func (c *counters) inFlight(ended Counts) int {
	var started uint64
	for i := range c.cells {
		started += c.cells[i].started.Load()
	}
	return int(started - ended.Success - ended.Failure - ended.Ignored) //nolint:gosec // not below zero, see above
}

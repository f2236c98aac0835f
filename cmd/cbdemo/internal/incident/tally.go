package incident

import (
	"sync"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/chat"
)

// Count is how many requests came and how many of them were served.
type Count struct{ Offered, Served int }

// Numbers is what one side has done. A request belongs to the phase in which it came.
type Numbers struct {
	Reads    [phases]Count
	Prompts  [phases]Count
	Archived int           // of the prompts served: with an earlier answer
	Apology  int           // of the prompts served: with an apology
	NoWorker int           // of the requests not served: those that never got a worker
	Wasted   time.Duration // of workers, in calls to the upstream that gave nothing
}

// Sum is the count over all phases.
func Sum(counts [phases]Count) (sum Count) {
	for _, c := range counts {
		sum.Offered += c.Offered
		sum.Served += c.Served
	}
	return sum
}

// tally is Numbers that many goroutines add to.
type tally struct {
	mu      sync.Mutex
	numbers Numbers
}

func (t *tally) add(fn func(*Numbers)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fn(&t.numbers)
}

func (t *tally) get() Numbers {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.numbers
}

func (n *Numbers) prompted(phase Phase, source chat.Source) {
	n.Prompts[phase].Served++
	switch source {
	case chat.FromArchive:
		n.Archived++
	case chat.Apology:
		n.Apology++
	}
}

package cb

import (
	"context"
	"sync"
	"time"
)

// Served says where an answer came from. Its zero is the upstream itself.
type Served struct {
	// By is the fallback that answered, as its [Policy] names it: "standby", "cache", "CompleteCached". Where that one was a
	// client that fell back in turn, the names are joined from the outside in: "standby/cache".
	By    string
	Stale bool          // it is an earlier answer, out of a cache
	Age   time.Duration // of a stale answer: since it was stored
	// Similarity is how alike the stale answer's key and the call's are: 1 for an equal one, else at least [Fallback.Similar].
	Similarity float64
}

// Provenance learns where the answer of a call came from: see [WithProvenance]. It may be read while calls are under way.
type Provenance struct {
	mu     sync.Mutex
	served Served
}

type provenanceKey struct{}

// WithProvenance returns a context for one call, and what learns which fallback answered it. Of several calls with one context
// it tells of the last that fell back; calls that the upstream answers leave it alone.
//
//	ctx, provenance := cb.WithProvenance(ctx)
//	resp, err := provider.Complete(ctx, req)
//	if served := provenance.Served(); served.Stale { ... }
func WithProvenance(ctx context.Context) (context.Context, *Provenance) {
	p := &Provenance{}
	return context.WithValue(ctx, provenanceKey{}, p), p
}

// Served is what is known so far.
func (p *Provenance) Served() Served {
	if p == nil { // nobody wants to know
		return Served{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.served
}

// provenanceOf is nil, which its methods allow, where the caller did not ask.
func provenanceOf(ctx context.Context) *Provenance {
	p, _ := ctx.Value(provenanceKey{}).(*Provenance)
	return p
}

func (p *Provenance) set(served Served) { p.update(func(s *Served) { *s = served }) }

func (p *Provenance) stale(age time.Duration, similarity float64) {
	p.update(func(s *Served) { s.Stale, s.Age, s.Similarity = true, age, similarity })
}

func (p *Provenance) update(change func(*Served)) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.served)
}

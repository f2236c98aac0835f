package strategy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/chat"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbcache"
)

// setCache is an upstream that is down, and what it said before.
func (a *Act) setCache() error {
	h, err := a.host()
	if err != nil {
		return err
	}
	from, to := a.outage()
	provider := chat.NewCachedProviderBreaker(chat.NewClient(h.URL, h.Client), cbcache.New(), a.options()...)
	a.watch("chat.CachedProvider")
	a.scene = &answering{provider: provider, say: a.cfg.Say, words: true, given: map[string]answers{}, sources: []source{
		{"model", "answered by the model"}, {"cache", "from the cache: the same prompt"},
		{"alike", "from the cache: one much like it"}, {"none", "not answered: none is like it"},
	}}
	a.Story = fmt.Sprintf(`Cache. The upstream is down from %s to %s. Callers get the last good answer to their prompt,
or to one that is at least 60%% alike, marked as stale and with its age.`, short(from), short(to))
	return nil
}

// setStandby is a model that is down, a cheaper one that follows it, and what is left then.
func (a *Act) setStandby() error {
	large, err := a.host()
	if err != nil {
		return err
	}
	small, err := a.host()
	if err != nil {
		return err
	}
	part := a.cfg.Length / 24
	from, both, one, to := 5*part, 10*part, 14*part, 17*part
	const well, down = upstream.Healthy, upstream.Down
	a.Turns = []Turn{
		{0, "healthy", false, []upstream.Health{well, well}},
		{from, "large DOWN", true, []upstream.Health{down, well}},
		{both, "both DOWN", true, []upstream.Health{down, down}},
		{one, "large DOWN", true, []upstream.Health{down, well}},
		{to, "healthy", false, []upstream.Health{well, well}},
	}
	cache := cbcache.New()
	// The cheaper one passes the cause on instead of apologizing: else the large model's cache would never be asked.
	standby := chat.NewTieredProviderBreaker(chat.NewClient(small.URL, small.Client), chat.Refuser{}, nil, cache,
		a.options(cb.WithName("small-model"))...)
	provider := chat.NewTieredProviderBreaker(chat.NewClient(large.URL, large.Client), chat.Apologizer{}, standby, cache,
		a.options(cb.WithName("large-model"))...)
	a.watch("large-model")
	a.watch("small-model")
	a.scene = &answering{provider: provider, say: a.cfg.Say, given: map[string]answers{}, sources: []source{
		{"large", "answered by the large model"}, {"small", "answered by the small model"},
		{"cache", "from the cache of either"}, {"apology", "an apology"},
	}}
	a.Breakers = "breakers large / small"
	a.Story = fmt.Sprintf(`Standby. A large model is down from %s to %s; a small one stands by, behind a
breaker of its own, and is down from %s to %s. Then callers get what either said before,
or else an apology.`,
		short(from), short(to), short(both), short(one))
	return nil
}

// answering is a scene in which everybody is answered at once, or not at all.
type answering struct {
	provider interface {
		Complete(ctx context.Context, req chat.Request) (*chat.Response, error)
	}
	sources []source
	words   bool // some prompts come in other words
	say     func(string)

	mu    sync.Mutex
	given map[string]answers // by the source's head
}

// source is one of those who answer.
type source struct{ head, label string }

// answers are those of one source.
type answers struct {
	n          int
	age        span[time.Duration] // of stale ones
	similarity span[float64]       // of those to another prompt
	retryAfter span[time.Duration] // of rejections
}

func (s *answering) work(context.Context) {}
func (s *answering) waiting() int         { return 0 }

func (s *answering) ask(ctx context.Context, n int) {
	prompt := question(n, s.words)
	asked, provenance := cb.WithProvenance(ctx)
	_, err := s.provider.Complete(asked, chat.Request{Prompt: prompt})
	if ctx.Err() != nil { // not the provider's doing
		return
	}
	served := provenance.Served()
	head, text := s.judge(served, err)
	if first := s.count(head, served, err); first && text != "" {
		s.say(fmt.Sprintf("%q: %s", prompt, text))
	}
}

// judge says in the head of a column who answered, and in words what is remarkable about it.
func (s *answering) judge(served cb.Served, err error) (head, text string) {
	switch {
	case err != nil:
		return "none", "nothing is kept, the caller gets the error"
	case served.Stale && served.Similarity < 1:
		return "alike", fmt.Sprintf("stale, %s old, of a prompt %.0f%% alike", short(served.Age), 100*served.Similarity)
	case served.Stale:
		return "cache", fmt.Sprintf("stale, %s old", short(served.Age))
	case served.By == "":
		return s.sources[0].head, ""
	case served.By == "standby":
		return s.sources[1].head, "the small model answers"
	default:
		return "apology", "nobody has an answer: an apology"
	}
}

// count tells whether it was the first answer of its kind.
func (s *answering) count(head string, served cb.Served, err error) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.given[head]
	a.n++
	if served.Stale {
		a.age.add(served.Age)
		a.similarity.add(served.Similarity)
	}
	if rejected, ok := errors.AsType[*cb.RejectedError](err); ok {
		a.retryAfter.add(rejected.RetryAfter)
	}
	s.given[head] = a
	return a.n == 1
}

func (s *answering) columns() []Column {
	s.mu.Lock()
	defer s.mu.Unlock()
	columns := make([]Column, len(s.sources))
	for i, source := range s.sources {
		columns[i] = Column{Head: source.head, N: s.given[source.head].n}
	}
	return columns
}

func (s *answering) figures() []Figure {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := Figure{Label: "prompts"}
	figures := []Figure{all}
	for _, source := range s.sources {
		a := s.given[source.head]
		figures[0].N += a.n
		figures = append(figures, Figure{"  " + source.label, a.n, a.remark()})
	}
	return figures
}

func (a answers) remark() string {
	switch {
	case a.retryAfter.some && a.retryAfter.most > 0:
		return "told to come back in up to " + short(a.retryAfter.most)
	case !a.age.some:
		return ""
	}
	text := fmt.Sprintf("stale: %s to %s old", short(a.age.least), short(a.age.most))
	if a.similarity.least < 1 {
		text += fmt.Sprintf(", %.0f%% to %.0f%% alike", 100*a.similarity.least, 100*a.similarity.most)
	}
	return text
}

package incident

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/chat"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
)

// questions is how many prompts come again and again; the archive knows half of them from the start.
const questions = 40

// Side is one chat service with workers, an upstream and numbers of its own.
type Side struct {
	name     string
	pool     *pool
	service  *chat.Service
	upstream *upstream.Host
	breaker  *cb.Breaker // nil on the raw side
	tally    tally
	stuck    atomic.Int64
}

func newSide(cfg Config, name string, guarded bool) (*Side, error) {
	host, err := upstream.Start(upstream.Config{Latency: cfg.Latency, Hang: cfg.Hang, Seed: cfg.Seed}, cfg.Network, cfg.Workers)
	if err != nil {
		return nil, fmt.Errorf("upstream of the %s: %w", name, err)
	}
	s := &Side{name: name, pool: newPool(cfg.Workers, cfg.Queue, cfg.Wait), upstream: host}
	archive := chat.NewArchive(cfg.Read)
	for n := range questions / 2 {
		archive.Store(chat.Conversation{Prompt: question(n), Answer: "What we said last time."})
	}
	var provider chat.Provider = &meter{next: chat.NewClient(host.URL, host.Client), tally: &s.tally}
	if guarded {
		registry, logger := cfg.Registry, cfg.Logger
		if registry == nil {
			registry = cb.NewRegistry()
		}
		if logger == nil {
			logger = slog.New(slog.DiscardHandler)
		}
		provider = chat.NewProviderBreaker(provider, archive, cb.WithRegistry(registry), cb.WithLogger(logger))
		s.breaker, _ = registry.Breaker("chat.Provider", "Complete")
	} else {
		host.Client.Timeout = cfg.RawTimeout
	}
	s.service = chat.NewService(provider, archive)
	return s, nil
}

// read is one request for an old conversation, the n-th.
func (s *Side) read(ctx context.Context, phase Phase, n int) {
	s.tally.add(func(t *Numbers) { t.Reads[phase].Offered++ })
	var err error
	noWorker := s.pool.do(ctx, func() { _, err = s.service.Conversation(ctx, n%(questions/2)) })
	s.tally.add(func(t *Numbers) {
		switch {
		case noWorker != nil:
			t.NoWorker++
		case err == nil:
			t.Reads[phase].Served++
		}
	})
}

// prompt is one prompt, the n-th.
func (s *Side) prompt(ctx context.Context, phase Phase, n int) {
	s.tally.add(func(t *Numbers) { t.Prompts[phase].Offered++ })
	text := question(n % questions)
	if n%5 == 0 {
		text = question(questions + n) // one in five was never asked before
	}
	var resp *chat.Response
	var err error
	noWorker := s.pool.do(ctx, func() { resp, err = s.service.Answer(ctx, text) })
	s.tally.add(func(t *Numbers) {
		switch {
		case noWorker != nil:
			t.NoWorker++
		case err == nil:
			t.prompted(phase, resp.Source)
		}
	})
}

func question(n int) string { return fmt.Sprintf("question %d", n) }

// meter measures the calls that reach the client of the upstream, inside the breaker where there is one.
type meter struct {
	next  chat.Provider
	tally *tally
}

func (m *meter) Complete(ctx context.Context, req chat.Request) (*chat.Response, error) {
	start := time.Now()
	resp, err := m.next.Complete(ctx, req)
	if err != nil {
		m.tally.add(func(t *Numbers) { t.Wasted += time.Since(start) })
	}
	return resp, err
}

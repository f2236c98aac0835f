package incident

import (
	"context"
	"sync"
	"time"
)

// What the service does.
const (
	localWork = 5 * time.Millisecond   // that the healthy method needs a worker for
	patience  = 5 * time.Second        // of its users, from their asking to the answer
	givingUp  = 100 * time.Millisecond // of those who cancel, from the call's start
)

// service has so many workers and a queue before them, first come, first served. A user who has lost patience is gone, and the
// service does not notice: their request is worked on when its turn comes, as it is wherever nobody watches the connection.
type service struct {
	provider Provider
	upstream *upstream
	workers  chan struct{}

	mu     sync.Mutex
	locals []local
	calls  []call
}

// local is a request for the healthy method.
type local struct {
	arrived time.Duration // after the incident's start
	served  bool          // within its user's patience
}

// call is a request that needs the upstream.
type call struct {
	arrived, ended time.Duration // after the incident's start
	held           time.Duration // a worker
	useful         time.Duration // of it, in the attempt that brought a good answer
	attempts       int
	good           bool // answered within its user's patience
	mistake        bool // its user's: a bad request, or one that is given up
}

func newService(provider Provider, u *upstream, workers int) *service {
	return &service{provider: provider, upstream: u, workers: make(chan struct{}, workers)}
}

// read is one request for the healthy method.
func (s *service) read() {
	arrived := s.now()
	s.workers <- struct{}{}
	time.Sleep(localWork)
	<-s.workers
	served := s.now()-arrived <= patience
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locals = append(s.locals, local{arrived, served})
}

// ask is one request that needs the upstream, and tells whether its user got a good answer.
func (s *service) ask(req Request, givesUp bool) bool {
	c := call{arrived: s.now(), mistake: req.Bad || givesUp}
	s.workers <- struct{}{}
	started := s.now()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if givesUp {
		defer time.AfterFunc(givingUp, cancel).Stop()
	}
	answer, err := s.provider.Complete(ctx, req)
	c.ended = s.now()
	<-s.workers
	c.held = c.ended - started
	c.attempts = s.upstream.attemptsOf(req.ID)
	if err == nil && c.ended-c.arrived <= patience {
		c.good, c.useful = true, answer.Took
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	return c.good
}

// now is the time since the incident's start.
func (s *service) now() time.Duration { return time.Since(s.upstream.start) }

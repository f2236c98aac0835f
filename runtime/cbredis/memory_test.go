package cbredis

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// memory is a transport within the process: what Redis does, after as long as a network takes. In a synctest bubble that is virtual
// time.
type memory struct {
	delay time.Duration // of a command, there and back; half of it of a message

	mu         sync.Mutex
	sessions   []*memorySession
	standing   map[circuitID]time.Time
	leases     map[circuitID]memoryLease
	seen       map[circuitID][]time.Time
	commands   int // as Redis would count them, but for joining
	published  int
	downBefore time.Time // nothing works until then
}

type memoryLease struct {
	from  string
	until time.Time
}

type memorySession struct {
	m     *memory
	from  string
	inbox chan timed
	gone  chan struct{}
	once  sync.Once
}

type timed struct {
	at time.Time
	message
}

func newMemory(delay time.Duration) *memory {
	return &memory{
		delay: delay, standing: map[circuitID]time.Time{}, leases: map[circuitID]memoryLease{}, seen: map[circuitID][]time.Time{},
	}
}

// sent is how many commands Redis would have run.
func (m *memory) sent() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.commands
}

// told is how many messages were published.
func (m *memory) told() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.published
}

// as is the transport of one replica.
func (m *memory) as(replica string) transport { return memoryTransport{m, replica} }

type memoryTransport struct {
	m       *memory
	replica string
}

func (t memoryTransport) join(ctx context.Context) (session, []message, error) {
	m := t.m
	if err := m.reach(ctx); err != nil {
		return nil, nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &memorySession{m: m, from: t.replica, inbox: make(chan timed, 4096), gone: make(chan struct{})}
	m.sessions = append(m.sessions, s)
	var standing []message
	for id, until := range m.standing {
		if left := time.Until(until); left > 0 {
			standing = append(standing, message{Kind: opened, ID: id, For: left})
		}
	}
	return s, standing, nil
}

// reach takes as long as a command, or fails.
func (m *memory) reach(ctx context.Context) error {
	select {
	case <-time.After(m.delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Now().Before(m.downBefore) {
		return errors.New("down")
	}
	return nil
}

// fail ends all sessions, and lets nobody in for a while.
func (m *memory) fail(d time.Duration) {
	m.mu.Lock()
	m.downBefore = time.Now().Add(d)
	sessions := slices.Clone(m.sessions)
	m.mu.Unlock()
	for _, s := range sessions {
		s.close()
	}
}

func (s *memorySession) receive(ctx context.Context) (message, error) {
	select {
	case t := <-s.inbox:
		if wait := time.Until(t.at); wait > 0 {
			time.Sleep(wait)
		}
		return t.message, nil
	case <-s.gone:
		return message{}, errors.New("gone")
	case <-ctx.Done():
		return message{}, ctx.Err()
	}
}

func (s *memorySession) send(ctx context.Context, messages []message) error {
	if err := s.m.reach(ctx); err != nil {
		return err
	}
	m := s.m
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, msg := range messages {
		switch msg.Kind {
		case opened:
			m.commands += 3
			if until := time.Now().Add(msg.For); until.After(m.standing[msg.ID]) {
				m.standing[msg.ID] = until
			}
		case closed:
			m.commands++
			delete(m.standing, msg.ID)
		case probing:
			m.commands++
			m.leases[msg.ID] = memoryLease{s.from, time.Now().Add(msg.For)}
		}
		if msg.release {
			m.commands++
			delete(m.leases, msg.ID)
		}
		m.commands++
		m.published++
		for _, to := range m.sessions {
			select {
			case to.inbox <- timed{time.Now().Add(m.delay / 2), msg}:
			default:
				panic("a replica does not keep up")
			}
		}
	}
	return nil
}

func (s *memorySession) lease(ctx context.Context, wanted []lease) ([]lease, error) {
	if err := s.m.reach(ctx); err != nil {
		return nil, err
	}
	m := s.m
	m.mu.Lock()
	defer m.mu.Unlock()
	answers := slices.Clone(wanted)
	for i := range answers {
		l := &answers[i]
		m.commands += 2
		held := m.leases[l.id]
		if l.mine = !time.Now().Before(held.until); l.mine {
			held = memoryLease{s.from, time.Now().Add(l.left)}
			m.leases[l.id] = held
		}
		l.left = time.Until(held.until)
	}
	return answers, nil
}

func (s *memorySession) count(ctx context.Context, seen []failures, window time.Duration) ([]int, error) {
	if err := s.m.reach(ctx); err != nil {
		return nil, err
	}
	m := s.m
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commands++
	sums := make([]int, len(seen))
	for i, f := range seen {
		if f.forget {
			delete(m.seen, f.id)
			continue
		}
		m.seen[f.id] = slices.DeleteFunc(append(m.seen[f.id], slices.Repeat([]time.Time{time.Now()}, f.n)...),
			func(at time.Time) bool { return time.Since(at) > window })
		sums[i] = len(m.seen[f.id])
	}
	return sums, nil
}

func (s *memorySession) check(ctx context.Context) error { return s.m.reach(ctx) }

func (s *memorySession) close() {
	s.once.Do(func() {
		close(s.gone)
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		s.m.sessions = slices.DeleteFunc(s.m.sessions, func(other *memorySession) bool { return other == s })
	})
}

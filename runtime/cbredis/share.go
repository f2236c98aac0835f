package cbredis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	cb "github.com/cbgen/cbgen/runtime"
)

// Times that need no knob.
const (
	commandTimeout = time.Second            // for what is asked of Redis; nobody's call waits for it
	minBackoff     = 50 * time.Millisecond  // between attempts to join, and
	maxBackoff     = 750 * time.Millisecond // at most
	defaultCheck   = time.Minute            // whether what is said is heard
	countEvery     = 250 * time.Millisecond
)

// Option sets something of [Share]. A nil Option does nothing.
type Option func(*settings)

type settings struct {
	prefix    string
	logger    *slog.Logger
	threshold int
	window    time.Duration
	check     time.Duration
}

// WithPrefix sets what the names of all keys and channels begin with, in braces: services whose breakers have nothing to do with each
// other use different ones. Default: "cb".
func WithPrefix(prefix string) Option { return func(s *settings) { s.prefix = prefix } }

// WithLogger sets where it is logged, once each time, that sharing begins and that it is lost. Default: slog.Default() at that
// moment.
func WithLogger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// WithFleetThreshold also opens a breaker when the replicas together have seen n failures of it in the window, a second or more,
// whatever its own policy has seen. Failures are counted in Redis: by one batch every 250 ms of each replica that saw any.
func WithFleetThreshold(n int, window time.Duration) Option {
	return func(s *settings) { s.threshold, s.window = n, window }
}

func newSettings(opts []Option) (settings, error) {
	s := settings{prefix: "cb", check: defaultCheck}
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	if s.prefix == "" || strings.ContainsAny(s.prefix, "{}*?[]\\ \n") {
		return s, fmt.Errorf("cbredis: the prefix %q must be a plain word", s.prefix)
	}
	if (s.threshold != 0 || s.window != 0) && (s.threshold < 1 || s.window < time.Second) {
		return s, fmt.Errorf("cbredis: a fleet's threshold of %d in %v: it must be at least 1, in a second or more", s.threshold, s.window)
	}
	return s, nil
}

// Sharing is one replica's part in its fleet. Its methods may be called by several goroutines at once.
type Sharing struct {
	settings
	transport transport
	replica   string
	registry  *cb.Registry
	stop      func()
	stopped   sync.WaitGroup
	wake      chan struct{}

	mu       sync.Mutex // neither a breaker nor Redis is called under it
	circuits map[circuitID]*circuit
	surplus  int // how many circuits there may be before those that are gone are looked for
	joined   bool
	loss     error // why it is not; nil before the first attempt and after the end
}

// Share has the breakers of a registry follow those of the same names in other replicas of the service, and lead them: what one
// finds out, all know some milliseconds later. It returns at once; all that is done in Redis is done by two goroutines, and where
// Redis is slow or gone every breaker goes on by itself. Sharing ends with ctx, or by [Sharing.Stop]. The client is the caller's to
// close, after that.
//
// A registry is shared once at a time: of two sharings of one, each would keep its breakers from probing while the other has the lease,
// and none would probe. Stop the first before the next.
//
// An error says that the options are wrong; that Redis cannot be reached is none.
func Share(ctx context.Context, client redis.UniversalClient, registry *cb.Registry, opts ...Option) (*Sharing, error) {
	if client == nil || registry == nil {
		return nil, errors.New("cbredis: Share needs a client and a registry")
	}
	s, err := newSettings(opts)
	if err != nil {
		return nil, err
	}
	replica := replicaName()
	return share(ctx, &redisTransport{client: client, prefix: "{" + s.prefix + "}", replica: replica}, replica, registry, s), nil
}

// replicaName is unique, and says where to look.
func replicaName() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%.32s-%.8s", host, rand.Text())
}

func share(ctx context.Context, t transport, replica string, registry *cb.Registry, settings settings) *Sharing {
	ctx, cancel := context.WithCancel(ctx)
	s := &Sharing{
		settings: settings, transport: t, replica: replica, registry: registry, wake: make(chan struct{}, 1),
		circuits: map[circuitID]*circuit{}, surplus: minSurplus,
	}
	unfollow := registry.Follow(follower{s})
	s.stop = func() { unfollow(); cancel() }
	s.stopped.Go(func() {
		defer unfollow() // ctx may be what ends it
		s.run(ctx)
	})
	return s
}

// Stop ends sharing, and returns when it has ended: at once, or when the client has given up what it was waiting for. The breakers
// stay as they are.
func (s *Sharing) Stop() {
	s.stop()
	s.stopped.Wait()
}

// Joined tells whether this replica is in touch with the others. Where it is not, err is why, nil before the first attempt and after
// the end.
func (s *Sharing) Joined() (joined bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.joined, s.loss
}

// run joins, again and again.
func (s *Sharing) run(ctx context.Context) {
	backoff := minBackoff
	for ctx.Err() == nil {
		began := time.Now()
		err := s.take(ctx)
		if ctx.Err() != nil {
			break
		}
		s.setJoined(false, err)
		if time.Since(began) > maxBackoff+2*commandTimeout {
			backoff = minBackoff // it had been well
		}
		select {
		case <-time.After(backoff/2 + mathrand.N(backoff/2)):
		case <-ctx.Done():
		}
		backoff = min(2*backoff, maxBackoff)
	}
	s.setJoined(false, nil)
}

// setJoined logs changes only.
func (s *Sharing) setJoined(joined bool, err error) {
	s.mu.Lock()
	changed := s.joined != joined || !joined && s.loss == nil && err != nil
	s.joined, s.loss = joined, err
	s.mu.Unlock()
	logger := s.logger
	if logger == nil {
		logger = slog.Default()
	}
	switch {
	case !changed:
	case joined:
		logger.Info("circuit breakers are shared", "replica", s.replica)
	case err != nil:
		logger.Warn("circuit breakers are not shared, each replica goes by its own", "replica", s.replica, "error", err)
	default:
		logger.Info("circuit breakers are not shared any more", "replica", s.replica)
	}
}

// take takes part in the fleet until something fails.
func (s *Sharing) take(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	joining, done := context.WithTimeout(ctx, 2*commandTimeout)
	session, standing, err := s.transport.join(joining)
	done()
	if err != nil {
		return err
	}
	s.rejoin()
	if s.threshold > 0 {
		s.failuresSeen() // those that nobody could be told of are past
	}
	for _, m := range standing {
		s.adopt(m)
	}
	s.setJoined(true, nil)
	var listener sync.WaitGroup
	listener.Go(func() { cancel(s.listen(ctx, session)) })
	err = s.speak(ctx, session)
	cancel(err)
	session.close()
	listener.Wait()
	return err
}

// listen adopts what other replicas say.
func (s *Sharing) listen(ctx context.Context, session session) error {
	for {
		m, err := session.receive(ctx)
		if err != nil {
			return err
		}
		if m.From != s.replica {
			s.adopt(m)
		}
	}
}

// speak tells the others what happens here, and asks for leases.
func (s *Sharing) speak(ctx context.Context, session session) error {
	check := time.Now().Add(s.check)
	count := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := s.speakOnce(ctx, session); err != nil {
			return err
		}
		next := s.nextDue(check)
		if s.threshold > 0 {
			if !time.Now().Before(count) {
				if err := s.countFailures(ctx, session); err != nil {
					return err
				}
				count = time.Now().Add(countEvery)
			}
			next = earlier(next, count)
		}
		timer.Reset(time.Until(next))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.wake:
		case <-timer.C:
			if time.Now().Before(check) {
				continue
			}
			if err := within(ctx, session.check); err != nil {
				return err
			}
			check = time.Now().Add(s.check)
		}
	}
}

func (s *Sharing) speakOnce(ctx context.Context, session session) error {
	if messages := s.toSay(); len(messages) > 0 {
		if err := within(ctx, func(ctx context.Context) error { return session.send(ctx, messages) }); err != nil {
			return err
		}
	}
	wanted := s.leasesDue()
	if len(wanted) == 0 {
		return nil
	}
	return within(ctx, func(ctx context.Context) error {
		answers, err := session.lease(ctx, wanted)
		if err != nil {
			return err
		}
		if messages := s.answered(answers); len(messages) > 0 {
			return session.send(ctx, messages)
		}
		return nil
	})
}

func within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return do(ctx)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (s *Sharing) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

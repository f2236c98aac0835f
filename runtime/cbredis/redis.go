package cbredis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisTransport keeps what stands in a sorted set, by the moment of its end on Redis's clock, so that the longer one wins and what
// has passed is never read; leases and counts in keys that expire; and tells through a channel. All names share a hash tag: in a
// cluster they are in one slot.
type redisTransport struct {
	client  redis.UniversalClient
	prefix  string // with its braces
	replica string
}

// keepSet is how long the set outlives the last opening.
const keepSet = maxPeriod

func (t *redisTransport) channel() string              { return t.prefix + ":verdicts" }
func (t *redisTransport) ownChannel() string           { return t.prefix + ":replica:" + t.replica }
func (t *redisTransport) standing() string             { return t.prefix + ":open" }
func (t *redisTransport) leaseKey(id circuitID) string { return t.prefix + ":probe:" + id.text() }

func (t *redisTransport) failureKey(id circuitID, bucket int64) string {
	return t.prefix + ":failures:" + strconv.FormatInt(bucket, 10) + ":" + id.text()
}

type redisSession struct {
	*redisTransport
	sub   *redis.PubSub
	heard chan struct{} // what this replica told itself
	clock redisClock
}

// redisClock is Redis's clock as far as this process can tell, by a reading and the monotonic time since.
type redisClock struct {
	at   time.Time // Redis's
	read time.Time // ours
}

func (c redisClock) now() time.Time { return c.at.Add(time.Since(c.read)) }

func (t *redisTransport) join(ctx context.Context) (session, []message, error) {
	s := &redisSession{redisTransport: t, sub: t.client.Subscribe(ctx, t.channel(), t.ownChannel()), heard: make(chan struct{}, 1)}
	standing, err := s.join(ctx)
	if err != nil {
		s.close()
		if cluster, ok := t.client.(*redis.ClusterClient); ok {
			cluster.ReloadState(ctx) // by itself it would look for the node that has taken over only every ten seconds
		}
		return nil, nil, err
	}
	return s, standing, nil
}

// keeper is the server that has what is shared, and so the one whose clock counts: each node of a cluster has its own.
func (t *redisTransport) keeper(ctx context.Context) (redis.Cmdable, error) {
	if cluster, ok := t.client.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, t.standing())
	}
	return t.client, nil
}

func (s *redisSession) join(ctx context.Context) ([]message, error) {
	for range 2 { // both channels are confirmed
		if _, err := s.sub.ReceiveTimeout(ctx, commandTimeout); err != nil {
			return nil, fmt.Errorf("subscribe: %w", err)
		}
	}
	var set *redis.ZSliceCmd
	if err := s.readClock(ctx, func(p redis.Pipeliner) { set = p.ZRangeWithScores(ctx, s.standing(), 0, -1) }); err != nil {
		return nil, err
	}
	var standing []message
	for _, z := range set.Val() {
		left := time.UnixMilli(int64(z.Score)).Sub(s.clock.now())
		text, _ := z.Member.(string)
		if m, err := decode(`{"kind":"open","id":` + text + `}`); err == nil && left > 0 {
			m.For = min(left, maxPeriod)
			standing = append(standing, m)
		}
	}
	return standing, s.mayEverything(ctx)
}

// mayEverything does each thing that will have to be done, with no effect: what is refused is better known now, and not half of it
// works.
func (s *redisSession) mayEverything(ctx context.Context) error {
	none := circuitID{}
	return pipelined(ctx, s.client, func(p redis.Pipeliner) {
		s.trim(ctx, p)
		p.ZAddArgs(ctx, s.standing(), redis.ZAddArgs{XX: true, GT: true, Members: []redis.Z{{Member: ""}}})
		p.PExpire(ctx, s.standing(), keepSet)
		p.ZRem(ctx, s.standing(), "")
		p.SetArgs(ctx, s.leaseKey(none), s.replica, redis.SetArgs{Mode: "XX", TTL: minPeriod})
		p.PTTL(ctx, s.leaseKey(none))
		p.Del(ctx, s.leaseKey(none))
		key := s.failureKey(none, 0)
		p.IncrBy(ctx, key, 1)
		p.PExpire(ctx, key, minPeriod)
		p.MGet(ctx, key)
		p.Publish(ctx, s.ownChannel(), "")
	})
}

// readClock reads Redis's, with what else is to be asked.
func (s *redisSession) readClock(ctx context.Context, more func(redis.Pipeliner)) error {
	keeper, err := s.keeper(ctx)
	if err != nil {
		return err
	}
	var at *redis.TimeCmd
	asked := time.Now()
	err = pipelined(ctx, keeper, func(p redis.Pipeliner) {
		at = p.Time(ctx)
		more(p)
	})
	if err != nil {
		return err
	}
	answered := time.Now()
	s.clock = redisClock{at: at.Val(), read: asked.Add(answered.Sub(asked) / 2)}
	return nil
}

// trim drops what has passed.
func (s *redisSession) trim(ctx context.Context, p redis.Pipeliner) {
	p.ZRemRangeByScore(ctx, s.standing(), "-inf", strconv.FormatInt(s.clock.now().UnixMilli(), 10))
}

func (s *redisSession) receive(ctx context.Context) (message, error) {
	for {
		received, err := s.sub.Receive(ctx)
		if err != nil {
			return message{}, err
		}
		switch r := received.(type) {
		case *redis.Message:
			if r.Channel == s.ownChannel() {
				select {
				case s.heard <- struct{}{}:
				default:
				}
				continue
			}
			if m, err := decode(r.Payload); err == nil {
				return m, nil
			}
		case *redis.Subscription: // go-redis has connected anew: what was said meanwhile is lost
			return message{}, errors.New("the subscription was interrupted")
		default:
		}
	}
}

func (s *redisSession) send(ctx context.Context, messages []message) error {
	return pipelined(ctx, s.client, func(p redis.Pipeliner) {
		for _, m := range messages {
			switch m.Kind {
			case opened:
				until := float64(s.clock.now().Add(m.For).UnixMilli())
				p.ZAddArgs(ctx, s.standing(), redis.ZAddArgs{GT: true, Members: []redis.Z{{Score: until, Member: m.ID.text()}}})
				p.PExpire(ctx, s.standing(), keepSet)
				s.trim(ctx, p)
			case closed:
				p.ZRem(ctx, s.standing(), m.ID.text())
			case probing: // what is only about to probe has its lease already
				p.SetArgs(ctx, s.leaseKey(m.ID), s.replica, redis.SetArgs{TTL: max(m.For, minPeriod)})
			}
			if m.release {
				p.Del(ctx, s.leaseKey(m.ID))
			}
			p.Publish(ctx, s.channel(), m.encode())
		}
	})
}

func (s *redisSession) lease(ctx context.Context, wanted []lease) ([]lease, error) {
	got := make([]*redis.StatusCmd, len(wanted))
	left := make([]*redis.DurationCmd, len(wanted))
	err := pipelined(ctx, s.client, func(p redis.Pipeliner) {
		for i, l := range wanted {
			got[i] = p.SetArgs(ctx, s.leaseKey(l.id), l.from, redis.SetArgs{Mode: "NX", TTL: max(l.left, minPeriod)})
			left[i] = p.PTTL(ctx, s.leaseKey(l.id))
		}
	})
	if err != nil {
		return nil, err
	}
	answers := make([]lease, len(wanted))
	for i, l := range wanted {
		l.mine = got[i].Val() == "OK"
		l.left = max(left[i].Val(), 0)
		answers[i] = l
	}
	return answers, nil
}

// buckets is how finely a window rolls on.
const buckets = 10

// failureKeys are those of a window: where failures are counted now, and all that they are read from. Where another replica's reading
// of Redis's clock is a little ahead, it counts in the next one already.
func (s *redisSession) failureKeys(id circuitID, window time.Duration) (counted string, read []string) {
	now := s.clock.now().UnixMilli() * buckets / window.Milliseconds()
	for bucket := now + 1; bucket > now-buckets; bucket-- {
		read = append(read, s.failureKey(id, bucket))
	}
	return read[1], read
}

func (s *redisSession) count(ctx context.Context, seen []failures, window time.Duration) ([]int, error) {
	counts := make([]*redis.SliceCmd, len(seen))
	err := pipelined(ctx, s.client, func(p redis.Pipeliner) {
		for i, f := range seen {
			key, keys := s.failureKeys(f.id, window)
			if f.forget {
				p.Del(ctx, keys...)
				continue
			}
			p.IncrBy(ctx, key, int64(f.n))
			p.PExpire(ctx, key, 2*window)
			counts[i] = p.MGet(ctx, keys...)
		}
	})
	if err != nil {
		return nil, err
	}
	sums := make([]int, len(seen))
	for i, c := range counts {
		if c == nil {
			continue
		}
		for _, v := range c.Val() {
			if text, ok := v.(string); ok {
				n, _ := strconv.Atoi(text)
				sums[i] += n
			}
		}
	}
	return sums, nil
}

// check says something to itself. A subscription can be deaf without an error: its connection was forgotten on the way, or is to a
// node that hangs, or that is cut off from the cluster, while commands go to the one that has taken over.
func (s *redisSession) check(ctx context.Context) error {
	select {
	case <-s.heard:
	default:
	}
	if err := pipelined(ctx, s.client, func(p redis.Pipeliner) { p.Publish(ctx, s.ownChannel(), "") }); err != nil {
		return err
	}
	select {
	case <-s.heard:
	case <-ctx.Done():
		return errors.New("the subscription hears nothing")
	}
	return s.readClock(ctx, func(redis.Pipeliner) {})
}

func (s *redisSession) close() { _ = s.sub.Close() }

// pipelined sends commands together. That a SET was not made, because of its NX or XX, is no error.
func pipelined(ctx context.Context, on redis.Cmdable, fill func(redis.Pipeliner)) error {
	commands, err := on.Pipelined(ctx, func(p redis.Pipeliner) error {
		fill(p)
		return nil
	})
	for _, c := range commands {
		if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return fmt.Errorf("%s: %w", c.Name(), err)
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

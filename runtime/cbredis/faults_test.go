package cbredis_test

import (
	"context"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// proxy stands between a replica and its server, and holds back what it passes on.
type proxy struct {
	addr  string
	delay atomic.Int64
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{addr: listener.Addr().String()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	pass := func(from, to net.Conn) {
		defer from.Close()
		defer to.Close()
		buffer := make([]byte, 32<<10)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			time.Sleep(time.Duration(p.delay.Load()))
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
	wg.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", to)
			if err != nil {
				from.Close()
				continue
			}
			mu.Lock()
			open = append(open, from, upstream)
			mu.Unlock()
			wg.Go(func() { pass(from, upstream) })
			wg.Go(func() { pass(upstream, from) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return p
}

// TestFaults breaks Redis in every way: no call fails or waits for it, the log says it once, and the replica rejoins by itself.
func TestFaults(t *testing.T) {
	for _, fault := range []struct {
		name         string
		begin, end   func(t *testing.T, s *server, p *proxy)
		lost         bool          // or only slow
		patience     time.Duration // of its client, which waits for an answer 3 s by itself
		refusalNames string
	}{
		{name: "killed", lost: true,
			begin: func(_ *testing.T, s *server, _ *proxy) { s.kill() },
			end:   func(t *testing.T, s *server, _ *proxy) { s.start(); s.allow(t) }},
		{name: "stopped", lost: true,
			begin: func(t *testing.T, s *server, _ *proxy) { require.NoError(t, s.cmd.Process.Signal(syscall.SIGSTOP)) },
			end:   func(t *testing.T, s *server, _ *proxy) { require.NoError(t, s.cmd.Process.Signal(syscall.SIGCONT)) }},
		{name: "read-only", lost: true, refusalNames: "READONLY",
			begin: func(t *testing.T, s *server, _ *proxy) { s.do(t, "REPLICAOF", "127.0.0.1", "1") },
			end:   func(t *testing.T, s *server, _ *proxy) { s.do(t, "REPLICAOF", "NO", "ONE") }},
		{name: "refused", lost: true, refusalNames: "NOPERM",
			begin: func(t *testing.T, s *server, _ *proxy) { s.do(t, "ACL", "SETUSER", "replica", "-zadd") },
			end:   func(t *testing.T, s *server, _ *proxy) { s.do(t, "ACL", "SETUSER", "replica", "+zadd") }},
		{name: "slow", patience: time.Minute,
			begin: func(_ *testing.T, _ *server, p *proxy) { p.delay.Store(int64(time.Second)) },
			end:   func(_ *testing.T, _ *server, p *proxy) { p.delay.Store(0) }},
	} {
		t.Run(fault.name, func(t *testing.T) {
			server := startRedis(t)
			server.allow(t)
			between := startProxy(t, server.addr)
			newOne := func() *replica {
				return newReplicaOf(t, redis.NewClient(&redis.Options{
					Addr: between.addr, Username: "replica", Password: "secret", ReadTimeout: fault.patience,
				}), cb.Policy{Timeout: time.Minute})
			}
			r, peer := newOne(), newOne()
			other := cb.NewClient("chat", cb.WithRegistry(r.registry)).Breaker("Other", cb.Policy{Timeout: time.Minute})
			r.join(t)
			peer.join(t)

			goroutines := runtime.NumGoroutine()
			fault.begin(t, server, between)
			waited := compareWaiting(t, r)
			assert.LessOrEqual(t, waited.ratio, 1.10, "%+v", waited)
			assert.LessOrEqual(t, waited.tripRatio, 1.5, "%+v: to note what there is to tell is some work, a millisecond of waiting is twice", waited)
			assert.Less(t, waited.longestShared, waited.longestAlone+500*time.Millisecond, "half of what Redis is given for an answer")
			other.Trip()
			if fault.lost {
				require.Eventually(t, func() bool { return !r.joined() }, 10*time.Second, time.Millisecond)
			}
			time.Sleep(time.Second) // it goes on trying
			assert.Less(t, runtime.NumGoroutine(), goroutines+30, "nothing piles up: the proxy has two for each connection, go-redis a few")
			r.breaker.Trip()
			assert.Equal(t, cb.Open, r.breaker.State(), "by itself")

			fault.end(t, server, between)
			ended := time.Now()
			require.Eventually(t, r.joined, 10*time.Second, time.Millisecond)
			rejoined := time.Since(ended)
			require.Eventually(t, peer.is(cb.Open), 10*time.Second, time.Millisecond, "what still stands is told after all")
			t.Logf("p99 of a guarded call while Redis is %s: %v, of one that is not shared %v (%.3f times, tripping %.3f times); "+
				"rejoined after %v, told the peer after %v",
				fault.name, waited.shared, waited.alone, waited.ratio, waited.tripRatio, rejoined, time.Since(ended))
			assert.Less(t, rejoined, 2*time.Second)
			lines := r.log.lines()
			if fault.lost {
				require.Len(t, lines, 3, "%v", lines)
				assert.Contains(t, lines[1], "not shared")
				assert.Contains(t, lines[1], fault.refusalNames)
				assert.Contains(t, lines[2], "are shared")
			} else {
				assert.Len(t, lines, 1, "%v", lines)
			}
		})
	}
}

// rights are what the package's documentation says a replica needs.
var rights = []any{
	"resetkeys", "resetchannels", "~{cb}:*", "&{cb}:*", "-@all", "+@connection", "+subscribe", "+publish", "+time",
	"+zadd", "+zrem", "+zrange", "+zremrangebyscore", "+set", "+del", "+pttl", "+pexpire", "+incrby", "+mget",
}

// allow makes the user that replicas are, whom an empty server does not know.
func (s *server) allow(t *testing.T, more ...any) {
	t.Helper()
	s.do(t, slices.Concat([]any{"ACL", "SETUSER", "replica", "on", ">secret"}, rights, more)...)
}

func (s *server) do(t *testing.T, args ...any) {
	t.Helper()
	client := s.client()
	defer client.Close()
	require.NoError(t, client.Do(context.Background(), args...).Err(), strings.ToUpper(args[0].(string)))
}

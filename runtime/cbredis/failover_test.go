package cbredis_test

import (
	"context"
	"net"
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
	"github.com/cbgen/cbgen/runtime/cbredis"
)

// failoverLimit is for what takes servers some seconds where they have the machine to themselves.
const failoverLimit = time.Minute

// lasting is for breakers that are open until they are reset, however long a failover takes.
var lasting = cb.Policy{Timeout: time.Hour}

// failures are ways for a server to be gone.
var failures = map[string]func(*server){
	"killed": (*server).kill,
	"hung":   func(s *server) { _ = s.cmd.Process.Signal(syscall.SIGSTOP) },
}

// goingOn makes calls through breakers that nobody trips, until the function it returns is called, which tells what became of them.
func goingOn(fleet []*replica) (end func(t *testing.T)) {
	var ending atomic.Bool
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	var longest time.Duration
	calls := 0
	for _, r := range fleet {
		b := r.method("GoingOn", cb.Policy{})
		wg.Go(func() {
			for !ending.Load() {
				began := time.Now()
				err := b.Do(context.Background(), func(context.Context) error { return nil })
				took := time.Since(began)
				mu.Lock()
				if err != nil {
					failed = append(failed, err)
				}
				longest = max(longest, took)
				calls++
				mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		})
	}
	return func(t *testing.T) {
		t.Helper()
		ending.Store(true)
		wg.Wait()
		assert.Empty(t, failed)
		assert.Less(t, longest, 500*time.Millisecond, "half of what Redis is given for an answer")
		t.Logf("of %d calls meanwhile none failed, the longest took %v", calls, longest)
	}
}

// testFailover has replicas lose the server that has what they share, and find the one that takes its place: what stands and what was
// found in between is then known to all, also to replicas that start afterwards, and so is what is found from then on. Meanwhile no
// call fails or waits.
func testFailover(t *testing.T, newOne func() *replica, fail func()) {
	t.Helper()
	one, other := newOne(), newOne()
	fleet := []*replica{one, other}
	foundBetween := map[*replica]*cb.Breaker{}
	for _, r := range fleet {
		foundBetween[r] = r.method("Between", lasting)
		r.join(t)
	}
	one.breaker.Trip()
	require.Eventually(t, other.is(cb.Open), failoverLimit, time.Millisecond)
	end := goingOn(fleet)

	failed := time.Now()
	fail()
	foundBetween[one].Trip()
	for _, r := range fleet {
		lost := func() bool { return strings.Contains(strings.Join(r.log.lines(), ""), "not shared") }
		require.Eventually(t, lost, failoverLimit, time.Millisecond)
	}
	for _, r := range fleet {
		require.Eventually(t, r.joined, failoverLimit, time.Millisecond)
	}
	rejoined := time.Since(failed)
	require.Eventually(t, func() bool { return foundBetween[other].State() == cb.Open }, failoverLimit, time.Millisecond)
	t.Logf("rejoined %v after the failure, told %v after it", rejoined, time.Since(failed))
	end(t)

	late := newOne()
	foundBetween[late] = late.method("Between", lasting)
	late.join(t)
	assert.Equal(t, cb.Open, late.breaker.State(), "what stands")
	assert.Equal(t, cb.Open, foundBetween[late].State())
	fleet = append(fleet, late)
	eachIs := func(state cb.State) {
		for _, r := range fleet {
			require.Eventually(t, r.is(state), failoverLimit, time.Millisecond)
		}
	}
	other.breaker.Reset()
	eachIs(cb.Closed)
	one.breaker.Trip()
	eachIs(cb.Open)
}

// deafConn loses what arrives, as one that something on the way has forgotten.
type deafConn struct {
	net.Conn
	deaf *atomic.Bool
}

func (c deafConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.deaf.Load() {
			return n, err
		}
	}
}

// TestADeafSubscriptionIsNoticed though every command is answered.
func TestADeafSubscriptionIsNoticed(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var dialed atomic.Int32
	var deaf atomic.Bool
	client := redis.NewClient(&redis.Options{Addr: server.addr, Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil && dialed.Add(1) == 1 { // joining begins with the subscription
			conn = deafConn{conn, &deaf}
		}
		return conn, err
	}})
	r := newReplicaOf(t, client, cb.Policy{Timeout: time.Minute}, cbredis.WithCheck(50*time.Millisecond))
	peer := newReplica(t, server.addr, cb.Policy{Timeout: time.Minute})
	r.join(t)
	peer.join(t)
	time.Sleep(500 * time.Millisecond)
	require.Len(t, r.log.lines(), 1, "it hears itself: %v", r.log.lines())

	deaf.Store(true)
	peer.breaker.Trip()
	require.Eventually(t, r.is(cb.Open), 10*time.Second, time.Millisecond)
	assert.Contains(t, r.log.lines()[1], "hears nothing")
}

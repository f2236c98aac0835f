package cbredis_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbredis"
)

const slots = 16384

// cluster is of three masters, and a replica of the one that has what the fleet shares.
type cluster struct {
	owner, standby *server
	others         []*server
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	ctx := context.Background()
	var nodes []*server
	var clients []*redis.Client
	for i := range 4 {
		bus := portOf(freeAddr(t))
		nodes = append(nodes, startRedis(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "2500",
			"--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"))
		clients = append(clients, nodes[i].client())
		defer clients[i].Close()
		nodes[i].allow(t, "+cluster|slots", "+command")
		nodes[i].do(t, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		nodes[0].do(t, "CLUSTER", "MEET", "127.0.0.1", portOf(nodes[i].addr), bus)
	}
	for i := range 3 {
		nodes[i].do(t, "CLUSTER", "ADDSLOTSRANGE", i*slots/3, (i+1)*slots/3-1)
	}
	eachIs := func(line string) {
		for _, c := range clients {
			is := func() bool { return strings.Contains(c.ClusterInfo(ctx).Val(), line+"\r\n") }
			require.Eventually(t, is, failoverLimit, 10*time.Millisecond)
		}
	}
	eachIs("cluster_known_nodes:4")
	eachIs("cluster_slots_assigned:16384")
	eachIs("cluster_state:ok")
	owner := int(clients[0].ClusterKeySlot(ctx, "{cb}").Val()) * 3 / slots
	id := clients[owner].ClusterMyID(ctx).Val()
	nodes[3].do(t, "CLUSTER", "REPLICATE", id)
	require.Eventually(t, nodes[3].info("replication", "master_link_status:up"), failoverLimit, 10*time.Millisecond)
	for _, c := range clients {
		knows := func() bool { return strings.Contains(c.ClusterNodes(ctx).Val(), "slave "+id) }
		require.Eventually(t, knows, failoverLimit, 10*time.Millisecond)
	}
	return &cluster{owner: nodes[owner], standby: nodes[3], others: append(nodes[:owner:owner], nodes[owner+1:3]...)}
}

// options are of a client that knows one node to begin with.
func (c *cluster) options(seed *server) *redis.UniversalOptions {
	return &redis.UniversalOptions{Addrs: []string{seed.addr}, IsClusterMode: true, ContextTimeoutEnabled: true}
}

// replica is of a service, and has no more rights than it needs.
func (c *cluster) replica(t *testing.T, seed *server, readOnly bool, opts ...cbredis.Option) *replica {
	t.Helper()
	options := c.options(seed)
	options.Username, options.Password, options.ReadOnly = "replica", "secret", readOnly
	return newReplicaOf(t, redis.NewUniversalClient(options), lasting, opts...)
}

// fleet is of three replicas, which know different nodes of the cluster to begin with. The last one reads at the owner's replica where
// it may, and is subscribed there.
func (c *cluster) fleet(t *testing.T, opts ...cbredis.Option) []*replica {
	t.Helper()
	fleet := []*replica{
		c.replica(t, c.owner, false, opts...),
		c.replica(t, c.others[0], false, opts...),
		c.replica(t, c.standby, true, opts...),
	}
	for _, r := range fleet {
		r.join(t)
	}
	return fleet
}

func TestCluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	fleet := c.fleet(t, cbredis.WithFleetThreshold(2, time.Minute))
	eachIs := func(breakers []*cb.Breaker, state cb.State) {
		t.Helper()
		for _, b := range breakers {
			require.Eventually(t, func() bool { return b.State() == state }, failoverLimit, time.Millisecond)
		}
	}
	var probed, counted, all []*cb.Breaker
	for _, r := range fleet {
		all = append(all, r.breaker)
		probed = append(probed, r.method("Probed", cb.Policy{Threshold: 1, Timeout: 2 * time.Second}))
		counted = append(counted, r.method("Counted", lasting))
	}
	down := func(context.Context) error { return errDown }
	for _, r := range fleet {
		r.breaker.Trip()
		eachIs(all, cb.Open)
		r.breaker.Reset()
		eachIs(all, cb.Closed)
	}
	require.ErrorIs(t, counted[0].Do(t.Context(), down), errDown)
	require.ErrorIs(t, counted[1].Do(t.Context(), down), errDown)
	eachIs(counted, cb.Open)

	require.ErrorIs(t, probed[0].Do(t.Context(), down), errDown)
	eachIs(probed, cb.Open)
	var probes atomic.Int32
	require.Eventually(t, func() bool {
		closed := 0
		for _, b := range probed {
			_ = b.Do(context.Background(), func(context.Context) error {
				if b.State() == cb.HalfOpen {
					probes.Add(1)
				}
				return nil
			})
			if b.State() == cb.Closed {
				closed++
			}
		}
		return closed == len(probed)
	}, failoverLimit, time.Millisecond)
	assert.EqualValues(t, 1, probes.Load(), "of one replica, the one with the lease")
	for _, r := range fleet {
		assert.Len(t, r.log.lines(), 1, "nothing was lost: %v", r.log.lines())
	}
}

// TestCluster_Cache has keys on all nodes.
func TestCluster_Cache(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	one := newCache(t, redis.NewUniversalClient(c.options(c.owner)))
	other := newCache(t, redis.NewUniversalClient(c.options(c.others[1])))
	for i := range 50 {
		one.Set(t.Context(), cb.CacheKey{Client: "c", Method: "M", Args: i}, &answer{Text: fmt.Sprint(i)}, limits)
	}
	for i := range 50 {
		var got any
		require.Eventually(t, func() bool {
			var err error
			got, _, err = get(other, cb.CacheKey{Client: "c", Method: "M", Args: i})
			return err == nil
		}, failoverLimit, time.Millisecond)
		assert.Equal(t, &answer{Text: fmt.Sprint(i)}, got)
	}
	for _, node := range append(c.others, c.owner) {
		client := node.client()
		defer client.Close()
		assert.Positive(t, client.DBSize(context.Background()).Val())
	}
}

// TestCluster_AnotherNodeIsGone: what the fleet shares is on one node, and the others do not matter to it.
func TestCluster_AnotherNodeIsGone(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	fleet := c.fleet(t)
	end := goingOn(fleet)
	c.others[0].kill()
	client := c.owner.client()
	defer client.Close()
	require.Eventually(t, func() bool {
		return !strings.Contains(client.ClusterInfo(context.Background()).Val(), "cluster_slots_fail:0\r\n")
	}, failoverLimit, 10*time.Millisecond)
	for n := range 10 {
		tripped := fleet[n%len(fleet)]
		tripped.breaker.Trip()
		for _, r := range fleet {
			require.Eventually(t, r.is(cb.Open), failoverLimit, time.Millisecond)
		}
		tripped.breaker.Reset()
		for _, r := range fleet {
			require.Eventually(t, r.is(cb.Closed), failoverLimit, time.Millisecond)
		}
	}
	end(t)
	for _, r := range fleet {
		assert.Len(t, r.log.lines(), 1, "nothing was lost: %v", r.log.lines())
	}
	c.replica(t, c.owner, false).join(t)
	_, asked := c.others[1].commands()
	assert.Zero(t, asked["time"], "the clock that counts is the owner's: %v", asked)
}

// TestCluster_ItsNodeIsGone: the owner's replica takes its place. Of one that hangs nobody is told: its connections stay.
func TestCluster_ItsNodeIsGone(t *testing.T) {
	t.Parallel()
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startCluster(t)
			newOne := func() *replica { return c.replica(t, c.others[0], false, cbredis.WithCheck(time.Second)) }
			testFailover(t, newOne, func() { fail(c.owner) })
			require.True(t, c.standby.info("replication", "role:master")())
		})
	}
}

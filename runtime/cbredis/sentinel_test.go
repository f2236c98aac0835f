package cbredis_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// startSentinels has three watch a master and its replica; two must agree that it is down.
func startSentinels(t *testing.T, master *server) (addrs []string) {
	t.Helper()
	for range 3 {
		addr := freeAddr(t)
		conf := filepath.Join(t.TempDir(), "sentinel.conf")
		require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil, `port %s
bind 127.0.0.1
loglevel warning
sentinel monitor fleet 127.0.0.1 %s 2
sentinel down-after-milliseconds fleet 500
sentinel failover-timeout fleet 5000
`, portOf(addr), portOf(master.addr)), 0o600))
		startServer(t, addr, conf, "--sentinel")
		addrs = append(addrs, addr)
	}
	for _, addr := range addrs {
		sentinel := redis.NewSentinelClient(&redis.Options{Addr: addr})
		defer sentinel.Close()
		require.Eventually(t, func() bool {
			fleet := sentinel.Master(context.Background(), "fleet").Val()
			return fleet["num-slaves"] == "1" && fleet["num-other-sentinels"] == "2"
		}, failoverLimit, 10*time.Millisecond)
	}
	return addrs
}

func TestSentinel(t *testing.T) {
	t.Parallel()
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			master := startRedis(t)
			standby := startRedis(t, "--replicaof", "127.0.0.1", portOf(master.addr), "--repl-diskless-sync-delay", "0")
			require.Eventually(t, standby.info("replication", "master_link_status:up"), failoverLimit, 10*time.Millisecond)
			sentinels := startSentinels(t, master)
			newOne := func() *replica {
				return newReplicaOf(t, redis.NewUniversalClient(&redis.UniversalOptions{
					MasterName: "fleet", Addrs: sentinels, ContextTimeoutEnabled: true,
				}), lasting)
			}
			testFailover(t, newOne, func() { fail(master) })
			require.True(t, standby.info("replication", "role:master")())
		})
	}
}

// Package fleet compares what replicas of a service share over Redis with gobreaker.DistributedCircuitBreaker.
package fleet

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbredis"
)

const replicas = 8

// guard runs fn behind the breaker of a replica.
type guard func(replica int, fn func()) error

// sharing are the ways for replicas to share a breaker.
var sharing = []struct {
	name string
	make func(t *testing.T, addr string) guard
}{
	{"cbredis", func(t *testing.T, addr string) guard {
		var breakers [replicas]*cb.Breaker
		var shared [replicas]*cbredis.Sharing
		for i := range breakers {
			registry := cb.NewRegistry(cb.WithLogger(slog.New(slog.DiscardHandler)))
			breakers[i] = cb.NewClient("chat", cb.WithRegistry(registry)).Breaker("Complete", cb.Policy{})
			var err error
			shared[i], err = cbredis.Share(t.Context(), newClient(t, addr), registry, cbredis.WithLogger(slog.New(slog.DiscardHandler)))
			require.NoError(t, err)
			t.Cleanup(shared[i].Stop)
		}
		for _, s := range shared {
			require.Eventually(t, func() bool { joined, _ := s.Joined(); return joined }, 10*time.Second, time.Millisecond)
		}
		return func(replica int, fn func()) error {
			return breakers[replica].Do(context.Background(), func(context.Context) error { fn(); return nil })
		}
	}},
	{"redsync", func(t *testing.T, addr string) guard {
		return distributed(t, func() gobreaker.SharedDataStore { return newRedsyncStore(newClient(t, addr)) })
	}},
	{"SET NX", func(t *testing.T, addr string) guard {
		return distributed(t, func() gobreaker.SharedDataStore { return setStore{data{newClient(t, addr)}} })
	}},
}

func distributed(t *testing.T, store func() gobreaker.SharedDataStore) guard {
	var breakers [replicas]*gobreaker.DistributedCircuitBreaker[struct{}]
	for i := range breakers {
		var err error
		breakers[i], err = gobreaker.NewDistributedCircuitBreaker[struct{}](store(), gobreaker.Settings{Name: "chat"})
		require.NoError(t, err)
	}
	return func(replica int, fn func()) error {
		_, err := breakers[replica].Execute(func() (struct{}, error) { fn(); return struct{}{}, nil })
		return err
	}
}

func newClient(t *testing.T, addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// startRedis starts a redis-server that ends with the test.
func startRedis(t *testing.T) (addr string) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CBGEN_REQUIRE") == "all" {
			t.Fatal("CBGEN_REQUIRE=all, and there is no redis-server")
		}
		t.Skip("skipped: there is no redis-server (Debian's package redis-server)")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr = listener.Addr().String()
	require.NoError(t, listener.Close())
	server := exec.Command("redis-server", "--port", addr[strings.LastIndex(addr, ":")+1:], "--bind", "127.0.0.1",
		"--save", "", "--dir", t.TempDir(), "--loglevel", "warning")
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	client := newClient(t, addr)
	require.Eventually(t, func() bool { return client.Ping(context.Background()).Err() == nil }, 10*time.Second, 10*time.Millisecond)
	return addr
}

// pace is what a measure has found.
type pace struct {
	all, fewest float64       // calls a second: of all callers, and of the one with the fewest
	median, p99 time.Duration // of a call, with its wait
	longest     time.Duration
	failed      int // calls
}

// load is what the replicas do with their breakers.
type load struct {
	concurrency int           // callers in each replica
	upstream    time.Duration // what a call takes
	calls       int           // of each caller; or
	within      time.Duration // as many as a caller makes until then
}

// measured are so many runs, the fastest last.
func (l load) measured(runs int, call guard) []pace {
	paces := make([]pace, runs)
	for i := range paces {
		paces[i] = l.measure(call)
	}
	slices.SortFunc(paces, func(a, b pace) int { return cmp.Compare(a.all, b.all) })
	return paces
}

// measure has all callers begin at once. The pace of callers with a number of calls is by when the last of them is done.
func (l load) measure(call guard) pace {
	callers := replicas * l.concurrency
	took := make([][]time.Duration, callers)
	failed := make([]int, callers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	var began time.Time
	for n := range callers {
		wg.Go(func() {
			<-start
			for i := 0; l.within == 0 && i < l.calls || time.Since(began) < l.within; i++ {
				asked := time.Now()
				err := call(n%replicas, func() { time.Sleep(l.upstream) })
				switch {
				case err != nil:
					failed[n]++
				case l.within == 0 || time.Since(began) < l.within:
					took[n] = append(took[n], time.Since(asked))
				}
			}
		})
	}
	began = time.Now()
	close(start)
	wg.Wait()
	duration := time.Since(began)
	if l.within > 0 {
		duration = l.within
	}
	return summary(took, failed, duration)
}

func summary(took [][]time.Duration, failed []int, duration time.Duration) (p pace) {
	fewest := len(took[0])
	for n := range took {
		fewest = min(fewest, len(took[n]))
		p.failed += failed[n]
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	p.all, p.fewest = float64(len(all))/duration.Seconds(), float64(fewest)/duration.Seconds()
	p.median, p.p99, p.longest = all[len(all)/2], all[len(all)*99/100], all[len(all)-1]
	return p
}

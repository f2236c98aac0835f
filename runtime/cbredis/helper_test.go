package cbredis_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbredis"
)

func TestMain(m *testing.M) {
	// A pool of go-redis that could not connect notices that it was closed a second later.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

var errDown = errors.New("down")

// server is a redis-server of the test's own.
type server struct {
	t    *testing.T
	addr string
	cmd  *exec.Cmd
	args []string
}

func startRedis(t *testing.T, args ...string) *server {
	t.Helper()
	addr := freeAddr(t)
	return startServer(t, addr, append([]string{"--port", portOf(addr), "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir(),
		"--loglevel", "warning"}, args...)...)
}

// startServer starts a redis-server that will have that address, and ends with the test.
func startServer(t *testing.T, addr string, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CBGEN_REQUIRE") == "all" {
			t.Fatal("CBGEN_REQUIRE=all, and there is no redis-server")
		}
		t.Skip("skipped: there is no redis-server (Debian's package redis-server)")
	}
	s := &server{t: t, addr: addr, args: args}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// freeAddr is one that nobody listens at. On Linux nobody else gets its port before the test ends: a socket that has it without
// listening keeps the kernel from giving it away, and lets have it who asks for it by number and with SO_REUSEADDR, as redis-server
// does.
func freeAddr(t *testing.T) string {
	t.Helper()
	syscall.ForkLock.RLock()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(socket)
	}
	syscall.ForkLock.RUnlock()
	require.NoError(t, err)
	free := func() { _ = syscall.Close(socket) }
	if runtime.GOOS == "linux" {
		t.Cleanup(free)
	} else {
		defer free()
	}
	require.NoError(t, syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	require.NoError(t, syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := syscall.Getsockname(socket)
	require.NoError(t, err)
	require.IsType(t, &syscall.SockaddrInet4{}, bound)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(bound.(*syscall.SockaddrInet4).Port))
}

func portOf(addr string) string { return addr[strings.LastIndex(addr, ":")+1:] }

func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", s.args...)
	require.NoError(s.t, s.cmd.Start())
	client := s.client()
	defer client.Close()
	require.Eventually(s.t, func() bool {
		err := client.Ping(context.Background()).Err()
		return err == nil || strings.HasPrefix(err.Error(), "NO")
	}, 10*time.Second, 10*time.Millisecond)
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// client is for the test: nobody's replica.
func (s *server) client() *redis.Client { return redis.NewClient(&redis.Options{Addr: s.addr}) }

// commands are those that the server has run, but for what connecting and looking takes.
func (s *server) commands() (total int, byName map[string]int) {
	client := s.client()
	defer client.Close()
	stats, err := client.Info(context.Background(), "commandstats").Result()
	require.NoError(s.t, err)
	byName = map[string]int{}
	for line := range strings.Lines(stats) {
		name, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "cmdstat_"), ":calls=")
		if !ok || slices.Contains([]string{"info", "hello", "client|setinfo", "client|maint_notifications", "config|set"}, name) {
			continue
		}
		calls, _, _ := strings.Cut(rest, ",")
		n, err := strconv.Atoi(calls)
		require.NoError(s.t, err)
		byName[name] = n
		total += n
	}
	return total, byName
}

// info is whether a section of what the server tells of itself has that line.
func (s *server) info(section, line string) func() bool {
	return func() bool {
		client := s.client()
		defer client.Close()
		text, err := client.Info(context.Background(), section).Result()
		return err == nil && strings.Contains(text, line+"\r\n")
	}
}

// replica is one process of a service, as far as its breaker is concerned.
type replica struct {
	registry *cb.Registry
	breaker  *cb.Breaker
	sharing  *cbredis.Sharing
	log      *logs
}

func newReplica(t testing.TB, addr string, policy cb.Policy, opts ...cbredis.Option) *replica {
	return newReplicaOf(t, redis.NewClient(&redis.Options{Addr: addr}), policy, opts...)
}

func newReplicaOf(t testing.TB, client redis.UniversalClient, policy cb.Policy, opts ...cbredis.Option) *replica {
	t.Helper()
	r := &replica{log: &logs{}}
	r.registry = cb.NewRegistry(cb.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	r.breaker = cb.NewClient("chat", cb.WithRegistry(r.registry)).Breaker("Complete", policy)
	opts = append([]cbredis.Option{cbredis.WithLogger(slog.New(slog.NewTextHandler(r.log, nil)))}, opts...)
	sharing, err := cbredis.Share(context.Background(), client, r.registry, opts...)
	require.NoError(t, err)
	r.sharing = sharing
	t.Cleanup(func() {
		sharing.Stop()
		_ = client.Close()
	})
	return r
}

func newFleet(t testing.TB, addr string, size int, policy cb.Policy, opts ...cbredis.Option) []*replica {
	t.Helper()
	fleet := make([]*replica, size)
	for i := range fleet {
		fleet[i] = newReplica(t, addr, policy, opts...)
	}
	for _, r := range fleet {
		r.join(t)
	}
	return fleet
}

func (r *replica) joined() bool { joined, _ := r.sharing.Joined(); return joined }

func (r *replica) join(t testing.TB) {
	t.Helper()
	require.Eventually(t, r.joined, 10*time.Second, time.Millisecond)
}

// method is another breaker of the replica's.
func (r *replica) method(name string, policy cb.Policy) *cb.Breaker {
	return cb.NewClient("chat", cb.WithRegistry(r.registry)).Breaker(name, policy)
}

func (r *replica) call(fn func() error) error {
	return r.breaker.Do(context.Background(), func(context.Context) error { return fn() })
}

func (r *replica) is(state cb.State) func() bool {
	return func() bool { return r.breaker.State() == state }
}

// logs is a log that may be read while it is written.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(strings.Lines(l.text.String()))
}

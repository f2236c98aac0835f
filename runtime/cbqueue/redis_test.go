package cbqueue_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbqueue"
)

// startRedis runs a redis-server on a free port, and returns its address.
func startRedis(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CBGEN_REQUIRE") == "all" {
			t.Fatal("CBGEN_REQUIRE=all, and there is no redis-server")
		}
		t.Skip("skipped: there is no redis-server (Debian's package redis-server)")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, listener.Close())
	_, port, _ := net.SplitHostPort(addr)
	server := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir(), "--loglevel", "warning")
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	require.Eventually(t, func() bool { return client.Ping(context.Background()).Err() == nil }, 10*time.Second, 10*time.Millisecond)
	return addr
}

const (
	workerAddr = "CBQUEUE_TEST_WORKER" // in the environment of a worker's process: the address of its Redis
	tasks      = 1000
	atOnce     = 5 // that a worker makes
)

// runWorker is the process that makes the calls. It writes each into Redis, in the upstream's place, and ends when it is killed. While
// there is a "half", the upstream has the calls after so many hang that it has taken.
func runWorker() bool {
	addr := os.Getenv(workerAddr)
	if addr == "" {
		return false
	}
	store := redis.NewClient(&redis.Options{Addr: addr})
	ctx := context.Background()
	s := newService(nil, cb.Policy{Threshold: 1, Timeout: time.Second, Ramp: 2 * time.Second}, func(ctx context.Context, prompt string) (string, error) {
		if store.Get(ctx, "down").Val() == "yes" {
			return "", errDown
		}
		err := store.Incr(ctx, "made:"+prompt).Err()
		if half, _ := store.Get(ctx, "half").Int64(); prompt != "live" && half > 0 && store.Incr(ctx, "made").Val() > half {
			<-ctx.Done()
		}
		return "", err
	})
	s.breaker.Trip() // as it stands in the service that stored the calls
	go func() {      // live calls, which probe
		for range time.Tick(20 * time.Millisecond) {
			_, _ = cb.Call(ctx, s.breaker, func(ctx context.Context) (string, error) { return s.call(ctx, "live") })
			store.Set(ctx, "state", s.breaker.State().String(), 0)
		}
	}()
	mux := asynq.NewServeMux()
	cbqueue.Handle(mux, s.worker())
	server := asynq.NewServer(asynq.RedisClientOpt{Addr: addr}, cbqueue.Config(asynq.Config{
		Concurrency: atOnce, LogLevel: asynq.FatalLevel, DelayedTaskCheckInterval: 100 * time.Millisecond,
	}))
	if err := server.Run(mux); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return true
}

func startWorker(t *testing.T, addr string) *exec.Cmd {
	t.Helper()
	worker := exec.Command(os.Args[0])
	worker.Env = append(os.Environ(), workerAddr+"="+addr)
	worker.Stderr = os.Stderr
	require.NoError(t, worker.Start())
	t.Cleanup(func() {
		_ = worker.Process.Kill()
		_ = worker.Wait()
	})
	return worker
}

// TestNoStoredCallIsLost stores calls while the upstream is down, lets it recover, kills the worker halfway and starts another.
func TestNoStoredCallIsLost(t *testing.T) {
	t.Parallel()
	addr := startRedis(t)
	store := redis.NewClient(&redis.Options{Addr: addr})
	defer store.Close()
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: addr})
	defer client.Close()
	ctx := context.Background()
	require.NoError(t, store.Set(ctx, "down", "yes", 0).Err())
	s := newService(cbqueue.New(client), cb.Policy{Threshold: 1}, func(context.Context, string) (string, error) { return "", errDown })
	for n := range tasks {
		_, err := s.complete(ctx, strconv.Itoa(n))
		require.IsType(t, &cb.QueuedError{}, err)
	}
	worker := startWorker(t, addr)
	done := func() int { return len(store.Keys(ctx, "made:[0-9]*").Val()) }
	require.Eventually(t, func() bool { return store.Get(ctx, "state").Val() == "open" }, 10*time.Second, 10*time.Millisecond)
	require.Never(t, func() bool { return done() > 0 }, 2*time.Second, 50*time.Millisecond, "none while it is open")

	require.NoError(t, store.MSet(ctx, "half", tasks/2, "down", "no").Err())
	require.Eventually(t, func() bool { return done() == tasks/2+atOnce }, 60*time.Second, 10*time.Millisecond, "as many hang as are made at once")
	require.NoError(t, worker.Process.Kill())
	_ = worker.Wait()
	require.NoError(t, store.Del(ctx, "half").Err())
	startWorker(t, addr)
	assert.Eventually(t, func() bool { return done() == tasks }, time.Minute, 50*time.Millisecond, "every one is made")
	inspector := asynq.NewInspector(asynq.RedisClientOpt{Addr: addr})
	defer inspector.Close()
	// asynq hands out again what a dead worker had a minute after that one began, or two, and 15 to 45 seconds later.
	assert.Eventually(t, func() bool {
		info, err := inspector.GetQueueInfo("default")
		return err == nil && info.Size == 0 && info.Archived == 0
	}, 4*time.Minute, 100*time.Millisecond, "nothing is left, and nothing is dead")

	twice := 0
	for _, key := range store.Keys(ctx, "made:[0-9]*").Val() {
		if store.Get(ctx, key).Val() != "1" {
			twice++
		}
	}
	assert.Equal(t, atOnce, twice, "at least once: what was under way at the kill is made again, and no more")
}

func TestRedis_ACallThatFailsForGoodIsArchived(t *testing.T) {
	t.Parallel()
	addr := startRedis(t)
	redisAt := asynq.RedisClientOpt{Addr: addr}
	client := asynq.NewClient(redisAt)
	defer client.Close()
	failed := make(chan struct{}, 10)
	s := newService(cbqueue.New(client, cbqueue.WithAttempts(2), cbqueue.WithName("slowly"), cbqueue.WithTimeout(time.Minute), cbqueue.WithRetention(time.Hour)),
		cb.Policy{Threshold: 100}, func(context.Context, string) (string, error) {
			failed <- struct{}{}
			return "", errDown
		})
	_, err := s.complete(t.Context(), "hello")
	queued, ok := err.(*cb.QueuedError)
	require.True(t, ok, err)
	_, err = client.Enqueue(asynq.NewTask("chat.Complete", []byte("no JSON")), asynq.Queue("slowly"), asynq.TaskID("bad"))
	require.NoError(t, err)

	mux := asynq.NewServeMux()
	cbqueue.Handle(mux, s.worker())
	server := asynq.NewServer(redisAt, cbqueue.Config(asynq.Config{
		Queues: map[string]int{"slowly": 1}, LogLevel: asynq.FatalLevel, DelayedTaskCheckInterval: 50 * time.Millisecond,
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return 0 },
	}))
	require.NoError(t, server.Start(mux))
	defer server.Shutdown()
	inspector := asynq.NewInspector(redisAt)
	defer inspector.Close()
	var dead []*asynq.TaskInfo
	require.Eventually(t, func() bool {
		dead, err = inspector.ListArchivedTasks("slowly")
		return err == nil && len(dead) == 2
	}, 20*time.Second, 20*time.Millisecond)
	assert.Len(t, failed, 3, "the caller's, and two attempts")
	assert.Equal(t, []string{queued.TaskID + " hello: down"}, s.told())
	slices.SortFunc(dead, func(a, b *asynq.TaskInfo) int { return len(a.ID) - len(b.ID) })
	assert.Contains(t, dead[0].LastErr, "the stored call cannot be made")
	assert.Contains(t, dead[1].LastErr, "down")
}

// TestRedis_APanicIsAsynqsToTell but for that of the last attempt, after which asynq would make another.
func TestRedis_APanicIsAsynqsToTell(t *testing.T) {
	t.Parallel()
	redisAt := asynq.RedisClientOpt{Addr: startRedis(t)}
	client := asynq.NewClient(redisAt)
	defer client.Close()
	s := newService(cbqueue.New(client, cbqueue.WithAttempts(2)), cb.Policy{Threshold: 100}, func(ctx context.Context, _ string) (string, error) {
		if cb.TaskID(ctx) == "" {
			return "", errDown
		}
		panic("oh")
	})
	_, err := s.complete(t.Context(), "hello")
	require.ErrorAs(t, err, new(*cb.QueuedError))

	mux := asynq.NewServeMux()
	cbqueue.Handle(mux, s.worker())
	failed := make(chan error, 10)
	server := asynq.NewServer(redisAt, cbqueue.Config(asynq.Config{
		LogLevel: asynq.FatalLevel, DelayedTaskCheckInterval: 50 * time.Millisecond,
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return 0 },
		ErrorHandler:   asynq.ErrorHandlerFunc(func(_ context.Context, _ *asynq.Task, err error) { failed <- err }),
	}))
	require.NoError(t, server.Start(mux))
	defer server.Shutdown()
	first, last := <-failed, <-failed
	assert.True(t, asynq.IsPanicError(first), first)
	require.ErrorIs(t, last, asynq.SkipRetry)
	assert.ErrorContains(t, last, "making the task panicked: oh\n")
}

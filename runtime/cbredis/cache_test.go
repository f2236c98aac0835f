package cbredis_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbredis"
)

type answer struct {
	Text  string
	Parts []string
}

type question struct {
	Model string
	N     int
}

// newCache waits for Redis for as long as a busy machine may need: of the tests, only that of the timeout is about it.
func newCache(t *testing.T, client redis.UniversalClient, opts ...cbredis.CacheOption) *cbredis.Cache {
	t.Helper()
	c := cbredis.NewCache(client, append([]cbredis.CacheOption{cbredis.WithCacheTimeout(10 * time.Second)}, opts...)...)
	t.Cleanup(func() {
		c.Stop()
		_ = client.Close()
	})
	return c
}

var limits = cb.CacheLimits{TTL: time.Minute, Max: 1}

func get(c *cbredis.Cache, key cb.CacheKey) (any, time.Time, error) {
	return c.Get(context.Background(), key, func() any { return new(answer) })
}

func TestCache_IsShared(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	one, other := newCache(t, server.client()), newCache(t, server.client())
	b := cb.NewClient("chat", cb.WithLogger(slog.New(slog.DiscardHandler))).Breaker("Complete", cb.Policy{
		Fallbacks: []cb.Fallback{{Name: "cache", TTL: 10 * time.Second}},
	})
	ctx := context.Background()
	key := question{"gpt", 1}
	want := answer{"four", []string{"f", "our"}}
	_, err := cb.CallCached(ctx, b, one, key, func(context.Context) (answer, error) { return want, nil })
	require.NoError(t, err)
	ask := func(ctx context.Context, key question) (answer, error) {
		return cb.CallCached(ctx, b, other, key, func(context.Context) (answer, error) { return answer{}, errDown },
			func(ctx context.Context, _ error) (answer, error) { return cb.Cached[answer](ctx, b, other, key) })
	}
	require.Eventually(t, func() bool { got, err := ask(ctx, key); return err == nil && assert.ObjectsAreEqual(want, got) },
		5*time.Second, time.Millisecond)
	_, err = ask(ctx, question{"gpt", 2})
	require.ErrorIs(t, err, cb.ErrNotCached)

	ctx, provenance := cb.WithProvenance(ctx)
	_, err = ask(ctx, key)
	require.NoError(t, err)
	served := provenance.Served()
	assert.True(t, served.Stale)
	assert.Less(t, served.Age, time.Minute)

	client := server.client()
	defer client.Close()
	keys := client.Keys(ctx, "cb:cache:chat:Complete:*").Val()
	require.Len(t, keys, 1)
	left := client.PTTL(ctx, keys[0]).Val()
	assert.LessOrEqual(t, left, 10*time.Second)
	assert.Positive(t, left)
}

func TestCache_Expires(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	c := newCache(t, server.client())
	key := cb.CacheKey{Client: "c", Method: "M", Args: "1"}
	c.Set(context.Background(), key, &answer{Text: "a"}, limits)
	require.Eventually(t, func() bool { _, _, err := get(c, key); return err == nil }, 5*time.Second, time.Millisecond)
	c.Set(context.Background(), key, &answer{Text: "b"}, cb.CacheLimits{TTL: 50 * time.Millisecond, Max: 1})
	// It may be over before this process has looked: that it was there, the server tells.
	require.Eventually(t, server.info("stats", "expired_keys:1"), 5*time.Second, time.Millisecond)
	_, _, err := get(c, key)
	require.Equal(t, cb.ErrNotCached, err)
}

// TestCache_IsNeverYoungerThanNow: replicas' clocks differ, and an age below zero is none.
func TestCache_IsNeverYoungerThanNow(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	c := newCache(t, server.client())
	key := cb.CacheKey{Client: "c", Method: "M", Args: "1"}
	c.Set(context.Background(), key, &answer{Text: "a"}, limits)
	require.Eventually(t, func() bool { _, _, err := get(c, key); return err == nil }, 5*time.Second, time.Millisecond)
	client := server.client()
	defer client.Close()
	name := client.Keys(context.Background(), "*").Val()[0]
	ahead := binary.BigEndian.AppendUint64([]byte("cb1\n"), uint64(time.Now().Add(time.Minute).UnixMilli()))
	require.NoError(t, client.Set(context.Background(), name, append(ahead, `{"Text":"b"}`...), time.Minute).Err())
	got, stored, err := get(c, key)
	require.NoError(t, err)
	assert.Equal(t, &answer{Text: "b"}, got)
	assert.GreaterOrEqual(t, time.Since(stored), time.Duration(0))
}

type gobCodec struct{}

func (gobCodec) Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func (gobCodec) Unmarshal(data []byte, v any) error {
	return gob.NewDecoder(bytes.NewReader(data)).Decode(v)
}

func TestCache_Codecs(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	json := newCache(t, server.client())
	binary := newCache(t, server.client(), cbredis.WithCodec(gobCodec{}), nil)
	log := &logs{}
	key := cb.CacheKey{Client: "c", Method: "M", Args: [2]string{"a", "b"}}
	binary.Set(context.Background(), key, &answer{Text: "a"}, limits)
	require.Eventually(t, func() bool { _, _, err := get(binary, key); return err == nil }, 5*time.Second, time.Millisecond)
	got, stored, err := get(binary, key)
	require.NoError(t, err)
	assert.Equal(t, &answer{Text: "a"}, got)
	assert.WithinDuration(t, time.Now(), stored, 10*time.Second)
	_, _, err = get(json, key)
	require.ErrorIs(t, err, cb.ErrNotCached)
	require.ErrorContains(t, err, "does not decode")

	client := server.client()
	defer client.Close()
	for _, there := range []string{"", "cb1\n", "something else of another service"} {
		require.NoError(t, client.Set(context.Background(), client.Keys(context.Background(), "*").Val()[0], there, 0).Err())
		_, _, err = get(binary, key)
		require.ErrorIs(t, err, cb.ErrNotCached)
	}

	cannot := newCache(t, server.client(),
		cbredis.WithCacheLogger(slog.New(slog.NewTextHandler(log, nil))), cbredis.WithCachePrefix("other"))
	cannot.Set(context.Background(), key, &struct{ C chan int }{}, limits)
	require.Len(t, log.lines(), 1)
	assert.Contains(t, log.lines()[0], "cannot be cached")
	_, _, err = get(cannot, key)
	require.Equal(t, cb.ErrNotCached, err, "another prefix")
}

// TestCache_SlowToConnect needs longer for a connection than a read may wait: that is made all the same, and later reads have it.
func TestCache_SlowToConnect(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	for _, heeds := range []bool{false, true} {
		c := newCache(t, redis.NewClient(&redis.Options{
			Addr: server.addr, ContextTimeoutEnabled: heeds,
			Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
				select {
				case <-time.After(300 * time.Millisecond):
				case <-ctx.Done():
					return nil, ctx.Err()
				}
				return new(net.Dialer).DialContext(ctx, network, addr)
			},
		}), cbredis.WithCacheTimeout(100*time.Millisecond))
		require.Eventually(t, func() bool {
			_, _, err := get(c, cb.CacheKey{Client: "chat", Method: "Complete", Args: 1})
			return err == cb.ErrNotCached //nolint:errorlint // as it is: Redis has answered
		}, 30*time.Second, time.Millisecond, heeds)
	}
}

// TestCache_WithoutRedis is about time: neither a good call nor a fallback waits for a Redis that does not answer.
func TestCache_WithoutRedis(t *testing.T) {
	server := startRedis(t)
	log := &logs{}
	// Longer than a busy machine takes to read: it must work again, too.
	c := newCache(t, server.client(), cbredis.WithCacheTimeout(200*time.Millisecond),
		cbredis.WithCacheLogger(slog.New(slog.NewTextHandler(log, nil))))
	key := cb.CacheKey{Client: "c", Method: "M", Args: 1}
	_, _, err := get(c, key)
	require.ErrorIs(t, err, cb.ErrNotCached)
	require.NoError(t, server.cmd.Process.Signal(syscall.SIGSTOP))
	began := time.Now()
	for range 1000 {
		c.Set(context.Background(), key, &answer{}, limits)
	}
	assert.Less(t, time.Since(began), time.Second, "more than its backlog, and nobody waits")
	for range 10 {
		began := time.Now()
		_, _, err = get(c, key)
		require.ErrorIs(t, err, cb.ErrNotCached)
		assert.Less(t, time.Since(began), time.Second)
	}
	require.NoError(t, server.cmd.Process.Signal(syscall.SIGCONT))
	require.Eventually(t, func() bool { _, _, err := get(c, key); return err == nil }, 10*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		lines := log.lines()
		return strings.Contains(lines[len(lines)-1], "works again")
	}, 10*time.Second, 10*time.Millisecond)
}

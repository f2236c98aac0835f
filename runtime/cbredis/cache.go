package cbredis

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	cb "github.com/cbgen/cbgen/runtime"
)

// Codec makes bytes of answers, and answers of bytes. Both get a pointer to a method's result.
type Codec interface {
	Marshal(answer any) ([]byte, error)
	Unmarshal(data []byte, answer any) error
}

type jsonCodec struct{}

func (jsonCodec) Marshal(answer any) ([]byte, error)      { return json.Marshal(answer) }
func (jsonCodec) Unmarshal(data []byte, answer any) error { return json.Unmarshal(data, answer) }

// Bounds of a [Cache].
const (
	defaultCacheTimeout = 100 * time.Millisecond
	setBacklog          = 256     // answers that wait to be stored
	maxReading          = 256     // that wait for Redis, or have given up on it
	maxAnswer           = 8 << 20 // bytes
)

var errBusy = errors.New("too many wait for Redis")

// Cache is a [cb.Cache] in Redis: what one replica was answered, all can fall back to. It may be shared by any number of wrappers,
// and used by any number of goroutines.
//
// An answer is encoded on the goroutine of the call that got it, and stored by one goroutine of the cache. A good call never waits
// for Redis, and never fails because of it: where Redis is slow or gone, answers that do not fit the backlog are not kept. Redis
// drops an answer when its TTL has passed; max= is not looked at, maxmemory bounds the store.
//
// Its key is {prefix}, client, method, and the SHA-256 of the key's type and value. Two calls find the same answer where their keys
// are equal, and only there. A key with a pointer or a channel in it that is not nil, or with a NaN, means nothing in another
// process: its answers are not kept. What key= is made of should be strings, numbers, and structs and arrays of them.
type Cache struct {
	client  redis.UniversalClient
	prefix  string
	codec   Codec
	timeout time.Duration
	logger  *slog.Logger

	backlog chan entry
	reading chan struct{} // has room for those that read
	cancel  func()
	stopped sync.WaitGroup

	mu      sync.Mutex
	failing bool
}

var _ cb.Cache = (*Cache)(nil)

type entry struct {
	key  string
	data []byte
	ttl  time.Duration
}

// CacheOption sets something of a [Cache]. A nil one does nothing.
type CacheOption func(*Cache)

// WithCachePrefix sets what the names of all keys begin with. Default: "cb:cache".
func WithCachePrefix(prefix string) CacheOption { return func(c *Cache) { c.prefix = prefix } }

// WithCodec sets how answers are encoded. Default: encoding/json, so that what it does not encode, such as unexported fields, is
// zero in an answer out of the cache.
func WithCodec(codec Codec) CacheOption { return func(c *Cache) { c.codec = codec } }

// WithCacheTimeout bounds how long a fallback waits for Redis. Default: 100ms.
func WithCacheTimeout(d time.Duration) CacheOption { return func(c *Cache) { c.timeout = d } }

// WithCacheLogger sets where it is logged, once each time, that Redis begins to fail, and that it works again. Default:
// slog.Default() at that moment.
func WithCacheLogger(logger *slog.Logger) CacheOption { return func(c *Cache) { c.logger = logger } }

// NewCache makes a cache, whose goroutine ends with [Cache.Stop]. The client is the caller's to close, after that.
func NewCache(client redis.UniversalClient, opts ...CacheOption) *Cache {
	c := &Cache{
		client: client, prefix: "cb:cache", codec: jsonCodec{}, timeout: defaultCacheTimeout,
		backlog: make(chan entry, setBacklog), reading: make(chan struct{}, maxReading),
	}
	for _, opt := range opts {
		if opt != nil {
			opt(c)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.stopped.Go(func() { c.store(ctx) })
	return c
}

// Stop ends storing, and returns when it has ended. What waits to be stored is lost.
func (c *Cache) Stop() {
	c.cancel()
	c.stopped.Wait()
}

// Get decodes what was stored. Where Redis fails, or does not answer in time, the error says so.
func (c *Cache) Get(ctx context.Context, key cb.CacheKey, fresh func() any) (any, time.Time, error) {
	name, err := c.key(key)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: %w", cb.ErrNotCached, err)
	}
	data, err := c.read(ctx, name)
	switch {
	case errors.Is(err, redis.Nil):
		c.worked(nil)
		return nil, time.Time{}, cb.ErrNotCached
	case err != nil:
		if ctx.Err() == nil {
			c.worked(err)
		}
		return nil, time.Time{}, fmt.Errorf("%w: %w", cb.ErrNotCached, err)
	}
	c.worked(nil)
	stored, data, err := unframe(data)
	if err != nil {
		return nil, time.Time{}, err
	}
	if now := time.Now(); stored.After(now) { // by the clock of another replica
		stored = now
	}
	answer := fresh()
	if err := c.codec.Unmarshal(data, answer); err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: what Redis has does not decode: %w", cb.ErrNotCached, err)
	}
	return answer, stored, nil
}

// read waits no longer than the timeout, even where the client does not heed its context (ContextTimeoutEnabled). What it has asked
// goes on: were a connection given up with each read that cannot wait for it, one that takes longer than the timeout would never be.
func (c *Cache) read(ctx context.Context, key string) ([]byte, error) {
	type answer struct {
		data []byte
		err  error
	}
	answered := make(chan answer, 1)
	select {
	case c.reading <- struct{}{}:
	default:
		return nil, errBusy
	}
	asking := context.WithoutCancel(ctx)
	go func() {
		defer func() { <-c.reading }()
		var a answer
		a.err = within(asking, func(ctx context.Context) (err error) {
			a.data, err = c.client.Get(ctx, key).Bytes()
			return err
		})
		answered <- a
	}()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	select {
	case a := <-answered:
		return a.data, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Set hands an answer over to be stored.
func (c *Cache) Set(_ context.Context, key cb.CacheKey, answer any, keep cb.CacheLimits) {
	var data []byte
	name, err := c.key(key)
	if err == nil {
		data, err = c.codec.Marshal(answer)
	}
	if err == nil && len(data) > maxAnswer {
		err = fmt.Errorf("%d bytes are too many", len(data))
	}
	if err != nil {
		c.log().Warn("an answer cannot be cached", "client", key.Client, "method", key.Method, "error", err)
		return
	}
	select {
	case c.backlog <- entry{name, frame(time.Now(), data), keep.TTL}:
	default: // Redis is slower than the calls, or gone: it logs by itself
	}
}

// store writes what waits.
func (c *Cache) store(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-c.backlog:
			err := within(ctx, func(ctx context.Context) error { return c.client.Set(ctx, e.key, e.data, e.ttl).Err() })
			if ctx.Err() == nil {
				c.worked(err)
			}
		}
	}
}

// worked logs changes only.
func (c *Cache) worked(err error) {
	c.mu.Lock()
	changed := c.failing != (err != nil)
	c.failing = err != nil
	c.mu.Unlock()
	switch {
	case !changed:
	case err != nil:
		c.log().Warn("the cache in Redis fails", "error", err)
	default:
		c.log().Info("the cache in Redis works again")
	}
}

func (c *Cache) log() *slog.Logger {
	if c.logger != nil {
		return c.logger
	}
	return slog.Default()
}

// magic begins what this version stores.
var magic = []byte("cb1\n")

// frame puts the time before an answer.
func frame(stored time.Time, data []byte) []byte {
	framed := append(make([]byte, 0, len(magic)+8+len(data)), magic...)
	framed = binary.BigEndian.AppendUint64(framed, uint64(stored.UnixMilli())) //nolint:gosec // after 1970
	return append(framed, data...)
}

func unframe(data []byte) (stored time.Time, _ []byte, err error) {
	rest, ok := bytes.CutPrefix(data, magic)
	if !ok || len(rest) < 8 {
		return time.Time{}, nil, fmt.Errorf("%w: Redis has something else there", cb.ErrNotCached)
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(rest))) //nolint:gosec // any is a time
	return at, rest[8:], nil
}

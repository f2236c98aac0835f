package cbredis_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// lockStore is what gobreaker.DistributedCircuitBreaker asks of a store, with a lock that expires after its own five seconds. It
// leaves the waiting to gobreaker, which tries again every 500 ms.
type lockStore struct{ client *redis.Client }

var errLocked = errors.New("locked")

func (s lockStore) Lock(name string) error {
	if ok, err := s.client.SetNX(context.Background(), name, 1, 5*time.Second).Result(); err != nil || !ok {
		return errors.Join(err, errLocked)
	}
	return nil
}

func (s lockStore) Unlock(name string) error { return s.client.Del(context.Background(), name).Err() }

func (s lockStore) GetData(name string) ([]byte, error) {
	return s.client.Get(context.Background(), name).Bytes()
}

func (s lockStore) SetData(name string, data []byte) error {
	return s.client.Set(context.Background(), name, data, 0).Err()
}

// throughput is how many calls a second eight callers make, each call of one millisecond: all of them, and the one that makes the
// fewest.
func throughput(t *testing.T, call func(caller int, fn func() error) error) (all, fewest float64) {
	t.Helper()
	const callers, duration = 8, 3 * time.Second
	var calls [callers]int
	var wg sync.WaitGroup
	began := time.Now()
	for n := range callers {
		wg.Go(func() {
			for time.Since(began) < duration {
				if call(n, func() error { time.Sleep(time.Millisecond); return nil }) == nil && time.Since(began) < duration {
					calls[n]++
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range calls {
		total += n
	}
	return float64(total) / duration.Seconds(), float64(slices.Min(calls[:])) / duration.Seconds()
}

// TestBesideDistributedCircuitBreaker compares with what gobreaker has for the purpose: it holds a lock in Redis while the call
// runs, so that of all replicas one makes calls. Who waits for the lock is late again and again, as the one who has it needs not
// wait.
func TestBesideDistributedCircuitBreaker(t *testing.T) {
	server := startRedis(t)
	fleet := newFleet(t, server.addr, 8, cb.Policy{})
	var theirs [8]*gobreaker.DistributedCircuitBreaker[struct{}]
	for i := range theirs {
		client := server.client()
		defer client.Close()
		var err error
		theirs[i], err = gobreaker.NewDistributedCircuitBreaker[struct{}](lockStore{client}, gobreaker.Settings{Name: "chat"})
		require.NoError(t, err)
	}
	ours, oursFewest := throughput(t, func(caller int, fn func() error) error { return fleet[caller].call(fn) })
	locked, lockedFewest := throughput(t, func(caller int, fn func() error) error {
		_, err := theirs[caller].Execute(func() (struct{}, error) { return struct{}{}, fn() })
		return err
	})
	t.Logf("8 replicas, calls of 1ms: %.0f calls/s, of the one with the fewest %.0f; DistributedCircuitBreaker: %.0f and %.1f",
		ours, oursFewest, locked, lockedFewest)
	assert.GreaterOrEqual(t, ours, 4*locked, "eight at once, and nobody waits for Redis: ten times on a machine that is idle")
	assert.GreaterOrEqual(t, oursFewest, 100*lockedFewest)
}

package fleet

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
)

// lockExpiry is after how long both stores give up a lock that nobody has returned.
const lockExpiry = 5 * time.Second

// data is the part of gobreaker.SharedDataStore that both stores have in common.
type data struct{ client *redis.Client }

func (d data) GetData(name string) ([]byte, error) {
	return d.client.Get(context.Background(), name).Bytes()
}

func (d data) SetData(name string, value []byte) error {
	return d.client.Set(context.Background(), name, value, 0).Err()
}

// redsyncStore locks as the store does that gobreaker publishes in its folder redis, which is no module that could be required: by
// redsync with its defaults but for the expiry, so that who waits tries again every 50 to 250 ms.
type redsyncStore struct {
	data
	locks *redsync.Redsync

	mu   sync.Mutex
	held map[string]*redsync.Mutex
}

func newRedsyncStore(client *redis.Client) *redsyncStore {
	return &redsyncStore{data: data{client}, locks: redsync.New(goredis.NewPool(client)), held: map[string]*redsync.Mutex{}}
}

func (s *redsyncStore) Lock(name string) error {
	lock := s.locks.NewMutex(name, redsync.WithExpiry(lockExpiry))
	if err := lock.Lock(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[name] = lock
	return nil
}

func (s *redsyncStore) Unlock(name string) error {
	s.mu.Lock()
	lock := s.held[name]
	s.mu.Unlock()
	if ok, err := lock.Unlock(); err != nil || !ok {
		return errors.Join(err, errors.New("unlock failed"))
	}
	return nil
}

// setStore locks with a single SET, and leaves the waiting to gobreaker, which tries again every 500 ms.
type setStore struct{ data }

var errLocked = errors.New("locked")

func (s setStore) Lock(name string) error {
	if ok, err := s.client.SetNX(context.Background(), name, 1, lockExpiry).Result(); err != nil || !ok {
		return errors.Join(err, errLocked)
	}
	return nil
}

func (s setStore) Unlock(name string) error { return s.client.Del(context.Background(), name).Err() }

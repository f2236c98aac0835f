package rediscmd

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

var errReset = errors.New("read tcp: connection reset by peer")

// server stands where the connection would be: each command gets the answer that it has for it.
type server struct {
	answer func(ctx context.Context, cmd redis.Cmder) error
	calls  int
}

func (s *server) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *server) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		s.calls++
		err := s.answer(ctx, cmd)
		cmd.SetErr(err)
		return err
	}
}

func (s *server) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		s.calls++
		err := s.answer(ctx, cmds[0])
		cmds[0].SetErr(err)
		return err
	}
}

func (s *server) fail(err error) { s.answer = func(context.Context, redis.Cmder) error { return err } }

func newClient(t *testing.T) (*server, *redis.Client) {
	t.Helper()
	s := &server{}
	client := redis.NewClient(&redis.Options{
		MaxRetries: -1,
		Addr:       "127.0.0.1:6379", // a name would be looked up, for maintenance notifications, outside the bubble
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("the hook answers: nothing is dialled")
		},
	})
	client.AddHook(s)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return s, client
}

func TestErrorsInsideResultsOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, client := newClient(t)
		commands := NewCmdableBreaker(client)
		ctx := t.Context()

		s.fail(errReset)
		for range 5 {
			require.ErrorIs(t, commands.Get(ctx, "k").Err(), errReset)
		}
		rejected := commands.Get(ctx, "k")
		require.ErrorIs(t, rejected.Err(), cb.ErrOpen)
		_, err := rejected.Result()
		require.ErrorIs(t, err, cb.ErrOpen)
		assert.Contains(t, rejected.String(), err.Error())
		assert.Equal(t, 5, s.calls, "the sixth never left")
		var why *cb.RejectedError
		require.ErrorAs(t, err, &why)
		assert.Equal(t, "Get", why.Method)
		assert.ErrorIs(t, why.Cause, errReset)

		s.fail(nil)
		assert.NoError(t, commands.Set(ctx, "k", "v", 0).Err(), "another command has a breaker of its own")
		assert.ErrorIs(t, commands.Get(ctx, "k").Err(), cb.ErrOpen)

		time.Sleep(11 * time.Second) // 10s, and the jitter
		assert.NoError(t, commands.Get(ctx, "k").Err(), "the probe")
		assert.NoError(t, commands.Get(ctx, "k").Err())
		assert.Equal(t, 8, s.calls)
	})
}

func TestNilIsAnAnswer(t *testing.T) {
	t.Parallel()
	s, client := newClient(t)
	commands := NewCmdableBreaker(client)

	s.fail(redis.Nil)
	for range 10 {
		require.ErrorIs(t, commands.Get(t.Context(), "k").Err(), redis.Nil)
	}
	assert.Equal(t, 10, s.calls)

	for range 3 { // a miss ends a row of failures
		s.fail(errReset)
		for range 4 {
			require.ErrorIs(t, commands.Get(t.Context(), "k").Err(), errReset)
		}
		s.fail(redis.Nil)
		require.ErrorIs(t, commands.Get(t.Context(), "k").Err(), redis.Nil)
	}
}

func TestTheCallersCancellationIsIgnored(t *testing.T) {
	t.Parallel()
	s, client := newClient(t)
	commands := NewCmdableBreaker(client)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.fail(context.Canceled)
	for range 10 {
		require.ErrorIs(t, commands.Get(ctx, "k").Err(), context.Canceled)
	}
	assert.Equal(t, 10, s.calls)
}

func TestPipelinedHasAnOrdinaryError(t *testing.T) {
	t.Parallel()
	s, client := newClient(t)
	commands := NewCmdableBreaker(client)
	pipelined := func() ([]redis.Cmder, error) {
		return commands.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			p.Get(t.Context(), "a")
			p.Get(t.Context(), "b")
			return nil
		})
	}
	s.fail(errReset)
	for range 5 {
		cmds, err := pipelined()
		require.ErrorIs(t, err, errReset)
		require.Len(t, cmds, 2, "results come with their error")
	}
	_, err := pipelined()
	assert.ErrorIs(t, err, cb.ErrOpen)
	assert.Equal(t, 5, s.calls)
}

// local answers from this process.
type local map[string]string

func (l local) GetLocal(_ context.Context, key string, cause error) *redis.StringCmd {
	if value, ok := l[key]; ok {
		return redis.NewStringResult(value, nil)
	}
	return redis.NewStringResult("", cause)
}

func TestFallbackOfAResultWithAnErrorInside(t *testing.T) {
	t.Parallel()
	s, client := newClient(t)
	commands := NewStringsBreaker(client, local{"k": "old"})

	s.answer = func(_ context.Context, cmd redis.Cmder) error {
		cmd.(*redis.StringCmd).SetVal("new")
		return nil
	}
	value, err := commands.Get(t.Context(), "k").Result()
	require.NoError(t, err)
	assert.Equal(t, "new", value)

	s.fail(errReset)
	for range 5 {
		value, err := commands.Get(t.Context(), "k").Result()
		require.NoError(t, err)
		assert.Equal(t, "old", value)
	}
	assert.Equal(t, 1+3, s.calls, "threshold=3: then it is open")
	assert.ErrorIs(t, commands.Get(t.Context(), "unknown").Err(), cb.ErrOpen, "the fallback may hand the cause on")
}

func TestDeadlineOfACommand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, client := newClient(t)
		commands := NewStringsBreaker(client, local{})
		s.answer = func(ctx context.Context, _ redis.Cmder) error {
			<-ctx.Done()
			return ctx.Err()
		}
		for range 3 {
			require.ErrorIs(t, commands.Incr(t.Context(), "k").Err(), context.DeadlineExceeded)
		}
		assert.ErrorIs(t, commands.Incr(t.Context(), "k").Err(), cb.ErrOpen)
		assert.Equal(t, 3, s.calls)
	})
}

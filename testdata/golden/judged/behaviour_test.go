package judged

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// gateway answers with what it is told.
type gateway struct {
	Gateway // what a test does not call
	calls   int
	chat    *Chat
	err     *GatewayError
	status  int
	broken  error
	resp    *http.Response
}

func (g *gateway) Chat(context.Context, string) (*Chat, *GatewayError) {
	g.calls++
	return g.chat, g.err
}
func (g *gateway) Ask(context.Context, string) (*Chat, *GatewayError) {
	g.calls++
	return g.chat, g.err
}
func (g *gateway) Call(context.Context, string) (int, []byte, error) {
	g.calls++
	return g.status, []byte("body"), g.broken
}
func (g *gateway) Get(context.Context, string) *http.Response { g.calls++; return g.resp }

type local struct {
	cached *Chat
	err    *GatewayError
	causes []error
}

func (l *local) ChatCached(_ context.Context, _ string, cause error) (*Chat, *GatewayError) {
	l.causes = append(l.causes, cause)
	return l.cached, l.err
}

func (l *local) Canned(context.Context, string, error) (*Chat, *GatewayError) {
	return &Chat{"canned"}, nil
}

func TestPointerThatMeansFailure(t *testing.T) {
	t.Parallel()
	g := &gateway{chat: &Chat{"partly"}, err: &GatewayError{Status: 503, Message: "overloaded"}}
	breaker := NewGatewayBreaker(g, &local{})
	for range 2 {
		chat, err := breaker.Chat(t.Context(), "")
		assert.Same(t, g.err, err, "the method's own results come back")
		assert.Same(t, g.chat, chat)
	}
	chat, err := breaker.Chat(t.Context(), "")
	assert.Equal(t, 2, g.calls, "open")
	assert.Nil(t, chat)
	require.NotNil(t, err)
	require.ErrorIs(t, err.Cause, cb.ErrOpen)
	var rejected *cb.RejectedError
	require.ErrorAs(t, err.Cause, &rejected)
	assert.EqualError(t, rejected.Cause, "503: overloaded")
}

func TestAnswersAreNoFailures(t *testing.T) {
	t.Parallel()
	g := &gateway{err: &GatewayError{Status: 400, Message: "no such model"}}
	breaker := NewGatewayBreaker(g, &local{})
	for range 10 {
		_, err := breaker.Chat(t.Context(), "")
		assert.Same(t, g.err, err)
	}
	assert.Equal(t, 10, g.calls, "400 is not among the codes")
	g.err, g.chat = nil, &Chat{"fine"}
	chat, err := breaker.Chat(t.Context(), "")
	assert.Nil(t, err)
	assert.Same(t, g.chat, chat)
}

func TestFallbacksAreJudged(t *testing.T) {
	t.Parallel()
	g := &gateway{err: &GatewayError{Status: 500, Message: "broken"}}
	l := &local{cached: &Chat{"cached"}}
	breaker := NewGatewayBreaker(g, l)
	chat, err := breaker.Ask(t.Context(), "")
	assert.Nil(t, err)
	assert.Equal(t, "cached", chat.Text)
	require.Len(t, l.causes, 1)
	require.EqualError(t, l.causes[0], "500: broken")

	l.cached, l.err = nil, &GatewayError{Status: 404, Message: "not cached"}
	chat, err = breaker.Ask(t.Context(), "")
	assert.Nil(t, chat)
	require.NotNil(t, err)
	require.ErrorContains(t, err.Cause, "500: broken", "no fallback answered: the original error comes first")
	require.ErrorContains(t, err.Cause, "404: not cached")

	chat, err = breaker.Ask(t.Context(), "")
	assert.Nil(t, err)
	assert.Equal(t, "canned", chat.Text, "open, the second one answers")
	assert.Equal(t, 2, g.calls)
}

func TestErrorResultCarriesRejection(t *testing.T) {
	t.Parallel()
	g := &gateway{status: 503}
	breaker := NewGatewayBreaker(g, &local{})
	for range 2 {
		status, body, err := breaker.Call(t.Context(), "")
		assert.Equal(t, 503, status)
		assert.Equal(t, "body", string(body))
		assert.NoError(t, err, "the method returned none")
	}
	status, body, err := breaker.Call(t.Context(), "")
	assert.Zero(t, status)
	assert.Empty(t, body)
	require.ErrorIs(t, err, cb.ErrOpen)

	g = &gateway{broken: errors.New("refused")}
	breaker = NewGatewayBreaker(g, &local{})
	_, _, err = breaker.Call(t.Context(), "")
	assert.Same(t, g.broken, err)
}

func TestResponseIsJudgedByMore(t *testing.T) {
	t.Parallel()
	g := &gateway{resp: &http.Response{StatusCode: 200, Header: http.Header{"X-Overloaded": {"1"}}}}
	breaker := NewGatewayBreaker(g, &local{})
	for range 2 {
		assert.Same(t, g.resp, breaker.Get(t.Context(), ""))
	}
	resp := breaker.Get(t.Context(), "")
	assert.Equal(t, 2, g.calls)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Contains(t, resp.Status, "open")
}

type queue struct{ ok bool }

func (q *queue) Push(int) bool           { return q.ok }
func (q *queue) Swap(int, int, int) bool { return q.ok }

type spare struct{ items []int }

func (s *spare) Local(item int, _ error) bool {
	s.items = append(s.items, item)
	return len(s.items) < 3
}

func TestFallbackAnswersInstead(t *testing.T) {
	t.Parallel()
	s := &spare{}
	breaker := NewQueueBreaker(&queue{}, s)
	assert.True(t, breaker.Push(1), "full")
	assert.True(t, breaker.Push(2), "open")
	assert.False(t, breaker.Push(3), "full as well")
	assert.Equal(t, []int{1, 2, 3}, s.items)
	assert.False(t, breaker.Swap(1, 2, 3))
}

// TestCallerGoesBeforeTheCall has callers whose contexts end while they wait for a place: that must not read as a success.
func TestCallerGoesBeforeTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		up := &slowGateway{}
		policies := DefaultGatewayPolicies()
		policies.Chat.Bulkhead = cb.Bulkhead{Max: 1, Wait: time.Minute}
		policies.Call.Bulkhead = cb.Bulkhead{Max: 1, Wait: time.Minute}
		breaker := NewGatewayBreaker(up, &local{}, WithGatewayPolicies(policies))
		go breaker.Chat(t.Context(), "first")
		go func() { _, _, _ = breaker.Call(t.Context(), "first") }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, failure := breaker.Chat(ctx, "second")
		require.NotNil(t, failure, "refused")
		require.ErrorIs(t, failure.Cause, context.Canceled)
		_, _, err := breaker.Call(ctx, "second")
		require.ErrorIs(t, err, context.Canceled)
	})
}

type slowGateway struct{ Gateway }

func (*slowGateway) Chat(ctx context.Context, _ string) (*Chat, *GatewayError) {
	<-ctx.Done()
	return &Chat{}, nil
}

func (*slowGateway) Call(ctx context.Context, _ string) (int, []byte, error) {
	<-ctx.Done()
	return http.StatusOK, nil, nil
}

// TestNobodyIsAsked has a policy from code that leaves rejections to no fallback, where no result can tell of them.
func TestNobodyIsAsked(t *testing.T) {
	t.Parallel()
	s, policies := &spare{}, DefaultQueuePolicies()
	policies.Push.Fallbacks = []cb.Fallback{{Name: "Local", On: cb.OnFailure}}
	up := &growing{}
	breaker := NewQueueBreaker[int](up, s, WithQueuePolicies(policies))
	assert.True(t, breaker.Push(1), "full")
	assert.True(t, breaker.Push(2), "open, and the call goes through")
	assert.Equal(t, []int{1}, s.items)
	assert.Equal(t, []int{1, 2}, up.items)
}

// growing has room after its first item.
type growing struct {
	Queue[int]
	items []int
}

func (g *growing) Push(item int) bool {
	g.items = append(g.items, item)
	return len(g.items) > 1
}

package chat_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/testdata/golden/chat"
	"github.com/cbgen/cbgen/testdata/golden/ratio"
)

// statusError carries a code the way most clients' errors do.
type statusError int

func (e statusError) Error() string   { return fmt.Sprintf("status %d", int(e)) }
func (e statusError) StatusCode() int { return int(e) }

// upstream answers with err, or hangs until its context ends.
type upstream struct {
	err   error
	hang  bool
	calls int
	texts []string
}

func (u *upstream) Complete(ctx context.Context, req chat.Request) (*chat.Response, error) {
	u.calls++
	if u.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if u.err != nil {
		return nil, u.err
	}
	return &chat.Response{Text: "echo " + req.Prompt}, nil
}

func (u *upstream) Embed(_ context.Context, texts ...string) ([][]float32, error) {
	u.calls++
	u.texts = texts
	return [][]float32{{1}}, u.err
}

func (u *upstream) Name() string { return "upstream" }

// cached answers from memory and keeps the cause it was given.
type cached struct{ cause error }

func (c *cached) CompleteCached(_ context.Context, req chat.Request, cause error) (*chat.Response, error) {
	c.cause = cause
	return &chat.Response{Text: "cached " + req.Prompt}, nil
}

func TestCompletePassesThroughWhileHealthy(t *testing.T) {
	t.Parallel()
	u, c := &upstream{}, &cached{}
	p := chat.NewProviderBreaker(u, c)

	resp, err := p.Complete(t.Context(), chat.Request{Prompt: "hi"})
	require.NoError(t, err)
	assert.Equal(t, "echo hi", resp.Text)
	assert.NoError(t, c.cause)
	assert.Equal(t, "upstream", p.Name())
}

func TestCompleteOpensAndFallsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, c := &upstream{err: statusError(503)}, &cached{}
		p := chat.NewProviderBreaker(u, c)

		for range 5 {
			resp, err := p.Complete(t.Context(), chat.Request{Prompt: "hi"})
			require.NoError(t, err)
			assert.Equal(t, "cached hi", resp.Text)
			assert.Equal(t, statusError(503), c.cause, "a counted failure reaches the fallback as it is")
		}
		_, err := p.Complete(t.Context(), chat.Request{})
		require.NoError(t, err)
		assert.Equal(t, 5, u.calls, "the open breaker spares the upstream")
		require.ErrorIs(t, c.cause, cb.ErrOpen)
		var rejected *cb.RejectedError
		require.ErrorAs(t, c.cause, &rejected)
		assert.Equal(t, "chat.Provider", rejected.Client)
		assert.Equal(t, "Complete", rejected.Method)
		assert.Equal(t, statusError(503), rejected.Cause)

		u.err = nil
		time.Sleep(34 * time.Second) // 30 s and at most a tenth of jitter
		resp, err := p.Complete(t.Context(), chat.Request{Prompt: "hi"})
		require.NoError(t, err)
		assert.Equal(t, "echo hi", resp.Text, "one good probe closes it")
	})
}

func TestUnlistedCodeIsAnAnswer(t *testing.T) {
	t.Parallel()
	u, c := &upstream{err: statusError(400)}, &cached{}
	p := chat.NewProviderBreaker(u, c)
	for range 20 {
		_, err := p.Complete(t.Context(), chat.Request{})
		require.ErrorIs(t, err, statusError(400))
	}
	assert.Equal(t, 20, u.calls)
	assert.NoError(t, c.cause)
}

func TestDeadlineEndsAHangingCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, c := &upstream{hang: true}, &cached{}
		p := chat.NewProviderBreaker(u, c)
		start := time.Now()
		resp, err := p.Complete(t.Context(), chat.Request{Prompt: "hi"})
		require.NoError(t, err)
		assert.Equal(t, "cached hi", resp.Text)
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.ErrorIs(t, c.cause, context.DeadlineExceeded)
	})
}

func TestMethodsHaveBreakersOfTheirOwn(t *testing.T) {
	t.Parallel()
	u := &upstream{err: statusError(503)}
	p := chat.NewProviderBreaker(u, &cached{})
	for range 6 {
		_, _ = p.Complete(t.Context(), chat.Request{})
	}
	vectors, err := p.Embed(t.Context(), "a", "b")
	require.ErrorIs(t, err, statusError(503), "Complete is open, Embed is not")
	assert.Equal(t, [][]float32{{1}}, vectors, "a partial result comes back with its error")
	assert.Equal(t, []string{"a", "b"}, u.texts)
}

func TestEmbedOpensAtItsRatio(t *testing.T) {
	t.Parallel()
	u := &upstream{}
	p := chat.NewProviderBreaker(u, &cached{})
	for i := range 20 {
		u.err = nil
		if i%2 == 1 {
			u.err = statusError(503)
		}
		_, err := p.Embed(t.Context())
		require.Equal(t, u.err, err)
	}
	_, err := p.Embed(t.Context())
	require.ErrorIs(t, err, cb.ErrOpen, "half of 20 calls failed")
	assert.Equal(t, 20, u.calls)
}

func TestWrittenThresholdStaysBesideRatio(t *testing.T) {
	t.Parallel()
	u := &upstream{err: statusError(503)}
	p := chat.NewProviderBreaker(u, &cached{})
	for range 5 {
		_, err := p.Embed(t.Context())
		require.ErrorIs(t, err, statusError(503))
	}
	_, err := p.Embed(t.Context())
	require.ErrorIs(t, err, cb.ErrOpen, "threshold=5 is written on the interface: whichever comes first trips")
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	policies := chat.DefaultProviderPolicies()
	assert.Equal(t, 5, policies.Complete.Threshold)
	assert.Equal(t, 30*time.Second, policies.Complete.Timeout)
	assert.Equal(t, 10*time.Second, policies.Complete.Deadline)
	assert.Equal(t, "429,503,529", policies.Complete.Failure.Codes)
	assert.InDelta(t, 0.5, policies.Embed.Ratio, 0)
	assert.Equal(t, 20, policies.Embed.Min)
	require.NoError(t, policies.Complete.Validate())
	require.NoError(t, policies.Embed.Validate())

	policies.Complete.Threshold = 1
	u, c := &upstream{err: statusError(503)}, &cached{}
	p := chat.NewProviderBreaker(u, c, chat.WithProviderPolicies(policies))
	for range 2 {
		_, err := p.Complete(t.Context(), chat.Request{})
		require.NoError(t, err)
	}
	assert.Equal(t, 1, u.calls)
}

func TestConstructionPanics(t *testing.T) {
	t.Parallel()
	bad := chat.DefaultProviderPolicies()
	bad.Embed.Threshold = -1
	registry := cb.NewRegistry()
	chat.NewProviderBreaker(&upstream{}, &cached{}, cb.WithRegistry(registry))

	for name, build := range map[string]func(){
		"nil next":     func() { chat.NewProviderBreaker(nil, &cached{}) },
		"nil fallback": func() { chat.NewProviderBreaker(&upstream{}, nil) },
		"bad policy":   func() { chat.NewProviderBreaker(&upstream{}, &cached{}, chat.WithProviderPolicies(bad)) },
		"policies of another interface": func() {
			chat.NewProviderBreaker(&upstream{}, &cached{}, ratio.WithMeterPolicies(ratio.DefaultMeterPolicies()))
		},
		"the same name twice": func() { chat.NewProviderBreaker(&upstream{}, &cached{}, cb.WithRegistry(registry)) },
	} {
		assert.Panics(t, build, name)
	}
	assert.NotPanics(t, func() {
		chat.NewProviderBreaker(&upstream{}, &cached{}, cb.WithRegistry(registry), cb.WithName("second"))
	})
}

func TestCallerCancellationIsIgnored(t *testing.T) {
	t.Parallel()
	u, c := &upstream{hang: true}, &cached{}
	p := chat.NewProviderBreaker(u, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		_, err := p.Complete(ctx, chat.Request{})
		require.True(t, errors.Is(err, context.Canceled))
	}
	assert.Equal(t, 10, u.calls)
	assert.NoError(t, c.cause)
}

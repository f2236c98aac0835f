package cb_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// page is a result with a body.
type page struct {
	code  int
	body  *closing
	asked time.Duration
	final bool
}

type closing struct{ closed int }

func (c *closing) Close() error { c.closed++; return nil }

func pageOutcome(p *page, err error) cb.Outcome {
	if p == nil {
		return cb.Outcome{Err: err}
	}
	return cb.Outcome{Err: err, Code: p.code, RetryAfter: p.asked, Body: p.body, Final: p.final}
}

func TestRetryOfResults(t *testing.T) {
	t.Parallel()
	policy := cb.Policy{Failure: cb.Match{Codes: "5xx"}, Retry: retrying()}
	cached := &page{code: 200, body: &closing{}}
	fallback := func(_ context.Context, cause error) (*page, error) { return cached, nil }
	for name, tt := range map[string]struct {
		pages  []*page
		before func(*cb.Breaker) func()
		want   int // index of the page that comes back; -1: none, -2: the fallback's
		closed []int
		took   time.Duration
		err    error
		cause  string
	}{
		"the superseded are closed":      {pages: []*page{{code: 500}, {code: 503}, {code: 200}}, want: 2, closed: []int{1, 1, 0}, took: 150 * time.Millisecond},
		"the last is given as it came":   {pages: []*page{{code: 500}, {code: 503}, {code: 502}}, want: 2, closed: []int{1, 1, 0}, took: 150 * time.Millisecond},
		"a fallback supersedes the last": {pages: []*page{{code: 500}, {code: 503}, {code: 502}}, want: -2, closed: []int{1, 1, 1}, took: 150 * time.Millisecond, cause: "upstream answered with code 502 (after 3 attempts)"},
		"it asks for a wait":             {pages: []*page{{code: 503, asked: 2 * time.Second}, {code: 200}}, want: 1, closed: []int{1, 0}, took: 2 * time.Second},
		"it asks for too long":           {pages: []*page{{code: 503, asked: time.Hour}, {code: 200}}, want: 0, closed: []int{0, 0}},
		"the first is final":             {pages: []*page{{code: 503, final: true}, {code: 200}}, want: 0, closed: []int{0, 0}},
		"the second is final":            {pages: []*page{{code: 503}, {code: 503, final: true}, {code: 200}}, want: 1, closed: []int{1, 0, 0}, took: 50 * time.Millisecond},
		"a fallback answers for what is final": {
			pages: []*page{{code: 503, final: true}, {code: 200}}, want: -2, closed: []int{1, 0}, cause: "upstream answered with code 503",
		},
		"then the breaker rejects": {
			pages: []*page{{code: 500}, {code: 200}}, before: func(b *cb.Breaker) func() { return b.ForceOpen }, want: -1, closed: []int{1, 0},
			took: 50 * time.Millisecond, err: cb.ErrOpen,
		},
		"then the breaker rejects and a fallback answers": {
			pages: []*page{{code: 500}, {code: 200}}, before: func(b *cb.Breaker) func() { return b.ForceOpen }, want: -2, closed: []int{1, 0},
			took: 50 * time.Millisecond, cause: "circuit breaker is open (held by hand), last failure: upstream answered with code 500",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(policy)
				if tt.before != nil {
					time.AfterFunc(20*time.Millisecond, tt.before(b))
				}
				for _, p := range tt.pages {
					p.body = &closing{}
				}
				start, attempts := time.Now(), 0
				call := func(context.Context) (*page, error) {
					attempts++
					return tt.pages[attempts-1], nil
				}
				var fallbacks []func(context.Context, error) (*page, error)
				if tt.want == -2 {
					fallbacks = append(fallbacks, func(ctx context.Context, cause error) (*page, error) {
						assert.EqualError(t, cause, tt.cause)
						return fallback(ctx, cause)
					})
				}
				got, err := cb.CallResult(t.Context(), b, pageOutcome, call, fallbacks...)
				require.ErrorIs(t, err, tt.err)
				switch tt.want {
				case -2:
					assert.Same(t, cached, got)
				case -1:
					assert.Nil(t, got)
				default:
					assert.Same(t, tt.pages[tt.want], got)
				}
				var closed []int
				for _, p := range tt.pages {
					closed = append(closed, p.body.closed)
				}
				assert.Equal(t, tt.closed, closed)
				assert.Equal(t, tt.took, time.Since(start))
			})
		})
	}
}

func TestRetryKeepsAResultOpenForACallerWhoGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Failure: cb.Match{Codes: "5xx"}, Retry: retrying()})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		p := &page{code: 500, body: &closing{}}
		got, err := cb.CallResult(ctx, b, pageOutcome, func(context.Context) (*page, error) { return p, nil })
		require.NoError(t, err)
		assert.Same(t, p, got)
		assert.Zero(t, p.body.closed)
	})
}

// leaving is an observer that ends the goroutine when it is told of a retry.
type leaving struct{ cb.NopObserver }

func (leaving) Retried(context.Context, cb.RetryEvent) { runtime.Goexit() }

func TestRetryClosesAResultThatNobodyGets(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Failure: cb.Match{Codes: "5xx"}, Retry: retrying()}, cb.WithObserver(leaving{}))
	p := &page{code: 500, body: &closing{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = cb.CallResult(t.Context(), b, pageOutcome, func(context.Context) (*page, error) { return p, nil })
		t.Error("it returned")
	})
	wg.Wait()
	assert.Equal(t, 1, p.body.closed)
	assert.Zero(t, b.Snapshot().InFlight)
}

// reply carries its error inside; told is one that can be given one.
type reply struct{ err error }

func (r *reply) Err() error { return r.err }

type told struct{ err error }

func (r *told) Err() error       { return r.err }
func (r *told) SetErr(err error) { r.err = err }

func TestRetryOfErrorsInside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Retry: retrying()})
		upstream := newScript(errDown, nil)
		call := func(ctx context.Context) *told { return &told{upstream.call(ctx)} }
		require.NoError(t, cb.CallErr(t.Context(), b, call).Err())
		assert.Len(t, upstream.at, 2)

		b = newBreaker(cb.Policy{Threshold: 2, Retry: retrying()})
		upstream = newScript(errDown)
		require.ErrorIs(t, cb.CallErr(t.Context(), b, call).Err(), cb.ErrOpen)
		assert.Len(t, upstream.at, 2)

		b = newBreaker(cb.Policy{Threshold: 2, Retry: retrying()})
		upstream = newScript(errDown)
		got := cb.CallErr(t.Context(), b, func(ctx context.Context) *reply { return &reply{upstream.call(ctx)} })
		require.ErrorIs(t, got.Err(), errDown, "what cannot be told is not made again either")
		assert.Len(t, upstream.at, 2)
	})
}

func TestCallErrOfACallerWhoHasGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Bulkhead: cb.Bulkhead{Max: 1}})
		hung := begin(b)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got := cb.CallErr(ctx, b, func(context.Context) *told { return &told{} },
			func(context.Context, error) *told { t.Error("nobody waits for it"); return nil })
		require.NotNil(t, got)
		require.ErrorIs(t, got.Err(), context.Canceled)
		require.NoError(t, hung.end(nil))
	})
}

func TestCallErrComparesNoErrors(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	several := severalErrors{errDown}
	assert.Equal(t, several, cb.CallErr(t.Context(), b, func(context.Context) *told { return &told{several} }).Err())
}

// severalErrors cannot be compared.
type severalErrors []error

func (e severalErrors) Error() string { return fmt.Sprint([]error(e)) }

func TestRetryOfErrorsThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Threshold: 2, Retry: retrying()})
		err := b.Do(t.Context(), newScript(severalErrors{errDown}).call)
		require.ErrorIs(t, err, cb.ErrOpen)
	})
}

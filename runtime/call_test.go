package cb_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

type ctxKey struct{}

// answering is a fallback that answers, or fails, and notes its cause.
type answering struct {
	text   string
	err    error
	causes []error
}

func (a *answering) answer(_ context.Context, cause error) (string, error) {
	a.causes = append(a.causes, cause)
	return a.text, a.err
}

func returning(text string, err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, err }
}

func TestCallReturnsWhatTheCallReturned(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	ctx := context.WithValue(t.Context(), ctxKey{}, "v")
	got, err := cb.Call(ctx, b, func(ctx context.Context) (string, error) {
		assert.Equal(t, "v", ctx.Value(ctxKey{}))
		return "partial", io.EOF
	})
	assert.Equal(t, "partial", got)
	assert.Equal(t, io.EOF, err)
}

func TestFallbacks(t *testing.T) {
	t.Parallel()
	second := errors.New("second")
	all := []cb.Fallback{{Name: "First"}, {Name: "Second"}}
	on := func(first, second cb.On) []cb.Fallback {
		return []cb.Fallback{{Name: "First", On: first}, {Name: "Second", On: second}}
	}
	for name, tt := range map[string]struct {
		fallbacks    []cb.Fallback
		err          error // nil: rejected
		first, other error
		want         string
		asked        string // which were
		wantErr      string
	}{
		"the first answers":                {all, errDown, nil, nil, "1", "1", ""},
		"the second answers":               {all, errDown, errDown, nil, "2", "12", ""},
		"none answers":                     {all, errDown, io.EOF, second, "value", "12", "down; fallback First: EOF; fallback Second: second"},
		"for rejections, too":              {all, nil, nil, nil, "1", "1", ""},
		"none answers a rejection":         {all, nil, io.EOF, second, "", "12", "circuit breaker is open (held by hand); fallback First: EOF; fallback Second: second"},
		"successes are left alone":         {all, io.EOF, nil, nil, "value", "", "EOF"},
		"failures only, rejection":         {on(cb.OnFailure, cb.OnAll), nil, nil, nil, "2", "2", ""},
		"failures only, failure":           {on(cb.OnFailure, cb.OnAll), errDown, nil, nil, "1", "1", ""},
		"rejections only, failure":         {on(cb.OnOpen, ""), errDown, nil, nil, "2", "2", ""},
		"rejections only, rejection":       {on(cb.OnOpen, ""), nil, nil, nil, "1", "1", ""},
		"none is for it":                   {on(cb.OnOpen, cb.OnOpen), errDown, nil, nil, "value", "", "down"},
		"more than the policy knows":       {nil, errDown, io.EOF, nil, "2", "12", ""},
		"more than the policy knows, fail": {all[:1], errDown, io.EOF, second, "value", "12", "down; fallback First: EOF; fallback 2: second"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &recorder{}
			b := newBreaker(cb.Policy{Fallbacks: tt.fallbacks}, cb.WithObserver(seen))
			if tt.err == nil {
				b.ForceOpen()
			}
			one, two := &answering{text: "1", err: tt.first}, &answering{text: "2", err: tt.other}
			got, err := cb.Call(t.Context(), b, returning("value", tt.err), one.answer, two.answer)
			assert.Equal(t, tt.want, got)
			asked := ""
			for _, f := range []*answering{one, two} {
				for _, cause := range f.causes {
					asked += f.text
					if tt.err != nil {
						assert.Equal(t, tt.err, cause, "a failure is told as it is")
					} else {
						assert.ErrorIs(t, cause, cb.ErrOpen)
					}
				}
			}
			assert.Equal(t, tt.asked, asked)
			assert.Len(t, seen.fallen, len(asked))
			if tt.wantErr == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.wantErr)
			if len(asked) > 0 {
				require.ErrorIs(t, err, tt.first)
				require.ErrorIs(t, err, tt.other)
			}
			if tt.err == nil {
				require.ErrorIs(t, err, cb.ErrOpen)
			} else {
				require.ErrorIs(t, err, tt.err)
			}
		})
	}
}

func TestFallbackRunsOnTheCallersContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(cb.Policy{Deadline: time.Millisecond})
		err := b.Do(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			func(ctx context.Context, cause error) error {
				require.ErrorIs(t, cause, context.DeadlineExceeded)
				return ctx.Err()
			})
		require.NoError(t, err)
	})
}

func TestFallbackPanicGoesOn(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Fallbacks: []cb.Fallback{{Name: "F"}}})
	body := &closer{}
	assert.PanicsWithValue(t, "fallback's", func() {
		_, _ = cb.CallResult(t.Context(), b, func(_ string, err error) cb.Outcome { return cb.Outcome{Err: err, Body: body} },
			returning("", errDown), func(context.Context, error) (string, error) { panic("fallback's") })
	})
	assert.Equal(t, []cb.FallbackCounts{{Name: "F", Failed: 1}}, b.Snapshot().Fallbacks)
	assert.Equal(t, cb.Counts{Failure: 1}, b.Snapshot().Counts)
	assert.Equal(t, 1, body.closed, "nobody else will")
}

func TestDo(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{Threshold: 1})
	n := 0
	require.NoError(t, b.Do(t.Context(), func(context.Context) error { n = 1; return nil }))
	assert.Equal(t, 1, n)
	for _, target := range []error{errDown, cb.ErrOpen} {
		err := b.Do(t.Context(), func(context.Context) error { n = 2; return errDown },
			func(_ context.Context, cause error) error {
				require.ErrorIs(t, cause, target)
				return io.EOF
			},
			func(_ context.Context, cause error) error {
				require.ErrorIs(t, cause, target)
				n = 3
				return nil
			})
		require.NoError(t, err)
		assert.Equal(t, 3, n)
	}
}

// closer counts how often it is closed.
type closer struct{ closed int }

func (c *closer) Close() error { c.closed++; return nil }

// response is a result with a code and a body.
type response struct {
	code int
	body *closer
}

func outcomeOf(r *response, err error) cb.Outcome {
	if r == nil {
		return cb.Outcome{Err: err}
	}
	return cb.Outcome{Err: err, Code: r.code, Body: r.body}
}

func TestCallResult(t *testing.T) {
	t.Parallel()
	codes := cb.Policy{Threshold: 1, Failure: cb.Match{Codes: "5xx"}, Ignore: cb.Match{Codes: "404"}}
	for name, tt := range map[string]struct {
		policy cb.Policy
		code   int
		err    error
		want   cb.Counts
	}{
		"listed":                      {codes, 503, nil, cb.Counts{Failure: 1}},
		"not listed":                  {codes, 400, nil, cb.Counts{Success: 1}},
		"ignored":                     {codes, 404, nil, cb.Counts{Ignored: 1}},
		"no code":                     {codes, 0, nil, cb.Counts{Success: 1}},
		"no code and an error":        {codes, 0, errDown, cb.Counts{Failure: 1}},
		"the code goes with an error": {codes, 400, errDown, cb.Counts{Success: 1}},
		"without codes":               {cb.Policy{}, 503, nil, cb.Counts{Success: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBreaker(tt.policy)
			given := &response{tt.code, &closer{}}
			got, err := cb.CallResult(t.Context(), b, outcomeOf, func(context.Context) (*response, error) { return given, tt.err })
			assert.Same(t, given, got)
			assert.Equal(t, tt.err, err)
			assert.Equal(t, tt.want, b.Snapshot().Counts)
			assert.Zero(t, given.body.closed)
		})
	}
	t.Run("the outcome is believed", func(t *testing.T) {
		t.Parallel()
		b := newBreaker(cb.Policy{})
		_, err := cb.CallResult(t.Context(), b, func(string, error) cb.Outcome { return cb.Outcome{Err: errDown} }, returning("fine", nil))
		require.NoError(t, err)
		assert.Equal(t, errDown, b.Snapshot().LastFailure)
		_, err = cb.CallResult(t.Context(), b, func(string, error) cb.Outcome { return cb.Outcome{} }, returning("", errDown))
		require.Equal(t, errDown, err)
		assert.Equal(t, cb.Counts{Success: 1, Failure: 1}, b.Snapshot().Counts)
	})
}

func TestCallResultFallsBack(t *testing.T) {
	t.Parallel()
	policy := cb.Policy{Threshold: 2, Failure: cb.Match{Codes: "5xx"}}
	for name, tt := range map[string]struct {
		code       int
		err        error
		cause      string
		bodyClosed int
		fallback   error
		want       string
	}{
		"a code falls back":                   {503, nil, "upstream answered with code 503", 1, nil, ""},
		"a code, and the fallback fails":      {503, nil, "upstream answered with code 503", 0, io.EOF, ""},
		"an error falls back":                 {0, errDown, "down", 1, nil, ""},
		"an error, and the fallback fails":    {0, errDown, "down", 0, io.EOF, "down; fallback 1: EOF"},
		"a success does not":                  {200, nil, "", 0, nil, ""},
		"an error that is a success does not": {404, errDown, "", 0, nil, "down"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBreaker(policy)
			given, other := &response{tt.code, &closer{}}, &response{1, &closer{}}
			cause := ""
			got, err := cb.CallResult(t.Context(), b, outcomeOf, func(context.Context) (*response, error) { return given, tt.err },
				func(_ context.Context, err error) (*response, error) { cause = err.Error(); return other, tt.fallback })
			if tt.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, tt.want)
			}
			assert.Equal(t, tt.cause, cause)
			assert.Equal(t, tt.bodyClosed, given.body.closed)
			assert.Zero(t, other.body.closed)
			if tt.bodyClosed == 0 {
				assert.Same(t, given, got, "the caller gets what there was")
			} else {
				assert.Same(t, other, got)
			}
		})
	}
	t.Run("rejected", func(t *testing.T) {
		t.Parallel()
		b := newBreaker(policy)
		for range 2 {
			_, _ = cb.CallResult(t.Context(), b, outcomeOf, func(context.Context) (*response, error) { return &response{code: 503}, nil })
		}
		got, err := cb.CallResult(t.Context(), b, outcomeOf, nil, func(context.Context, error) (*response, error) { return nil, io.EOF })
		assert.Nil(t, got)
		require.ErrorIs(t, err, io.EOF)
		var rejected *cb.RejectedError
		require.ErrorAs(t, err, &rejected)
		assert.Equal(t, &cb.StatusError{Code: 503}, rejected.Cause)
	})
}

// cmd has its error inside, rows takes none.
type cmd struct {
	n   int
	err error
}

func (c *cmd) Err() error       { return c.err }
func (c *cmd) SetErr(err error) { c.err = err }

type rows struct {
	n   int
	err error
}

func (r *rows) Err() error { return r.err }

func TestCallErr(t *testing.T) {
	t.Parallel()
	down := func(context.Context) *cmd { return &cmd{1, errDown} }
	b := newBreaker(cb.Policy{Threshold: 2})
	got := cb.CallErr(t.Context(), b, down)
	assert.Equal(t, &cmd{1, errDown}, got)
	assert.Nil(t, cb.CallErr(t.Context(), b, func(context.Context) *cmd { return nil }), "nil has no error")
	got = cb.CallErr(t.Context(), b, func(context.Context) *cmd { return &cmd{1, io.EOF} })
	require.Equal(t, io.EOF, got.Err(), "an answer is a success")

	answered := cb.CallErr(t.Context(), b, down, func(context.Context, error) *cmd { return &cmd{n: 2} })
	assert.Equal(t, &cmd{n: 2}, answered)
	got = cb.CallErr(t.Context(), b, down, func(context.Context, error) *cmd { return &cmd{2, io.ErrClosedPipe} })
	assert.Equal(t, 1, got.n)
	require.ErrorIs(t, got.Err(), errDown)
	require.ErrorIs(t, got.Err(), io.ErrClosedPipe)

	require.Equal(t, cb.Open, b.State())
	got = cb.CallErr(t.Context(), b, down)
	assert.Zero(t, got.n)
	require.ErrorIs(t, got.Err(), cb.ErrOpen)
	got = cb.CallErr(t.Context(), b, down, func(_ context.Context, cause error) *cmd { return &cmd{2, io.ErrClosedPipe} })
	assert.Zero(t, got.n)
	require.ErrorIs(t, got.Err(), cb.ErrOpen)
	require.ErrorIs(t, got.Err(), io.ErrClosedPipe)
}

func TestCallErrWithoutSetErr(t *testing.T) {
	t.Parallel()
	b := newBreaker(cb.Policy{})
	down := func(context.Context) *rows { return &rows{1, errDown} }
	failing := func(context.Context, error) *rows { return &rows{2, io.ErrClosedPipe} }
	assert.Equal(t, &rows{1, errDown}, cb.CallErr(t.Context(), b, down, failing), "the call's own result")
	b.ForceOpen()
	assert.Equal(t, &rows{n: 3}, cb.CallErr(t.Context(), b, down, func(context.Context, error) *rows { return &rows{n: 3} }))
	assert.Equal(t, &rows{2, io.ErrClosedPipe}, cb.CallErr(t.Context(), b, down, failing), "never a result that says nothing failed")
	assert.Equal(t, &rows{1, errDown}, cb.CallErr(t.Context(), b, down), "nothing else could be told")
}

func TestFirstError(t *testing.T) {
	t.Parallel()
	require.NoError(t, cb.FirstError())
	require.NoError(t, cb.FirstError(nil, nil))
	assert.Equal(t, errDown, cb.FirstError(nil, errDown, io.EOF))
}

func TestErrorAs(t *testing.T) {
	t.Parallel()
	type coded interface {
		error
		StatusCode() int
	}
	type plain interface{ Error() string }
	assert.True(t, cb.ErrorAs[plain](nil) == nil)
	assert.Equal(t, errDown, cb.ErrorAs[plain](errDown))
	assert.Equal(t, statusError(1), cb.ErrorAs[coded](errors.Join(errDown, statusError(1), statusError(2))))
}

package chat

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestClient(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	tests := map[string]struct {
		status  int
		body    string
		err     error
		want    *Response
		wantErr string
	}{
		"answer":   {status: 200, body: `{"text":"hi"}`, want: &Response{Text: "hi", Source: FromModel}},
		"status":   {status: 503, body: "overloaded\n", wantErr: "provider: status 503: overloaded"},
		"no json":  {status: 200, body: "hi", wantErr: "decode response: invalid character 'h' looking for beginning of value"},
		"no reply": {err: broken, wantErr: `provider: Post "http://host/complete": connection reset`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := NewClient("http://host", &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				sent, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.JSONEq(t, `{"prompt":"hello"}`, string(sent))
				return &http.Response{StatusCode: tt.status, Body: io.NopCloser(strings.NewReader(tt.body))}, tt.err
			})})
			got, err := c.Complete(t.Context(), Request{Prompt: "hello"})
			assert.Equal(t, tt.want, got)
			if tt.wantErr == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, tt.wantErr)
			var status *StatusError
			if assert.Equal(t, tt.status == 503, errors.As(err, &status)) && status != nil {
				assert.Equal(t, 503, status.StatusCode)
			}
		})
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := NewArchive(5 * time.Millisecond)
		a.Store(Conversation{"p", "old"})
		a.Store(Conversation{"q", "other"})
		a.Store(Conversation{"p", "new"})

		start := time.Now()
		got, err := a.Read(t.Context(), 0)
		require.NoError(t, err)
		assert.Equal(t, Conversation{"p", "new"}, got)
		assert.Equal(t, 5*time.Millisecond, time.Since(start))

		_, err = a.Read(t.Context(), 2)
		assert.EqualError(t, err, "read conversation 2: no such conversation")
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = a.Read(ctx, 0)
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		cached, err := a.CompleteCached(t.Context(), Request{Prompt: "q"}, errors.New("cause"))
		require.NoError(t, err)
		assert.Equal(t, &Response{Text: "other", Source: FromArchive}, cached)
		apology, err := a.CompleteCached(t.Context(), Request{Prompt: "never asked"}, errors.New("cause"))
		require.NoError(t, err)
		assert.Equal(t, Apology, apology.Source)
	})
}

// answer is a provider that always says the same.
type answer struct {
	resp *Response
	err  error
}

func (a answer) Complete(context.Context, Request) (*Response, error) { return a.resp, a.err }

func TestServiceKeepsWhatTheModelSaid(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		provider answer
		kept     bool
	}{
		"model":    {answer{resp: &Response{Text: "yes", Source: FromModel}}, true},
		"fallback": {answer{resp: &Response{Text: "sorry", Source: Apology}}, false},
		"error":    {answer{err: errors.New("no")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive := NewArchive(0)
			service := NewService(tt.provider, archive)
			got, err := service.Answer(t.Context(), "p")
			assert.Equal(t, tt.provider.resp, got)
			assert.Equal(t, tt.provider.err, err)
			kept, err := service.Conversation(t.Context(), 0)
			assert.Equal(t, tt.kept, err == nil)
			if tt.kept {
				assert.Equal(t, Conversation{"p", "yes"}, kept)
			}
		})
	}
}

func TestTheWrapperGuardsAndFallsBack(t *testing.T) {
	t.Parallel()
	archive := NewArchive(0)
	archive.Store(Conversation{"p", "earlier"})
	calls := 0
	provider := NewProviderBreaker(complete(func(ctx context.Context, _ Request) (*Response, error) {
		calls++
		deadline, ok := ctx.Deadline()
		assert.True(t, ok)
		assert.LessOrEqual(t, time.Until(deadline), 2*time.Second)
		return nil, &StatusError{StatusCode: 503, Message: "overloaded"}
	}), archive)
	for range 30 {
		resp, err := provider.Complete(t.Context(), Request{Prompt: "p"})
		require.NoError(t, err)
		assert.Equal(t, FromArchive, resp.Source)
	}
	assert.Equal(t, 10, calls, "min=10: then it is open")
}

type complete func(context.Context, Request) (*Response, error)

func (f complete) Complete(ctx context.Context, req Request) (*Response, error) { return f(ctx, req) }

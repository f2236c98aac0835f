package cbhttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

func TestErrorEvent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		event, data, want string // "": no error
	}{
		"Anthropic": {event: "error", data: `{"type": "error", "error": {"type": "overloaded_error"}}`, want: `{"type": "error", "error": {"type": "overloaded_error"}}`},
		"OpenAI":    {data: `{"error": {"message": "Overloaded"}}`, want: `{"message": "Overloaded"}`},
		"OpenAI's responses": {
			event: "response.failed",
			data:  `{"type": "response.failed", "response": {"instructions": "secret", "error": {"code": "server_error"}}}`,
			want:  `{"code": "server_error"}`,
		},
		"a response that goes on": {event: "response.created", data: `{"type": "response.created", "response": {"error": null}}`},
		"an error that is no":     {data: `{"id": "c", "error": null}`},
		"a word in a text":        {data: `{"text": "an \"error\" of mine"}`},
		"deeper":                  {data: `{"delta": {"error": 1}}`},
		"no JSON":                 {data: `[DONE] "error"`},
		"another event":           {event: "ping", data: `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := cbhttp.ErrorEvent(tt.event, []byte(tt.data))
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			var found *cbhttp.EventError
			require.ErrorAs(t, err, &found)
			assert.Equal(t, tt.want, found.Data)
			assert.EqualError(t, err, "stream brought an error: "+tt.want)
		})
	}
}

const (
	wellEvents = "event: a\ndata: {}\n\ndata: [DONE]\n\n"
	sickEvents = "event: a\r\ndata: {}\r\n\r\nevent: error\r\ndata: {\"n\": 1}\r\n\r\n: a comment\r\n"
)

func TestEventErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<17)
	for name, tt := range map[string]struct {
		kind, text string
		ignored    bool // nobody asks
		fails      bool
	}{
		"well":                         {text: wellEvents},
		"sick":                         {text: sickEvents, fails: true},
		"sick, with parameters":        {kind: "text/event-stream; charset=utf-8", text: sickEvents, fails: true},
		"sick, but of another kind":    {kind: "text/plain", text: sickEvents},
		"sick, but nobody asks":        {text: sickEvents, ignored: true},
		"sick, and on it goes":         {text: sickEvents + wellEvents, fails: true},
		"the name is of another event": {text: "event: error\n\ndata: {}\n\n"},
		"a comment within the event":   {text: "event: error\n: a comment\ndata: {}\n\n", fails: true},
		"no blank after the colon":     {text: "event:error\ndata:{}\n\n", fails: true},
		"too long to be looked at":     {text: "event: error\ndata: " + long + "\n\n"},
		"after a line that is":         {text: "data: " + long + "\n\n" + sickEvents, fails: true},
		"cut before its end":           {text: "event: error\ndata: {}"},
	} {
		if tt.kind == "" {
			tt.kind = "text/event-stream"
		}
		want := cb.Counts{Success: 1}
		if tt.fails {
			want = cb.Counts{Failure: 1}
		}
		option := cbhttp.WithEventError(cbhttp.ErrorEvent)
		if tt.ignored {
			option = nil
		}
		t.Run("transport/"+name, func(t *testing.T) {
			t.Parallel()
			for _, cut := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.HalfReader, iotest.OneByteReader} {
				registry := cb.NewRegistry()
				client := cbhttp.Transport(answering(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {tt.kind}}, Body: &body{Reader: cut(strings.NewReader(tt.text))}}, nil
				}), cb.Policy{}, plain(cb.WithRegistry(registry)), option)
				resp, err := client.RoundTrip(request(t, http.MethodGet, "http://a", ""))
				require.NoError(t, err)
				said, err := io.ReadAll(resp.Body)
				require.NoError(t, err, "the reader gets what came, and no error beside")
				assert.True(t, tt.text == string(said))
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, want, registry.Breakers()[1].Snapshot().Counts)
			}
		})
		t.Run("middleware/"+name, func(t *testing.T) {
			t.Parallel()
			registry := cb.NewRegistry()
			h := cbhttp.Middleware(&cb.Policy{}, plain(cb.WithRegistry(registry)), option)(http.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", tt.kind)
					_, _ = io.Copy(w, iotest.HalfReader(strings.NewReader(tt.text)))
				}))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			assert.True(t, tt.text == w.Body.String())
			assert.Equal(t, want, registry.Breakers()[1].Snapshot().Counts)
		})
	}
}

// A client that understands the event closes the body there.
func TestEventErrorBeforeTheBodyIsClosed(t *testing.T) {
	t.Parallel()
	registry := cb.NewRegistry()
	client := cbhttp.Transport(answering(func(*http.Request) (*http.Response, error) {
		b := io.MultiReader(strings.NewReader(sickEvents), iotest.ErrReader(errors.New("it reads on")))
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: &body{Reader: b}}, nil
	}), cb.Policy{Threshold: 1}, plain(cb.WithRegistry(registry)), cbhttp.WithEventError(cbhttp.ErrorEvent))
	resp, err := client.RoundTrip(request(t, http.MethodGet, "http://a", ""))
	require.NoError(t, err)
	_, err = io.ReadFull(resp.Body, make([]byte, len(sickEvents)))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	snapshot := registry.Breakers()[1].Snapshot()
	assert.Equal(t, cb.Counts{Failure: 1}, snapshot.Counts)
	assert.EqualError(t, snapshot.OpenedBy, `stream brought an error: {"n": 1}`)
	assert.Zero(t, snapshot.InFlight)
}

// listError cannot be compared: two of them are a panic.
type listError []string

func (e listError) Error() string { return strings.Join(e, ", ") }

func TestEventErrorsOfATypeThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	registry := cb.NewRegistry()
	client := cbhttp.Transport(answering(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: &body{Reader: strings.NewReader(sickEvents)},
		}, nil
	}), cb.Policy{}, plain(cb.WithRegistry(registry)), cbhttp.WithEventError(func(event string, data []byte) error {
		if event != "error" {
			return nil
		}
		return listError{string(data)}
	}))
	resp, err := client.RoundTrip(request(t, http.MethodGet, "http://a", ""))
	require.NoError(t, err)
	said, err := io.ReadAll(resp.Body)
	require.NoError(t, err, "the reader gets what came, and no error beside")
	assert.Equal(t, sickEvents, string(said))
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, listError{`{"n": 1}`}, registry.Breakers()[1].Snapshot().LastFailure)
}

// Where a response is cut into pieces says nothing about its events.
func FuzzEventErrors(f *testing.F) {
	f.Add(sickEvents, uint(20))
	f.Add(wellEvents, uint(3))
	f.Fuzz(func(t *testing.T, text string, cut uint) {
		counts := func(pieces ...string) cb.Counts {
			registry := cb.NewRegistry()
			h := cbhttp.Middleware(&cb.Policy{}, plain(cb.WithRegistry(registry)), cbhttp.WithEventError(cbhttp.ErrorEvent))(http.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/event-stream")
					for _, piece := range pieces {
						_, _ = io.WriteString(w, piece)
					}
				}))
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			return registry.Breakers()[1].Snapshot().Counts
		}
		n := int(cut % uint(len(text)+1))
		require.Equal(t, counts(text), counts(text[:n], text[n:]))
	})
}

package cbtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/runtime/cbtest"
)

// answer is a RoundTripper that always gives the same one.
type answer struct{ kind, text string }

func (a answer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {a.kind}},
		Body: io.NopCloser(iotest.OneByteReader(strings.NewReader(a.text))),
	}, nil
}

// noisy tells when it is closed.
type noisy struct {
	io.Reader
	closed *bool
}

func (n noisy) Close() error { *n.closed = true; return nil }

func post(t *testing.T, f *cbtest.Faults, a answer) (status, text string, header http.Header, err error) {
	t.Helper()
	closed := false
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://api.test/v1", noisy{strings.NewReader("?"), &closed})
	require.NoError(t, err)
	resp, err := f.Transport("openai", a).RoundTrip(req)
	if err != nil {
		assert.True(t, closed, "a RoundTripper closes the request's body")
		return "", "", nil, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return resp.Status, string(got), resp.Header, err
}

func TestTransportAnswersWithTheCodeOfAFault(t *testing.T) {
	t.Parallel()
	f := cbtest.NewFaults()
	f.Add(cbtest.Fault{
		Client: "openai", Method: "POST", Key: "api.test", Kind: cbtest.Fail, Code: 429, RetryAfter: 1500 * time.Millisecond, Times: 1,
	})
	status, text, header, err := post(t, f, answer{"text/plain", "hello"})
	require.NoError(t, err)
	assert.Equal(t, "429 Too Many Requests", status)
	assert.Equal(t, "2", header.Get("Retry-After"))
	assert.Contains(t, text, "fault on purpose")
	_, text, _, err = post(t, f, answer{"text/plain", "hello"})
	require.NoError(t, err)
	assert.Equal(t, "hello", text)
}

// idle is a RoundTripper whose connections can be closed.
type idle struct {
	answer
	closed *bool
}

func (i idle) CloseIdleConnections() { *i.closed = true }

func TestTransportLetsTheClientCloseItsConnections(t *testing.T) {
	t.Parallel()
	closed := false
	client := &http.Client{Transport: cbtest.NewFaults().Transport("openai", idle{closed: &closed})}
	client.CloseIdleConnections()
	assert.True(t, closed)
	client.Transport = cbtest.NewFaults().Transport("openai", answer{})
	client.CloseIdleConnections() // there are none
}

func TestTransportTakesNilForTheDefault(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	resp, err := cbtest.NewFaults().Transport("openai", nil).RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}

func TestTransportFails(t *testing.T) {
	t.Parallel()
	f := cbtest.NewFaults()
	f.FailNext("POST", 1, errReset)
	_, _, _, err := post(t, f, answer{}) //nolint:dogsled // its error alone
	require.ErrorIs(t, err, errReset)
}

func TestTransportCutsBodiesAfterTheirItems(t *testing.T) {
	t.Parallel()
	const events = "data: 1\r\n\r\ndata: 2\ndata: 3\n\ndata: 4\n\n"
	for _, c := range []struct {
		kind, text string
		items      int
		want       string
		cut        bool
	}{
		{"text/event-stream; charset=utf-8", events, 0, "", true},
		{"text/event-stream", events, 1, "data: 1\r\n\r\n", true},
		{"text/event-stream", events, 2, "data: 1\r\n\r\ndata: 2\ndata: 3\n\n", true},
		{"text/event-stream", events, 3, events, false},
		{"application/jsonl", "1\n2\n3\n", 2, "1\n2\n", true},
		{"application/json", `{"a":1}`, 0, "", true},
		{"application/json", `{"a":1}`, 1, `{"a":1}`, false},
	} {
		t.Run(fmt.Sprint(c.kind, c.items), func(t *testing.T) {
			t.Parallel()
			f := cbtest.NewFaults()
			f.Add(cbtest.Fault{Kind: cbtest.Cut, Items: c.items, Err: errReset})
			_, text, _, err := post(t, f, answer{c.kind, c.text})
			assert.Equal(t, c.want, text)
			assert.Equal(t, c.cut, errors.Is(err, errReset))
		})
	}
}

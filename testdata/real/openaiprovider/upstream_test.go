package openaiprovider

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/stretchr/testify/assert"

	"github.com/cbgen/cbgen/testdata/real/internal/pipes"
)

// hang is the status of an upstream that does not answer.
const hang = 0

// upstream speaks the chat completions and embeddings API, as well as it is.
type upstream struct {
	mu     sync.Mutex
	status int
	calls  int
	gone   int // requests that the client gave up
}

func (u *upstream) set(status int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.status = status
}

func (u *upstream) counts() (calls, gone int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.calls, u.gone
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Model string `json:"model"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Model == "" {
		http.Error(w, "what is asked?", http.StatusTeapot)
		return
	}
	u.mu.Lock()
	u.calls++
	status := u.status
	u.mu.Unlock()

	w.Header().Set("Content-Type", "application/json")
	switch status {
	case hang:
		<-r.Context().Done()
		u.mu.Lock()
		u.gone++
		u.mu.Unlock()
	case http.StatusOK:
		fmt.Fprint(w, answers[r.URL.Path])
	default:
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"message":"%d","type":"server_error","param":null,"code":"some_code"}}`, status)
	}
}

var answers = map[string]string{
	"/v1/chat/completions": `{"id":"c1","object":"chat.completion","created":1,"model":"gpt","choices":[{"index":0,
		"finish_reason":"stop","message":{"role":"assistant","content":"hello"}}]}`,
	"/v1/embeddings": `{"object":"list","model":"e","data":[{"object":"embedding","index":0,"embedding":[0.5,0.25]}]}`,
}

// serve starts the upstream and returns a client of it.
func serve(t *testing.T, status int) (*upstream, openai.Client) {
	t.Helper()
	u := &upstream{status: status}
	return u, connect(t, u)
}

// connect returns openai-go's client of a server, with no retries of its own. The network between them is made of pipes, so that
// it works in a bubble of virtual time.
func connect(t *testing.T, handler http.Handler) openai.Client {
	t.Helper()
	l := pipes.Listen("openai.test:80")
	server := &http.Server{Handler: handler}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	transport := &http.Transport{DialContext: l.Dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		assert.NoError(t, server.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return openai.NewClient(
		option.WithBaseURL("http://openai.test/v1/"),
		option.WithAPIKey("key"),
		option.WithMaxRetries(0),
		option.WithHTTPClient(&http.Client{Transport: transport}),
	)
}

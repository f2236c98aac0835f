package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// fault is what is wrong with the upstream.
type fault struct {
	status int           // in place of 200; 0: none
	events int           // of a stream, before what follows happens
	then   func(*server) // nil: the answer ends well
}

// server is one request at the upstream, as far as a fault of it goes.
type server struct {
	upstream *upstream
	w        http.ResponseWriter
	r        *http.Request
}

// hang answers no more.
func hang(s *server) { <-s.r.Context().Done() }

// reset ends the connection the hard way.
func reset(s *server) {
	conn, _, err := http.NewResponseController(s.w).Hijack()
	if assert.NoError(s.upstream.t, err) {
		assert.NoError(s.upstream.t, conn.(*net.TCPConn).SetLinger(0))
		assert.NoError(s.upstream.t, conn.Close())
	}
}

// sendError is an error event in the middle of a stream.
func sendError(s *server) {
	if s.r.URL.Path == messagesPath {
		s.send("error", `{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}`)
	} else {
		s.send("", `{"error": {"message": "Overloaded", "type": "server_error", "param": null, "code": null}}`)
	}
}

// upstream speaks both providers' APIs, as well as its fault lets it.
type upstream struct {
	t      *testing.T
	url    string
	events int           // of a whole stream
	pace   time.Duration // between them
	fault  atomic.Pointer[fault]
	calls  atomic.Int64
}

const (
	chatPath     = "/v1/chat/completions"
	messagesPath = "/v1/messages"
)

func newUpstream(t *testing.T, n network) *upstream {
	t.Helper()
	u := &upstream{t: t, events: 20}
	u.fault.Store(&fault{})
	u.url = serve(t, n, u)
	return u
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.calls.Add(1)
	var asked struct {
		Stream bool `json:"stream"`
	}
	text, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(text, &asked) != nil {
		http.Error(w, "what is asked?", http.StatusTeapot)
		return
	}
	s, f := &server{u, w, r}, u.fault.Load()
	switch {
	case f.status != 0:
		s.refuse(f.status)
	case asked.Stream:
		s.stream(f)
	case f.then != nil:
		f.then(s)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answers[r.URL.Path])
	}
}

// refuse answers with an error.
func (s *server) refuse(status int) {
	s.w.Header().Set("Content-Type", "application/json")
	if status == http.StatusTooManyRequests {
		s.w.Header().Set("Retry-After", "90")
	}
	s.w.WriteHeader(status)
	fmt.Fprintf(s.w, `{"type": "error", "error": {"message": "%d", "type": "overloaded_error", "param": null, "code": "x"}}`, status)
}

// stream sends the events of an answer, as many as the fault lets it.
func (s *server) stream(f *fault) {
	s.w.Header().Set("Content-Type", "text/event-stream")
	n := s.upstream.events
	if f.then != nil {
		n = f.events
	}
	for i := range n {
		if i > 0 {
			select {
			case <-s.r.Context().Done():
				return
			case <-time.After(s.upstream.pace):
			}
		}
		if s.r.URL.Path == messagesPath {
			s.send("content_block_delta", fmt.Sprintf(`{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "%d "}}`, i))
		} else {
			s.send("", fmt.Sprintf(`{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
				"choices": [{"index": 0, "delta": {"content": "%d "}, "finish_reason": null}]}`, i))
		}
	}
	if f.then != nil {
		f.then(s)
	} else if s.r.URL.Path == messagesPath {
		s.send("message_stop", `{"type": "message_stop"}`)
	} else {
		s.send("", "[DONE]")
	}
}

// texts are those of so many events.
func texts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d ", i)
	}
	return b.String()
}

// send is one server-sent event.
func (s *server) send(name, data string) {
	if name != "" {
		fmt.Fprintf(s.w, "event: %s\n", name)
	}
	fmt.Fprintf(s.w, "data: %s\n\n", strings.ReplaceAll(data, "\n", " "))
	_ = http.NewResponseController(s.w).Flush() // whoever has gone needs no more
}

var answers = map[string]string{
	chatPath: `{"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "finish_reason": "stop",
		"message": {"role": "assistant", "content": "hello"}}]}`,
	messagesPath: `{"id": "c", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": null,
		"content": [{"type": "text", "text": "hello"}], "usage": {"input_tokens": 1, "output_tokens": 1}}`,
}

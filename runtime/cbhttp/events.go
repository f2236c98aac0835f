package cbhttp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"sync/atomic"

	cb "github.com/cbgen/cbgen/runtime"
)

// WithEventError finds the errors that come as events of a text/event-stream, in a response that began with 200: the first error
// that find returns is how the response ends for its breaker, while the reader gets all of it unchanged. find is given an event's
// name, "" for none, and each line of its data, but for lines longer than 64 KiB; it must not keep data. In a compressed response,
// which net/http's client decompresses unless Accept-Encoding is set by hand, nothing is found. Default: events mean nothing.
// [ErrorEvent] is such a function.
func WithEventError(find func(event string, data []byte) error) Option {
	return func(o *options) { o.eventError = find }
}

// ErrorEvent finds what providers of language models send where they break off: an event called error, as of Anthropic's API, data
// that is an object with an error, as of OpenAI's chat completions, or its responses' event response.failed. The error is an
// [*EventError].
func ErrorEvent(event string, data []byte) error {
	switch event {
	case "error":
		return &EventError{string(data)}
	case "response.failed": // beside its error it has the prompt, which is no business of a log
		var failed struct {
			Response struct {
				Error json.RawMessage `json:"error"`
			} `json:"response"`
		}
		_ = json.Unmarshal(data, &failed) // what cannot be read has failed as well
		return &EventError{string(failed.Response.Error)}
	}
	if !bytes.Contains(data, []byte(`"error"`)) {
		return nil
	}
	var said struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(data, &said) != nil || len(said.Error) == 0 || string(said.Error) == "null" {
		return nil
	}
	return &EventError{string(said.Error)}
}

// EventError is an error that came as an event of a stream.
type EventError struct{ Data string } // JSON, most often

func (e *EventError) Error() string { return fmt.Sprintf("stream brought an error: %s", e.Data) }

// maxEventLine bounds what is kept of a line.
const maxEventLine = 64 << 10

// eventScanner looks for errors in the events that pass by.
type eventScanner struct {
	find    func(event string, data []byte) error
	line    []byte // as far as it has come
	tooLong bool
	event   string
	found   atomic.Pointer[error] // nil: none yet
}

// newEventScanner is nil where the response is none of events, or nobody asks for them.
func newEventScanner(find func(string, []byte) error, header http.Header) *eventScanner {
	if find == nil {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || kind != "text/event-stream" {
		return nil
	}
	return &eventScanner{find: find}
}

// err is what was found. s may be nil.
func (s *eventScanner) err() error {
	if s == nil {
		return nil
	}
	if found := s.found.Load(); found != nil {
		return *found
	}
	return nil
}

// scan takes what has passed, cut anywhere. s may be nil.
func (s *eventScanner) scan(p []byte) {
	if s == nil || s.found.Load() != nil {
		return
	}
	for len(p) > 0 {
		part, rest, ended := bytes.Cut(p, []byte("\n"))
		if s.tooLong = s.tooLong || len(s.line)+len(part) > maxEventLine; !s.tooLong {
			s.line = append(s.line, part...)
		}
		if !ended {
			return
		}
		if !s.tooLong {
			s.endLine(bytes.TrimSuffix(s.line, []byte("\r")))
		}
		s.line, s.tooLong, p = s.line[:0], false, rest
	}
}

func (s *eventScanner) endLine(line []byte) {
	if len(line) == 0 {
		s.event = "" // a blank line ends the event
		return
	}
	field, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(field) {
	case "event":
		s.event = string(value)
	case "data":
		if err := s.find(s.event, value); err != nil && s.found.Load() == nil {
			s.found.Store(&err)
		}
	}
}

// scannedBody is a body as the guard reads it: one in which an error was found ends with that.
type scannedBody struct {
	io.ReadCloser
	*eventScanner
}

func (b scannedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.scan(p[:n])
	if found := b.err(); found != nil && err == io.EOF { //nolint:errorlint // readers return it bare
		err = found
	}
	return n, err
}

// same tells whether err is that very value. It may be of a type that cannot be compared, for a caller's function has found it; then
// the type tells.
func same(err, found error) bool {
	return reflect.TypeOf(err) == reflect.TypeOf(found) &&
		(!reflect.ValueOf(found).Comparable() || err == found) //nolint:errorlint // is it that value?
}

// unscannedBody is such a body as the reader gets it.
type unscannedBody struct {
	io.ReadCloser // guarded
	*eventScanner
	guard *cb.StreamGuard[*http.Response]
}

func (b unscannedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && same(err, b.err()) {
		err = io.EOF
	}
	return n, err
}

func (b unscannedBody) Close() error {
	if found := b.err(); found != nil {
		_, _ = b.guard.Ended(found) // a client that understands the event reads no further
	}
	return b.ReadCloser.Close()
}

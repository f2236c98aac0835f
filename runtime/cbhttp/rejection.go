package cbhttp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// Rejection writes the body of the response to a request that a breaker rejected. The response's status is 503, with a
// Retry-After of the seconds that remain of the open period, where its end is known.
//
// [Problem], [OpenAI] and [Anthropic] are such. They tell the reason, but neither the breaker's name nor its Cause: that is the
// error of somebody else's request.
type Rejection func(*http.Request, *cb.RejectedError) (contentType string, body []byte)

// WithRejection sets the body that tells of a rejection. A [Middleware] has [Problem] by default. A [Transport] returns the
// *[cb.RejectedError] by default, and with a Rejection a response in its place, which clients of the upstream's API read as they
// read the upstream's own; a breaker further out then counts it as such too.
func WithRejection(body Rejection) Option { return func(o *options) { o.rejection = body } }

// Problem is a problem+json body (RFC 9457).
func Problem(_ *http.Request, rejected *cb.RejectedError) (contentType string, body []byte) {
	const status = http.StatusServiceUnavailable
	return "application/problem+json", mustMarshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"about:blank", http.StatusText(status), status, message(rejected)})
}

// OpenAI is an error of OpenAI's API, of the type server_error.
func OpenAI(_ *http.Request, rejected *cb.RejectedError) (contentType string, body []byte) {
	type apiError struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    string  `json:"code"`
	}
	return "application/json", mustMarshal(struct {
		Error apiError `json:"error"`
	}{apiError{Message: message(rejected), Type: "server_error", Code: "service_unavailable"}})
}

// Anthropic is an error of Anthropic's API, of the type overloaded_error.
func Anthropic(_ *http.Request, rejected *cb.RejectedError) (contentType string, body []byte) {
	type apiError struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	return "application/json", mustMarshal(struct {
		Type  string   `json:"type"`
		Error apiError `json:"error"`
	}{"error", apiError{"overloaded_error", message(rejected)}})
}

// message is what a stranger may know of a rejection.
func message(rejected *cb.RejectedError) string {
	text := rejected.Unwrap().Error()
	if s := secondsLeft(rejected); s > 0 {
		return fmt.Sprintf("%s, retry after %ds", text, s)
	}
	return text
}

func mustMarshal(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always can be
	}
	return body
}

// secondsLeft is what remains of the open period, rounded up; 0 where that is not known.
func secondsLeft(rejected *cb.RejectedError) int64 {
	return int64((rejected.RetryAfter + time.Second - 1) / time.Second)
}

// fill sets the headers of a response to a rejected request, and returns its body.
func (reject Rejection) fill(header http.Header, r *http.Request, rejected *cb.RejectedError) []byte {
	contentType, body := reject(r, rejected)
	header.Set("Content-Type", contentType)
	if s := secondsLeft(rejected); s > 0 {
		header.Set("Retry-After", strconv.FormatInt(s, 10))
	}
	return body
}

// write answers a request with its rejection.
func (reject Rejection) write(w http.ResponseWriter, r *http.Request, rejected *cb.RejectedError) {
	body := reject.fill(w.Header(), r, rejected)
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(body) // whoever has gone needs no answer
}

// response is the rejection as a client would have got it.
func (reject Rejection) response(r *http.Request, rejected *cb.RejectedError) *http.Response {
	const status = http.StatusServiceUnavailable
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header), Body: http.NoBody, Request: r,
	}
	body := reject.fill(resp.Header, r, rejected)
	resp.ContentLength = int64(len(body))
	if r.Method != http.MethodHead {
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp
}

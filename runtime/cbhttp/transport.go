package cbhttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// Transport guards the requests of an [http.Client] that go through next (nil: [http.DefaultTransport]), with a breaker for each
// host, or for each value of [WithKey]. Their name is "http.RoundTrip", with that of [cb.WithName] in place of http.
//
// The status of a response is its code for the policy, whose failures are 429 and 5xx but 501 where it does not say; a
// Retry-After is honoured (see [Outcome]). A response that is no failure by that counts when its body ends (see [StreamResponse]):
// callers must read it to its end or close it, as net/http wants it anyway. [cb.Policy.Stream] limits the waits for the body,
// and [WithEventError] finds the errors that come in one.
//
// [cb.Policy.Retry] holds for requests that are idempotent (see [WithIdempotent]) and whose body, if they have one, GetBody
// returns anew; of others the first response is the last. A response that is not kept is read up to 2 KB before it is closed, for
// 50ms at most, so that a short one leaves its connection to the next attempt.
//
// A rejected request is not sent, its body is closed, and the error is a *[cb.RejectedError], within the *[net/url.Error] of an
// http.Client; or there is a response with status 503, see [WithRejection].
//
// Transport panics on a bad policy, and where the registry has a breaker of that name already.
func Transport(next http.RoundTripper, policy cb.Policy, opts ...Option) http.RoundTripper {
	o := newOptions(opts)
	t := &transport{next: next, key: o.key, idempotent: o.idempotent, rejection: o.rejection, eventError: o.eventError}
	if t.next == nil {
		t.next = http.DefaultTransport
	}
	if t.key == nil {
		t.key = Host
	}
	if t.idempotent == nil {
		t.idempotent = isIdempotent
	}
	policy.Ignore.Errors = append(slices.Clip(policy.Ignore.Errors), cb.ErrorType[*bodyError]())
	t.breakers = o.breakers("http", "RoundTrip", policy)
	return t
}

type transport struct {
	next       http.RoundTripper
	breakers   *cb.Keyed[string]
	key        func(*http.Request) string
	idempotent func(*http.Request) bool
	rejection  Rejection // nil: rejections are errors
	eventError func(event string, data []byte) error
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	s := sender{transport: t, req: req}
	defer s.closeUnsent()
	resp, err := cb.CallStreamResult(req.Context(), t.breakers.For(t.key(req)), s.outcome, t.guardBody, s.send)
	if t.rejection != nil {
		if rejected, ok := errors.AsType[*cb.RejectedError](err); ok {
			return t.rejection.response(req, rejected), nil
		}
	}
	return resp, err
}

// guardBody is [StreamResponse], which an event of the body may tell of an error.
func (t *transport) guardBody(g *cb.StreamGuard[*http.Response]) *http.Response {
	resp := g.Source()
	if resp == nil {
		return StreamResponse(g)
	}
	scanner := newEventScanner(t.eventError, resp.Header)
	if scanner == nil {
		return StreamResponse(g)
	}
	resp.Body = scannedBody{resp.Body, scanner}
	StreamResponse(g)
	resp.Body = unscannedBody{resp.Body, scanner, g}
	return resp
}

// CloseIdleConnections lets [http.Client.CloseIdleConnections] reach next.
func (t *transport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// sender sends one request, perhaps several times.
type sender struct {
	*transport
	req  *http.Request
	sent bool
}

func (s *sender) send(ctx context.Context) (*http.Response, error) {
	req := s.req.WithContext(ctx) // a copy: a RoundTripper must not change what it is given
	if s.sent && s.req.GetBody != nil {
		body, err := s.req.GetBody()
		if err != nil {
			return nil, &bodyError{err}
		}
		req.Body = body
	}
	s.sent = true
	resp, err := s.next.RoundTrip(req)
	if resp != nil {
		resp.Request = s.req
	}
	return resp, err
}

func (s *sender) outcome(resp *http.Response, err error) cb.Outcome {
	out := Outcome(resp, err)
	if out.Body != nil {
		out.Body = unread{resp.Body}
	}
	out.Final = !hasBodyAgain(s.req) || !s.idempotent(s.req)
	return out
}

// closeUnsent does what a sender of requests owes their bodies on errors too.
func (s *sender) closeUnsent() {
	if !s.sent && s.req.Body != nil {
		_ = s.req.Body.Close() // the caller has its error
	}
}

// How much is read of a body that nobody reads, as much as net/http does of a redirect's, and for how long.
const (
	maxUnread  = 2 << 10 // bytes
	unreadTime = 50 * time.Millisecond
)

// unread is the body of a response that another attempt takes the place of. It is read before it is closed, and a short one to its
// end: net/http does not use the connection again of one that is not, and an upstream in trouble would have to open another.
type unread struct{ io.ReadCloser }

// Close closes the body once, and does not rely on it that a Read ends by it.
func (b unread) Close() error {
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer func() { _ = recover() }() // nobody would have read it
		_, _ = io.CopyN(io.Discard, b.ReadCloser, maxUnread)
	}()
	late := time.NewTimer(unreadTime)
	defer late.Stop()
	select {
	case <-read:
	case <-late.C:
	}
	return b.ReadCloser.Close()
}

// bodyError is the caller's failure to produce a body for another attempt, which says nothing about the upstream.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return "request body for another attempt: " + e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }

// hasBodyAgain tells whether a request can be sent once more as it was.
func hasBodyAgain(r *http.Request) bool {
	return r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
}

func isIdempotent(r *http.Request) bool {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	for _, key := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if _, ok := r.Header[key]; ok { // an empty value says so too
			return true
		}
	}
	return false
}

package cbhttp

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
)

// exchange is a request that a handler answers: to its breaker a stream, whose items are what the handler writes. It is the
// handler's ResponseWriter; what it does not know itself, [http.ResponseController] finds behind it.
type exchange struct {
	http.ResponseWriter
	client context.Context // ends when the client goes away
	ctx    context.Context // of the attempt
	guard  *cb.StreamGuard[*exchange]
	status int   // 0: none yet
	said   bool  // some of a body that is no error
	broken error // by a cb.Injector; nil: it is not

	eventError func(event string, data []byte) error
	events     atomic.Pointer[eventScanner] // nil: of none
}

// guardExchange wraps an exchange for [cb.CallStream].
func guardExchange(g *cb.StreamGuard[*exchange]) *exchange {
	x := g.Source()
	x.guard = g
	return x
}

// serve lets a handler answer the request, and tells the breaker how that went. A handler that gives its response up by
// http.ErrAbortHandler may do so for a client that has gone; any other panic is a failure.
func (x *exchange) serve(h http.Handler, r *http.Request) {
	stop := context.AfterFunc(x.client, x.leave)
	defer stop()
	defer x.guard.Abandon()
	x.guard.Wait()
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler: //nolint:errorlint // net/http compares it so
			x.end(http.ErrAbortHandler)
			panic(p)
		default:
			panic(p)
		}
	}()
	inner := r.WithContext(x.ctx)
	defer func() { r.MultipartForm = inner.MultipartForm }() // whose files the server removes, of the request that it knows
	h.ServeHTTP(x, inner)
	x.end(x.err())
}

// leave is the client's going away. The handler then has nothing more to do. A client that understands an error event may leave
// by that.
func (x *exchange) leave() {
	if err := x.events.Load().err(); err != nil {
		_, _ = x.guard.Ended(err)
	}
	if !errors.Is(x.client.Err(), context.DeadlineExceeded) { // else the attempt's context has ended as well
		x.guard.Closed()
	}
}

// end tells the breaker how the handler ended. What went wrong after the client had gone may have done so because of that.
func (x *exchange) end(err error) {
	if err != nil && x.client.Err() != nil {
		x.leave()
	}
	_, _ = x.guard.Ended(err)
}

// err is what the response says of the upstream.
func (x *exchange) err() error {
	if x.status < http.StatusBadRequest {
		return x.events.Load().err()
	}
	return &answerError{cb.StatusError{Code: x.status}, cb.RetryAfterHeader(x.Header())}
}

// answerError is a response that may be a failure.
type answerError struct {
	cb.StatusError
	retryAfter time.Duration
}

// RetryAfter is for the breaker.
func (e *answerError) RetryAfter() time.Duration { return e.retryAfter }

// Unwrap is for http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

func (x *exchange) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols { // others announce that another is to come
		x.begin(status)
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) begin(status int) {
	if x.status == 0 {
		x.status = status
		x.events.Store(newEventScanner(x.eventError, x.Header()))
	}
}

func (x *exchange) Write(p []byte) (n int, err error) {
	x.begin(http.StatusOK)
	x.events.Load().scan(p)
	x.said = x.said || len(p) > 0 && x.status < http.StatusBadRequest
	err = x.send(func() error {
		n, err = x.ResponseWriter.Write(p)
		return err
	})
	return n, err
}

// Flush is for handlers that look for an http.Flusher.
func (x *exchange) Flush() { _ = x.FlushError() }

// FlushError is what http.ResponseController calls.
func (x *exchange) FlushError() error {
	err := x.send(http.NewResponseController(x.ResponseWriter).Flush)
	if !errors.Is(err, http.ErrNotSupported) {
		x.begin(http.StatusOK)
	}
	return err
}

// send does what may have to wait for the client, which the breaker has no interest in. An error means that the client has gone,
// unless it is a handler's mistake. Of a response that was broken off nothing more is sent.
func (x *exchange) send(write func() error) error {
	if x.broken == nil && x.said && !x.guard.Item() {
		_, x.broken = x.guard.Ended(nil)
	}
	if x.broken != nil {
		return x.broken
	}
	if x.said {
		defer x.guard.Wait()
	}
	err := write()
	if err == nil {
		return nil
	}
	for _, mistake := range []error{http.ErrBodyNotAllowed, http.ErrContentLength, http.ErrNotSupported} {
		if errors.Is(err, mistake) {
			return err
		}
	}
	x.leave()
	return err
}

// Hijack is for handlers that look for an http.Hijacker. What they do with the connection the breaker does not see.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(x.ResponseWriter).Hijack()
	if err == nil {
		x.begin(http.StatusSwitchingProtocols)
		x.guard.Item()
	}
	return conn, rw, err
}

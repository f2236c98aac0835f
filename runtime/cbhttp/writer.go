package cbhttp

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"

	cb "github.com/cbgen/cbgen/runtime"
)

// statusWriter notes what a handler answers. What it does not know itself, [http.ResponseController] finds behind it.
type statusWriter struct {
	http.ResponseWriter
	status int    // 0: none yet
	gone   func() // the client does not take what is written
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols { // others announce that another is to come
		w.note(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	w.note(http.StatusOK)
	n, err := w.ResponseWriter.Write(p)
	w.check(err)
	return n, err
}

// Flush is for handlers that look for an http.Flusher.
func (w *statusWriter) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *statusWriter) FlushError() error {
	err := http.NewResponseController(w.ResponseWriter).Flush()
	if errors.Is(err, http.ErrNotSupported) {
		return err
	}
	w.note(http.StatusOK)
	w.check(err)
	return err
}

// Hijack is for handlers that look for an http.Hijacker.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.note(http.StatusSwitchingProtocols)
	}
	return conn, rw, err
}

func (w *statusWriter) note(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// check tells a client that has gone from a handler's mistake.
func (w *statusWriter) check(err error) {
	if err != nil && !errors.Is(err, http.ErrBodyNotAllowed) && !errors.Is(err, http.ErrContentLength) {
		w.gone()
	}
}

// outcome is what the answer says of the handler. err is how it ended, ctx is the request's.
func (w *statusWriter) outcome(ctx context.Context, err error) cb.Outcome {
	switch left := errors.Is(ctx.Err(), context.Canceled); {
	case left && (w.status == 0 || w.status >= 400): // the status of a proxy whose client has gone is its own
		return cb.Outcome{Err: ctx.Err()}
	case err != nil && !left:
		return cb.Outcome{Err: err}
	default:
		w.note(http.StatusOK) // as net/http does
		return cb.Outcome{Code: w.status, RetryAfter: cb.RetryAfterHeader(w.Header())}
	}
}

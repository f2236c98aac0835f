package cbhttp

import (
	"context"
	"errors"
	"net/http"

	cb "github.com/cbgen/cbgen/runtime"
)

// WithContext returns req with ctx as its context, req itself where it has that already. Generated code hands a request on by
// it: no copy is made where no deadline gives the attempt a context of its own. req may be nil.
func WithContext(ctx context.Context, req *http.Request) *http.Request {
	if req == nil || req.Context() == ctx {
		return req
	}
	return req.WithContext(ctx)
}

// CloseRejected closes the body of a request that was not sent because a breaker rejected the call, or because the caller left while
// it waited for its turn: a sender of requests closes their bodies on errors too (see [http.RoundTripper]), and callers rely on
// that. err is what the call returned. req may be nil.
func CloseRejected(req *http.Request, err error) {
	if err == nil || req == nil || req.Body == nil {
		return
	}
	_, rejected := errors.AsType[*cb.RejectedError](err)
	if rejected || err == req.Context().Err() { //nolint:errorlint // bare, it may be the breaker's; to close a body twice does no harm
		_ = req.Body.Close() // the caller has its error
	}
}

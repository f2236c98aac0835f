package cbhttp

import (
	"context"
	"net/http"
)

// WithContext returns req with ctx as its context, req itself where it has that already. Generated code hands a request on by
// it: no copy is made where no deadline gives the attempt a context of its own. req may be nil.
func WithContext(ctx context.Context, req *http.Request) *http.Request {
	if req == nil || req.Context() == ctx {
		return req
	}
	return req.WithContext(ctx)
}

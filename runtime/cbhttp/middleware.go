package cbhttp

import (
	"context"
	"errors"
	"net/http"

	cb "github.com/cbgen/cbgen/runtime"
)

// Middleware guards handlers that stand for an upstream, such as the [net/http/httputil.ReverseProxy] of a gateway: one Middleware
// for each provider, with a breaker for each path, or for each value of [WithKey], such as [PathAndModel]. Their name is
// "http.ServeHTTP", with that of [cb.WithName] in place of http. A nil policy is none: the handler itself comes back.
//
// The status of the response is its code for the policy, whose failures are 429 and 5xx but 501 where it does not say; its
// Retry-After is honoured. It counts when the handler returns. A handler that panics fails, and the panic goes on; so does one that
// ends a response with [http.ErrAbortHandler], as a proxy does whose upstream breaks off in the middle of one. A client that goes
// away has had an answer where one had begun that is no error, which is a success, and else counts as nothing: the context of the
// request tells, or an error of writing the response, after which the handler's context is cancelled.
//
// [cb.Policy.Deadline] limits the handler's context, and [cb.Policy.Stream] the waits for what it writes: to the first of a body,
// and from there on, without the time that the client takes. [cb.Policy.Slow] ends with the first of a body.
//
// A rejected request is answered with status 503: see [Rejection].
//
// The rejections of a [Transport] behind the handler come as the handler's own 502 or 503, and so count as failures here: one of
// the two is enough.
//
// A handler cannot take back what it has written, so it is called once: Middleware panics where the policy has a Retry. It also
// panics on a bad policy, and where the registry has a breaker of that name already.
func Middleware(policy *cb.Policy, opts ...Option) func(http.Handler) http.Handler {
	if policy == nil {
		return func(next http.Handler) http.Handler { return next }
	}
	if policy.Retry.Max != 0 {
		panic("cbhttp.Middleware: a handler is called once: the policy must have no Retry")
	}
	o := newOptions(opts)
	if o.key == nil {
		o.key = Path
	}
	if o.rejection == nil {
		o.rejection = Problem
	}
	breakers := o.breakers("http", "ServeHTTP", *policy)
	return func(next http.Handler) http.Handler {
		return &guarded{next: next, breakers: breakers, key: o.key, rejection: o.rejection, eventError: o.eventError}
	}
}

// guarded is a handler behind breakers.
type guarded struct {
	next       http.Handler
	breakers   *cb.Keyed[string]
	key        func(*http.Request) string
	rejection  Rejection
	eventError func(event string, data []byte) error
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := detach(r.Context())
	defer cancel()
	stop := context.AfterFunc(r.Context(), cancel)
	x, err := cb.CallStream(ctx, g.breakers.For(g.key(r)), guardExchange, func(ctx context.Context) (*exchange, error) {
		return &exchange{ResponseWriter: w, client: r.Context(), ctx: ctx, eventError: g.eventError}, nil
	})
	stop()
	if err == nil {
		x.serve(g.next, r)
		return
	}
	rejected, ok := errors.AsType[*cb.RejectedError](err)
	if !ok { // its time was up while it waited
		rejected = &cb.RejectedError{Reason: cb.ReasonBulkheadFull}
	}
	g.rejection.write(w, r, rejected)
}

// detach returns a context with the deadline of a request's, but that does not end where the client goes away: the breaker is to
// hear of that from the exchange, which knows how far the answer has come.
func detach(ctx context.Context) (context.Context, context.CancelFunc) {
	detached := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(detached, deadline)
	}
	return context.WithCancel(detached)
}

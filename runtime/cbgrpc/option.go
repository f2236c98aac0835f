// Package cbgrpc puts the calls of gRPC connections behind circuit breakers of package cb: [UnaryClientInterceptor] and
// [StreamClientInterceptor].
//
// The codes of gRPC are the codes of the policy: Policy.Failure.Codes lists them by name, "Unavailable,ResourceExhausted". Where
// a policy does not say what is a failure, DeadlineExceeded, ResourceExhausted, Internal, Unavailable and DataLoss are. What a
// server asks for in the trailer grpc-retry-pushback-ms holds the breaker open at least so long once it opens, and is waited for
// before a retry; where it is negative or cannot be read, there is no retry (gRFC A6).
package cbgrpc

import (
	"slices"

	cb "github.com/cbgen/cbgen/runtime"
	"google.golang.org/grpc/status"
)

// defaultCodes are failures where a policy does not say what is one. Unknown is not among them: it is what a Go server makes of
// any error of its own.
const defaultCodes = "DeadlineExceeded,ResourceExhausted,Internal,Unavailable,DataLoss"

// Option sets something beside the policy. A nil Option does nothing.
type Option func(*options)

type options struct {
	breaker    []cb.Option
	key        func(fullMethod string) string
	maxKeys    int
	idempotent func(fullMethod string) bool
}

func newOptions(opts []Option) *options {
	var o options
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if o.key == nil {
		o.key = func(fullMethod string) string { return fullMethod }
	}
	if o.idempotent == nil {
		o.idempotent = declaredIdempotent
	}
	return &o
}

// breakers makes the breakers of a client, which read the codes of gRPC's errors.
func (o *options) breakers(method string, policy cb.Policy) *cb.Keyed[string] {
	if f := &policy.Failure; f.Codes == "" && len(f.Errors) == 0 && len(f.CodeOf) == 0 {
		f.Codes = defaultCodes
	}
	policy.Failure.CodeOf = append(slices.Clip(policy.Failure.CodeOf), cb.CodeFrom(status.FromError, (*status.Status).Code))
	return cb.KeyedBreaker[string](cb.NewClient("grpc", o.breaker...), method, policy, o.maxKeys)
}

// WithBreaker sets options of the breakers, such as [cb.WithName] and [cb.WithRegistry]. Connections that share a registry need
// names of their own.
func WithBreaker(opts ...cb.Option) Option {
	return func(o *options) { o.breaker = append(o.breaker, opts...) }
}

// WithKey sets what has a breaker of its own: methods of one key share one. Default, also for nil: every method has its own, and its
// full name as a key, "/package.Service/Method".
func WithKey(key func(fullMethod string) string) Option { return func(o *options) { o.key = key } }

// WithMaxKeys bounds the number of breakers, as [cb.Keyed] says. Default, also for 0: 256.
func WithMaxKeys(n int) Option { return func(o *options) { o.maxKeys = n } }

// WithIdempotent tells which methods do no harm when they are called twice, and so may be retried where [cb.Policy.Retry] says.
// Default, also for nil: those whose definition in a linked .proto file has the option idempotency_level.
func WithIdempotent(idempotent func(fullMethod string) bool) Option {
	return func(o *options) { o.idempotent = idempotent }
}

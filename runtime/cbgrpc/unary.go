package cbgrpc

import (
	"context"

	cb "github.com/cbgen/cbgen/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// UnaryClientInterceptor guards the unary calls of a connection, with a breaker for each method, or for each value of [WithKey].
// Their name is "grpc.Unary", with that of [cb.WithName] in place of grpc.
//
// A rejection is a *[cb.RejectedError] for errors.As, and has the status Unavailable with a RetryInfo for status.FromError.
// [cb.Policy.Retry] holds for methods that are idempotent: see [WithIdempotent].
//
// It panics on a bad policy, and where the registry has a breaker of that name already.
func UnaryClientInterceptor(policy cb.Policy, opts ...Option) grpc.UnaryClientInterceptor {
	o := newOptions(opts)
	breakers := o.breakers("Unary", policy)
	return func(
		ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
	) error {
		type none struct{}
		var trailer metadata.MD
		opts = append(opts[:len(opts):len(opts)], grpc.Trailer(&trailer))
		outcomeOf := func(_ none, err error) cb.Outcome {
			out := outcome(err, trailer)
			trailer = nil // another attempt may end without one
			out.Final = out.Final || err != nil && !o.idempotent(method)
			return out
		}
		_, err := cb.CallResult(ctx, breakers.For(o.key(method)), outcomeOf, func(ctx context.Context) (none, error) {
			return none{}, invoke(ctx, method, req, reply, cc, opts...)
		})
		return withStatus(err)
	}
}

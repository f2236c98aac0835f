package cbgrpc_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbgrpc"
)

func TestUnaryIsJudgedByCode(t *testing.T) {
	t.Parallel()
	failures := map[codes.Code]bool{
		codes.DeadlineExceeded: true, codes.ResourceExhausted: true, codes.Internal: true, codes.Unavailable: true, codes.DataLoss: true,
	}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u, client := serve(t, cb.Policy{Threshold: 2}, plain())
				u.set(answer{code: code})
				for range 2 {
					require.Equal(t, code, status.Code(ask(t.Context(), client)))
				}
				err := ask(t.Context(), client)
				assert.Equal(t, failures[code], errors.Is(err, cb.ErrOpen))
			})
		})
	}
}

func TestUnaryWithAPolicysOwnCodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, cb.Policy{
			Threshold: 1, Failure: cb.Match{Codes: "Aborted,Unavailable"}, Ignore: cb.Match{Codes: "Unavailable"},
		}, plain())
		for _, code := range []codes.Code{codes.Internal, codes.Unavailable, codes.Aborted} {
			u.set(answer{code: code})
			require.Equal(t, code, status.Code(ask(t.Context(), client)))
		}
		require.ErrorIs(t, ask(t.Context(), client), cb.ErrOpen)
	})
}

// TestUnaryWithNilOptions has what it has without them, also where a retry asks whether the method is idempotent.
func TestUnaryWithNilOptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, cb.Policy{Threshold: 2, Retry: cb.Retry{Max: 1}}, plain(), nil, cbgrpc.WithKey(nil), cbgrpc.WithIdempotent(nil))
		u.set(answer{code: codes.Unavailable})
		require.Equal(t, codes.Unavailable, status.Code(ask(t.Context(), client)))
		require.Equal(t, 1, u.called(), "its definition does not say that it may be retried")
	})
}

func TestUnaryRejectionHasAStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, cb.Policy{Threshold: 1}, plain(cb.WithName("shop")))
		u.set(answer{code: codes.Unavailable})
		require.Error(t, ask(t.Context(), client))
		time.Sleep(10 * time.Second)
		err := ask(t.Context(), client)
		var rejected *cb.RejectedError
		require.ErrorAs(t, err, &rejected)
		assert.Equal(t, unaryCall, rejected.Key)
		assert.EqualError(t, err, `shop.Unary["`+unaryCall+`"]: circuit breaker is open, retry after 20s, last failure: `+
			`rpc error: code = Unavailable desc = as told`)
		s, ok := status.FromError(err)
		require.True(t, ok)
		assert.Equal(t, codes.Unavailable, s.Code())
		require.Len(t, s.Details(), 1)
		assert.Equal(t, 20*time.Second, s.Details()[0].(*errdetails.RetryInfo).GetRetryDelay().AsDuration())
		assert.Equal(t, 1, u.called())

		time.Sleep(20 * time.Second)
		u.set(answer{})
		require.NoError(t, ask(t.Context(), client))
	})
}

// TestUnaryThatIsLeftWhileItWaits has the status that gRPC itself has for that.
func TestUnaryThatIsLeftWhileItWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, cb.Policy{Bulkhead: cb.Bulkhead{Max: 1, Wait: time.Minute}}, plain())
		u.set(answer{hang: true})
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error)
		for range 2 {
			go func() { errs <- ask(ctx, client) }()
		}
		synctest.Wait()
		cancel()
		for range 2 {
			assert.Equal(t, codes.Canceled, status.Code(<-errs))
		}
	})
}

func TestUnaryMethodsAreIsolated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := cb.NewRegistry()
		u, client := serve(t, cb.Policy{Threshold: 1}, plain(cb.WithRegistry(registry)))
		u.set(answer{code: codes.Internal})
		require.Error(t, ask(t.Context(), client))
		require.ErrorIs(t, ask(t.Context(), client), cb.ErrOpen)
		_, err := client.EmptyCall(t.Context(), &testpb.Empty{})
		require.NoError(t, err)
		var keys []string
		for _, b := range registry.Breakers() {
			keys = append(keys, b.Client()+"."+b.Method()+" "+b.Key())
		}
		assert.Equal(t, []string{
			"grpc.Stream " + cb.OverflowKey,
			"grpc.Unary " + cb.OverflowKey, "grpc.Unary /grpc.testing.TestService/EmptyCall", "grpc.Unary " + unaryCall,
		}, keys)
	})
}

func TestUnaryByAKeyOfOnesOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, cb.Policy{Threshold: 1}, plain(), cbgrpc.WithKey(func(string) string { return "all" }), cbgrpc.WithMaxKeys(1), nil)
		u.set(answer{code: codes.Internal})
		require.Error(t, ask(t.Context(), client))
		_, err := client.EmptyCall(t.Context(), &testpb.Empty{})
		require.ErrorIs(t, err, cb.ErrOpen)
	})
}

func TestUnaryDeadlines(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy time.Duration
		caller func(context.Context) (context.Context, context.CancelFunc)
		opens  bool
	}{
		"ours": {policy: time.Second, caller: context.WithCancel, opens: true},
		"the caller's": {caller: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, opens: true},
		"the caller's cancellation": {caller: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u, client := serve(t, cb.Policy{Threshold: 1, Deadline: tt.policy}, plain())
				u.set(answer{hang: true})
				ctx, cancel := tt.caller(t.Context())
				defer cancel()
				start := time.Now()
				require.Error(t, ask(ctx, client))
				assert.Equal(t, time.Second, time.Since(start))
				u.set(answer{})
				assert.Equal(t, tt.opens, errors.Is(ask(t.Context(), client), cb.ErrOpen))
			})
		})
	}
}

func TestUnaryRetries(t *testing.T) {
	t.Parallel()
	const backoff = 100 * time.Millisecond // of which the plain source of jitter takes the half
	for name, tt := range map[string]struct {
		first  answer
		option cbgrpc.Option
		took   time.Duration
		fails  bool
	}{
		"after the backoff":                {first: answer{code: codes.Unavailable}, option: always(), took: backoff / 2},
		"the server asks for a wait":       {first: answer{code: codes.Unavailable, pushback: "700"}, option: always(), took: 700 * time.Millisecond},
		"the server wants it at once":      {first: answer{code: codes.Unavailable, pushback: "0"}, option: always(), took: backoff / 2},
		"the server wants none":            {first: answer{code: codes.Unavailable, pushback: "-1"}, option: always(), fails: true},
		"the server cannot be understood":  {first: answer{code: codes.Unavailable, pushback: "soon"}, option: always(), fails: true},
		"a method that is not idempotent":  {first: answer{code: codes.Unavailable}, fails: true},
		"what is not a failure":            {first: answer{code: codes.NotFound}, option: always(), fails: true},
		"the server asks for an aeon":      {first: answer{code: codes.Unavailable, pushback: "9223372036854775807"}, option: always(), fails: true},
		"and more than a number can be is": {first: answer{code: codes.Unavailable, pushback: "9223372036854775808"}, option: always(), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u, client := serve(t, cb.Policy{Retry: cb.Retry{Max: 1, Backoff: backoff}}, plain(), tt.option)
				u.set(tt.first, answer{})
				start := time.Now()
				err := ask(t.Context(), client)
				assert.Equal(t, tt.fails, err != nil, "%v", err)
				assert.Equal(t, tt.took, time.Since(start))
			})
		})
	}
}

// TestUnaryPushbackIsOfOneAttempt: one that ends before a server has said anything asks for nothing.
func TestUnaryPushbackIsOfOneAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const backoff = 100 * time.Millisecond
		calls := 0
		invoke := func(_ context.Context, _ string, _, _ any, _ *grpc.ClientConn, opts ...grpc.CallOption) error {
			if calls++; calls == 1 {
				*opts[len(opts)-1].(grpc.TrailerCallOption).TrailerAddr = metadata.Pairs("grpc-retry-pushback-ms", "700")
			}
			return status.Error(codes.Unavailable, "as told")
		}
		guarded := cbgrpc.UnaryClientInterceptor(cb.Policy{Retry: cb.Retry{Max: 2, Backoff: backoff}}, plain(), always())
		start := time.Now()
		require.Error(t, guarded(t.Context(), unaryCall, nil, nil, nil, invoke))
		assert.Equal(t, 3, calls)
		assert.Equal(t, 700*time.Millisecond+backoff, time.Since(start))
	})
}

func TestUnaryPushbackHoldsTheBreakerOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, cb.Policy{Threshold: 1}, plain())
		u.set(answer{code: codes.ResourceExhausted, pushback: "90000"})
		require.Equal(t, codes.ResourceExhausted, status.Code(ask(t.Context(), client)))
		var rejected *cb.RejectedError
		require.ErrorAs(t, ask(t.Context(), client), &rejected)
		assert.Equal(t, 90*time.Second, rejected.RetryAfter)
	})
}

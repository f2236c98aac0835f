package cbgrpc_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbgrpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const unaryCall = "/grpc.testing.TestService/UnaryCall"

// plain are options of breakers without log and jitter: every open period and every wait for a retry is as long as written.
func plain(opts ...cb.Option) cbgrpc.Option {
	return cbgrpc.WithBreaker(append([]cb.Option{
		cb.WithLogger(slog.New(slog.DiscardHandler)), cb.WithJitter(func() float64 { return 0.5 }),
	}, opts...)...)
}

// always lets every method be called twice.
func always() cbgrpc.Option { return cbgrpc.WithIdempotent(func(string) bool { return true }) }

// upstream is a server of gRPC's own test service. Each call ends as the next of its answers says, as the last of them from then
// on; streams send their items before.
type upstream struct {
	testpb.UnimplementedTestServiceServer
	mu      sync.Mutex
	answers []answer
	calls   int
}

type answer struct {
	code     codes.Code
	pushback string // "": none
	items    int
	every    time.Duration // an item
	hang     bool
	deaf     bool // it does not receive either
}

func (u *upstream) set(answers ...answer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answers, u.calls = answers, 0
}

func (u *upstream) called() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.calls
}

func (u *upstream) next() answer {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls++
	return u.answers[min(u.calls, len(u.answers))-1]
}

func (a answer) end(ctx context.Context) error {
	if a.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if a.pushback != "" {
		_ = grpc.SetTrailer(ctx, metadata.Pairs("grpc-retry-pushback-ms", a.pushback))
	}
	return status.Error(a.code, "as told")
}

func (u *upstream) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{}, u.next().end(ctx)
}

func (u *upstream) EmptyCall(context.Context, *testpb.Empty) (*testpb.Empty, error) {
	return &testpb.Empty{}, nil
}

func (u *upstream) StreamingOutputCall(
	_ *testpb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse],
) error {
	a := u.next()
	for range a.items {
		select {
		case <-s.Context().Done():
			return s.Context().Err()
		case <-time.After(a.every):
		}
		if err := s.Send(&testpb.StreamingOutputCallResponse{}); err != nil {
			return err
		}
	}
	return a.end(s.Context())
}

func (u *upstream) StreamingInputCall(
	s grpc.ClientStreamingServer[testpb.StreamingInputCallRequest, testpb.StreamingInputCallResponse],
) error {
	a := u.next()
	if a.deaf {
		return a.end(s.Context())
	}
	n := int32(0)
	for {
		switch _, err := s.Recv(); err {
		case nil:
			n++
		case io.EOF:
			if err := a.end(s.Context()); err != nil {
				return err
			}
			return s.SendAndClose(&testpb.StreamingInputCallResponse{AggregatedPayloadSize: n})
		default:
			return err
		}
	}
}

func (u *upstream) FullDuplexCall(
	s grpc.BidiStreamingServer[testpb.StreamingOutputCallRequest, testpb.StreamingOutputCallResponse],
) error {
	a := u.next()
	if a.deaf {
		return a.end(s.Context())
	}
	for {
		switch _, err := s.Recv(); err {
		case nil:
			if err := s.Send(&testpb.StreamingOutputCallResponse{}); err != nil {
				return err
			}
		case io.EOF:
			return a.end(s.Context())
		default:
			return err
		}
	}
}

// serve starts the upstream and connects to it.
func serve(t *testing.T, policy cb.Policy, opts ...cbgrpc.Option) (*upstream, testpb.TestServiceClient) {
	t.Helper()
	return serveOver(t, func(c net.Conn) net.Conn { return c }, policy, opts...)
}

// far is a connection on which the other end is heard a millisecond late. A call's deadline is its server's as well: without a
// distance it would be chance whether a client hears first of the server's or of its own.
type far struct{ net.Conn }

func (f far) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	time.Sleep(time.Millisecond)
	return n, err
}

func serveOver(
	t *testing.T, network func(net.Conn) net.Conn, policy cb.Policy, opts ...cbgrpc.Option,
) (*upstream, testpb.TestServiceClient) {
	t.Helper()
	u := &upstream{answers: []answer{{}}}
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	testpb.RegisterTestServiceServer(server, u)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///upstream",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			conn, err := listener.DialContext(ctx)
			if err != nil {
				return nil, err
			}
			return network(conn), nil
		}),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(cbgrpc.UnaryClientInterceptor(policy, opts...)),
		grpc.WithStreamInterceptor(cbgrpc.StreamClientInterceptor(policy, opts...)),
	)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, conn.Close())
		server.Stop()
		assert.NoError(t, <-served)
	})
	return u, testpb.NewTestServiceClient(conn)
}

// ask makes one unary call.
func ask(ctx context.Context, client testpb.TestServiceClient) error {
	_, err := client.UnaryCall(ctx, &testpb.SimpleRequest{})
	return err
}

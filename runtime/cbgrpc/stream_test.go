package cbgrpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbtest"
)

// read opens a stream of the server and receives until an error comes, or n messages have.
func read(ctx context.Context, client testpb.TestServiceClient, n int) (got int, err error) {
	stream, err := client.StreamingOutputCall(ctx, &testpb.StreamingOutputCallRequest{})
	for ; err == nil && got < n; got++ {
		if _, err = stream.Recv(); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return got, err
}

const all = 1 << 30

func TestServerStream(t *testing.T) {
	t.Parallel()
	success, failure, ignored := cb.Counts{Success: 1}, cb.Counts{Failure: 1}, cb.Counts{Ignored: 1}
	limits := cb.Policy{Stream: cb.Stream{First: 5 * time.Second, Idle: 2 * time.Second}}
	for name, tt := range map[string]struct {
		policy   cb.Policy
		answer   answer
		patience time.Duration // 0: endless
		want     cb.Counts
		got      int
		code     codes.Code
		limit    string // that passed
		took     time.Duration
	}{
		"ends well":                {answer: answer{items: 3}, got: 3, want: success},
		"ends well without any":    {want: success},
		"fails before the first":   {answer: answer{code: codes.Unavailable}, want: failure, code: codes.Unavailable},
		"fails after some":         {answer: answer{items: 3, code: codes.Unavailable}, got: 3, want: failure, code: codes.Unavailable},
		"ends with an answer":      {answer: answer{items: 3, code: codes.NotFound}, got: 3, want: success, code: codes.NotFound},
		"hangs before the first":   {policy: limits, answer: answer{hang: true}, want: failure, limit: "first", took: 5 * time.Second},
		"hangs after some":         {policy: limits, answer: answer{items: 3, every: time.Second, hang: true}, got: 3, want: failure, limit: "idle", took: 5 * time.Second},
		"is long":                  {policy: limits, answer: answer{items: 100, every: time.Second}, got: 100, want: success, took: 100 * time.Second},
		"is longer than it may be": {policy: cb.Policy{Deadline: 10 * time.Second}, answer: answer{items: 100, every: 3 * time.Second}, got: 3, want: failure, code: codes.DeadlineExceeded, took: 10 * time.Second},
		"the caller leaves":        {answer: answer{hang: true}, patience: time.Second, want: ignored, code: codes.Canceled, took: time.Second},
		"is slow to begin":         {policy: cb.Policy{Slow: time.Second}, answer: answer{items: 1, every: 2 * time.Second}, got: 1, want: failure, took: 2 * time.Second},
		"is long, but not slow":    {policy: cb.Policy{Slow: 2 * time.Second}, answer: answer{items: 5, every: time.Second}, got: 5, want: success, took: 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				registry := cb.NewRegistry()
				u, client := serve(t, tt.policy, plain(cb.WithRegistry(registry)))
				u.set(tt.answer)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.patience > 0 {
					time.AfterFunc(tt.patience, cancel)
				}
				start := time.Now()
				got, err := read(ctx, client, all)
				assert.Equal(t, tt.got, got)
				assert.Equal(t, tt.took, time.Since(start))
				if tt.limit == "" {
					assert.Equal(t, tt.code, status.Code(err))
				} else {
					var limit *cb.StreamLimitError
					require.ErrorAs(t, err, &limit)
					assert.Equal(t, tt.limit, limit.Limit)
					assert.Equal(t, codes.DeadlineExceeded, status.Code(err))
				}
				snapshot := registry.Breakers()[1].Snapshot()
				assert.Equal(t, "grpc.Stream", snapshot.Client+"."+snapshot.Method)
				assert.Equal(t, "/grpc.testing.TestService/StreamingOutputCall", snapshot.Key)
				assert.Equal(t, tt.want, snapshot.Counts)
				assert.Zero(t, snapshot.InFlight)
			})
		})
	}
}

// TestStreamIsCut drops the message that a fault has broken the stream off before, and counts the fault.
func TestStreamIsCut(t *testing.T) {
	t.Parallel()
	registry, faults := cb.NewRegistry(), cbtest.NewFaults()
	u, client := serve(t, cb.Policy{}, plain(cb.WithRegistry(registry), cb.WithInjector(faults)))
	u.set(answer{items: 5})
	faults.CutNext("Stream", 1, 2)
	got, err := read(t.Context(), client, all)
	require.Error(t, err)
	assert.Equal(t, 2, got)
	require.NotEmpty(t, registry.Snapshots())
	counts := cb.Counts{}
	for _, s := range registry.Snapshots() {
		counts.Failure += s.Counts.Failure
	}
	assert.Equal(t, cb.Counts{Failure: 1}, counts)
	got, err = read(t.Context(), client, all)
	require.NoError(t, err)
	assert.Equal(t, 5, got)
}

func TestStreamRejection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, client := serve(t, cb.Policy{Threshold: 1, Retry: cb.Retry{Max: 3}}, plain(), always())
		u.set(answer{code: codes.ResourceExhausted, pushback: "90000"})
		_, err := read(t.Context(), client, all)
		require.EqualError(t, err, "rpc error: code = ResourceExhausted desc = as told", "the server's own error")
		assert.Equal(t, 1, u.called(), "a stream is not opened again")
		_, err = read(t.Context(), client, all)
		assert.Equal(t, codes.Unavailable, status.Code(err))
		var rejected *cb.RejectedError
		require.ErrorAs(t, err, &rejected)
		assert.Equal(t, 90*time.Second, rejected.RetryAfter)
		assert.Equal(t, 1, u.called())
	})
}

func TestClientStream(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer answer
		want   cb.Counts
	}{
		"ends with its message": {want: cb.Counts{Success: 1}},
		"fails":                 {answer: answer{code: codes.Internal}, want: cb.Counts{Failure: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				registry := cb.NewRegistry()
				u, client := serve(t, cb.Policy{}, plain(cb.WithRegistry(registry)))
				u.set(tt.answer)
				stream, err := client.StreamingInputCall(t.Context())
				require.NoError(t, err)
				for range 3 {
					require.NoError(t, stream.Send(&testpb.StreamingInputCallRequest{}))
				}
				reply, err := stream.CloseAndRecv()
				assert.Equal(t, tt.answer.code, status.Code(err))
				if err == nil {
					assert.Equal(t, int32(3), reply.GetAggregatedPayloadSize())
				}
				snapshot := registry.Breakers()[1].Snapshot()
				assert.Equal(t, tt.want, snapshot.Counts)
				assert.Zero(t, snapshot.InFlight)
			})
		})
	}
}

func TestBidirectionalStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := cb.NewRegistry()
		u, client := serve(t, cb.Policy{}, plain(cb.WithRegistry(registry)))
		u.set(answer{})
		stream, err := client.FullDuplexCall(t.Context())
		require.NoError(t, err)
		for range 3 {
			require.NoError(t, stream.Send(&testpb.StreamingOutputCallRequest{}))
			_, err := stream.Recv()
			require.NoError(t, err)
		}
		b := registry.Breakers()[1]
		assert.Equal(t, 1, b.Snapshot().InFlight)
		require.NoError(t, stream.CloseSend())
		_, err = stream.Recv()
		require.Equal(t, io.EOF, err)
		assert.Equal(t, cb.Counts{Success: 1}, b.Snapshot().Counts)
		assert.Zero(t, b.Snapshot().InFlight)
	})
}

// What cannot be sent ends a stream, and is no fault of the server.
func TestStreamThatCannotSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := cb.NewRegistry()
		_, client := serve(t, cb.Policy{Threshold: 1}, plain(cb.WithRegistry(registry)))
		stream, err := client.FullDuplexCall(t.Context())
		require.NoError(t, err)
		require.Equal(t, codes.Internal, status.Code(stream.SendMsg("no message")))
		snapshot := registry.Breakers()[1].Snapshot()
		assert.Equal(t, cb.Counts{Ignored: 1}, snapshot.Counts)
		assert.Zero(t, snapshot.InFlight)
	})
}

// TestStreamWhoseServerDoesNotReceive fails by its deadline, also where its client hears of that while it sends, or waits for the header.
func TestStreamWhoseServerDoesNotReceive(t *testing.T) {
	t.Parallel()
	payload := &testpb.Payload{Body: make([]byte, 1<<15)} // two of them fill the stream's window
	client := func(ctx context.Context, client testpb.TestServiceClient) error {
		s, err := client.StreamingInputCall(ctx)
		if err != nil {
			return err
		}
		for err == nil {
			err = s.Send(&testpb.StreamingInputCallRequest{Payload: payload})
		}
		_, err = s.CloseAndRecv()
		return err
	}
	both := func(ctx context.Context, client testpb.TestServiceClient) error {
		s, err := client.FullDuplexCall(ctx)
		if err != nil {
			return err
		}
		for err == nil {
			err = s.Send(&testpb.StreamingOutputCallRequest{Payload: payload})
		}
		_, err = s.Recv()
		return err
	}
	header := func(ctx context.Context, client testpb.TestServiceClient) error {
		s, err := client.FullDuplexCall(ctx)
		if err != nil {
			return err
		}
		if _, err = s.Header(); err != nil {
			return err
		}
		_, err = s.Recv()
		return err
	}
	for name, send := range map[string]func(context.Context, testpb.TestServiceClient) error{
		"a client's": client, "a bidirectional one": both, "the header": header,
	} {
		for end, tt := range map[string]struct {
			deadline, timeout, patience time.Duration // the policy's, the caller's, and until the caller cancels
			want                        cb.Counts
			code                        codes.Code
		}{
			"our deadline":         {time.Second, time.Hour, time.Hour, cb.Counts{Failure: 1}, codes.DeadlineExceeded},
			"the caller's":         {0, time.Second, time.Hour, cb.Counts{Failure: 1}, codes.DeadlineExceeded},
			"the caller's leaving": {0, time.Hour, time.Second, cb.Counts{Ignored: 1}, codes.Canceled},
		} {
			t.Run(name+", "+end, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					registry := cb.NewRegistry()
					u, client := serveOver(t, func(c net.Conn) net.Conn { return far{c} },
						cb.Policy{Deadline: tt.deadline}, plain(cb.WithRegistry(registry)))
					u.set(answer{hang: true, deaf: true})
					ctx, cancel := context.WithTimeout(t.Context(), tt.timeout)
					defer cancel()
					defer time.AfterFunc(tt.patience, cancel).Stop()
					assert.Equal(t, tt.code, status.Code(send(ctx, client)))
					snapshot := registry.Breakers()[1].Snapshot()
					assert.Equal(t, tt.want, snapshot.Counts)
					assert.Zero(t, snapshot.InFlight)
				})
			})
		}
	}
}

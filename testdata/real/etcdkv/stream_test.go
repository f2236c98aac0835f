package etcdkv

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/testdata/real/internal/pipes"
)

// ranges is a gRPC server whose streams bring so many answers, one each second, and end with err or not at all.
type ranges struct {
	pb.UnimplementedKVServer
	answers int
	err     error
	stalls  bool
}

func (s *ranges) RangeStream(_ *pb.RangeRequest, stream grpc.ServerStreamingServer[pb.RangeStreamResponse]) error {
	for range s.answers {
		time.Sleep(time.Second)
		if err := stream.Send(&pb.RangeStreamResponse{}); err != nil {
			return err
		}
	}
	if s.stalls {
		<-stream.Context().Done()
	}
	return s.err
}

// dial serves s and returns a client of it, over pipes, which virtual time knows.
func dial(t *testing.T, s pb.KVServer) pb.KVClient {
	t.Helper()
	l := pipes.Listen("etcd")
	server := grpc.NewServer()
	pb.RegisterKVServer(server, s)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	conn, err := grpc.NewClient("passthrough:///etcd", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) { return l.Dial(ctx, "pipe", address) }))
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, conn.Close())
		server.Stop()
		assert.NoError(t, <-served)
	})
	return pb.NewKVClient(conn)
}

// TestRangeStreamEnds reads gRPC's own streams: their end is the outcome, its code decides.
func TestRangeStreamEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server ranges
		want   codes.Code
		counts cb.Counts
	}{
		"well":        {ranges{answers: 3}, codes.OK, cb.Counts{Success: 1}},
		"unavailable": {ranges{answers: 1, err: status.Error(codes.Unavailable, "going down")}, codes.Unavailable, cb.Counts{Failure: 1}},
		"not found":   {ranges{answers: 1, err: status.Error(codes.NotFound, "compacted")}, codes.NotFound, cb.Counts{Success: 1}},
		"stalls":      {ranges{answers: 2, stalls: true}, codes.OK, cb.Counts{Failure: 1}},
		"silent":      {ranges{stalls: true}, codes.OK, cb.Counts{Failure: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				kv := NewKVBreaker(dial(t, &test.server))
				stream, err := kv.RangeStream(t.Context(), &pb.RangeRequest{})
				require.NoError(t, err)
				n := 0
				for {
					if _, err = stream.Recv(); err != nil {
						break
					}
					n++
				}
				assert.Equal(t, test.server.answers, n)
				switch {
				case test.server.stalls:
					var limit *cb.StreamLimitError
					require.ErrorAs(t, err, &limit)
				case test.want == codes.OK:
					assert.Equal(t, io.EOF, err)
				default:
					assert.Equal(t, test.want, status.Code(err))
				}
				assert.Equal(t, test.counts, kv.rangeStream.Snapshot().Counts)
				assert.Zero(t, kv.rangeStream.Snapshot().InFlight)
				_, err = stream.Header()
				require.NoError(t, err, "the source's other methods are there")
			})
		})
	}
}

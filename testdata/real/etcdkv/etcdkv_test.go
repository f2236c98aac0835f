package etcdkv

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	cb "github.com/cbgen/cbgen/runtime"
)

// server is a client whose server answers with err; nil: with nothing found.
type server struct {
	pb.KVClient // for the methods that no test calls
	err         error
	hang        bool
	calls       int
}

func (s *server) answer(ctx context.Context) error {
	s.calls++
	if s.hang {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	return s.err
}

func (s *server) Range(ctx context.Context, _ *pb.RangeRequest, _ ...grpc.CallOption) (*pb.RangeResponse, error) {
	return &pb.RangeResponse{}, s.answer(ctx)
}

func (s *server) Put(ctx context.Context, _ *pb.PutRequest, _ ...grpc.CallOption) (*pb.PutResponse, error) {
	return &pb.PutResponse{}, s.answer(ctx)
}

func (s *server) Txn(ctx context.Context, _ *pb.TxnRequest, _ ...grpc.CallOption) (*pb.TxnResponse, error) {
	return &pb.TxnResponse{}, s.answer(ctx)
}

func (s *server) RangeStream(ctx context.Context, _ *pb.RangeRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[pb.RangeStreamResponse], error) {
	_, limited := ctx.Deadline()
	if limited {
		return nil, errors.New("a stream must not end with its opening call")
	}
	return nil, s.answer(ctx)
}

func TestCodes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err   error
		opens bool
	}{
		"unavailable":          {status.Error(codes.Unavailable, "connection refused"), true},
		"resource exhausted":   {status.Error(codes.ResourceExhausted, "too many requests"), true},
		"wrapped":              {fmt.Errorf("put: %w", status.Error(codes.Unavailable, "connection refused")), true},
		"not found":            {status.Error(codes.NotFound, "no such lease"), false},
		"failed precondition":  {status.Error(codes.FailedPrecondition, "no space"), false},
		"unknown":              {status.Error(codes.Unknown, "who knows"), false},
		"no status, so failed": {errors.New("broken pipe"), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := &server{err: tt.err}
			kv := NewKVBreaker(next)
			for range 3 {
				_, err := kv.Put(t.Context(), &pb.PutRequest{})
				require.Equal(t, tt.err, err)
			}
			_, err := kv.Put(t.Context(), &pb.PutRequest{})
			if !tt.opens {
				assert.Equal(t, tt.err, err)
				return
			}
			assert.ErrorIs(t, err, cb.ErrOpen)
			assert.Equal(t, 3, next.calls)
			_, err = kv.Range(t.Context(), &pb.RangeRequest{})
			assert.Equal(t, tt.err, err, "another method has a breaker of its own")
		})
	}
}

func TestDeadlineCountsAndRecoveryCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := &server{hang: true}
		kv := NewKVBreaker(next)
		for range 3 {
			_, err := kv.Range(t.Context(), &pb.RangeRequest{})
			require.Equal(t, codes.DeadlineExceeded, status.Code(err), "the status of our own deadline: %v", err)
		}
		_, err := kv.Range(t.Context(), &pb.RangeRequest{})
		require.ErrorIs(t, err, cb.ErrOpen)

		next.hang = false
		time.Sleep(6 * time.Second)
		for range 3 {
			resp, err := kv.Range(t.Context(), &pb.RangeRequest{})
			require.NoError(t, err)
			require.NotNil(t, resp)
		}
		assert.Equal(t, 6, next.calls)
	})
}

func TestAStreamOutlivesItsCall(t *testing.T) {
	t.Parallel()
	_, err := NewKVBreaker(&server{}).RangeStream(t.Context(), &pb.RangeRequest{})
	assert.NoError(t, err)
}

func TestOneMethodHasARatio(t *testing.T) {
	t.Parallel()
	next := &server{}
	kv := NewKVBreaker(next)
	txn := func(err error) error {
		next.err = err
		_, err = kv.Txn(t.Context(), &pb.TxnRequest{})
		return err
	}
	sick := status.Error(codes.Unavailable, "connection refused")
	for range 4 {
		require.NoError(t, txn(nil))
		require.Equal(t, sick, txn(sick))
	}
	require.NoError(t, txn(nil))
	require.Equal(t, sick, txn(sick), "the tenth: 5 of 10")
	assert.ErrorIs(t, txn(nil), cb.ErrOpen)
}

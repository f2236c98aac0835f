package cbgrpc

import (
	"context"
	"errors"
	"io"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// StreamClientInterceptor guards the streams of a connection, client, server and bidirectional ones, with a breaker for each
// method, or for each value of [WithKey]. Their name is "grpc.Stream", with that of [cb.WithName] in place of grpc.
//
// What counts is how a stream ends, as [cb.CallStream] says: a caller must receive until io.EOF or another error comes, or end the
// context, as gRPC wants it anyway. [cb.Policy.Stream] limits the waits for messages. A stream is not opened again, for what was
// sent would be lost: [cb.Policy.Retry] does not hold.
//
// Rejections are as those of [UnaryClientInterceptor]. It panics on a bad policy, and where the registry has a breaker of that
// name already.
func StreamClientInterceptor(policy cb.Policy, opts ...Option) grpc.StreamClientInterceptor {
	o := newOptions(opts)
	policy.Retry = cb.Retry{}
	breakers := o.breakers("Stream", policy)
	return func(
		ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
	) (grpc.ClientStream, error) {
		wrap := func(g *cb.StreamGuard[grpc.ClientStream]) grpc.ClientStream {
			return &clientStream{ClientStream: g.Source(), guard: g, single: !desc.ServerStreams}
		}
		stream, err := cb.CallStream(ctx, breakers.For(o.key(method)), wrap, func(ctx context.Context) (grpc.ClientStream, error) {
			return open(ctx, desc, cc, method, opts...)
		})
		return stream, withStatus(err)
	}
}

// clientStream tells its guard of what is received.
type clientStream struct {
	grpc.ClientStream
	guard  *cb.StreamGuard[grpc.ClientStream]
	single bool // one message is the whole answer
}

// SendMsg ends the stream with an error of its own; io.EOF only says that RecvMsg has one.
func (s *clientStream) SendMsg(m any) (err error) {
	s.guard.Await(func() { err = s.ClientStream.SendMsg(m) }) // for a server that does not receive
	if err != nil && !errors.Is(err, io.EOF) {
		s.guard.Closed()
	}
	return err
}

// Header may have to wait for the server.
func (s *clientStream) Header() (md metadata.MD, err error) {
	s.guard.Await(func() { md, err = s.ClientStream.Header() })
	return md, err
}

func (s *clientStream) RecvMsg(m any) error {
	defer s.guard.Abandon()
	s.guard.Wait()
	err := s.ClientStream.RecvMsg(m)
	if err == nil {
		if !s.guard.Item() { // a cb.Injector has broken it off
			_, err = s.guard.Ended(nil)
			return withStatus(err)
		}
		if s.single {
			_, _ = s.guard.Ended(nil)
		}
		return nil
	}
	if errors.Is(err, io.EOF) {
		_, _ = s.guard.Ended(nil)
		return err
	}
	after, _ := pushback(s.Trailer())
	asking := &askingError{err, after}
	if _, ended := s.guard.Ended(asking); ended != error(asking) { //nolint:errorlint // is it that value?
		return withStatus(ended)
	}
	return err
}

// askingError is an error of a server that asks to be left alone.
type askingError struct {
	error
	retryAfter time.Duration
}

// Unwrap is the server's error.
func (e *askingError) Unwrap() error { return e.error }

// RetryAfter is for the breaker.
func (e *askingError) RetryAfter() time.Duration { return e.retryAfter }

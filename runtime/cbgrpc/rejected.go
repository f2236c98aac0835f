package cbgrpc

import (
	"context"
	"errors"

	cb "github.com/cbgen/cbgen/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// rejectedError is a rejection that has a status for callers who know gRPC alone.
type rejectedError struct{ *cb.RejectedError }

// Unwrap is the rejection.
func (e *rejectedError) Unwrap() error { return e.RejectedError }

// GRPCStatus is Unavailable, with what remains of the open period as the detail that gRPC has for it. A server may hand the
// status on to its own clients: it tells the reason, but not the Cause, which is the error of another call.
func (e *rejectedError) GRPCStatus() *status.Status {
	s := status.New(codes.Unavailable, e.RejectedError.Unwrap().Error())
	if e.RetryAfter > 0 {
		if detailed, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)}); err == nil {
			return detailed
		}
	}
	return s
}

// localError is another error of ours, which no server has sent, with the status that gRPC has for it.
type localError struct {
	error
	code codes.Code
}

// Unwrap is the error.
func (e *localError) Unwrap() error { return e.error }

// GRPCStatus tells the code, and what the error says.
func (e *localError) GRPCStatus() *status.Status { return status.New(e.code, e.Error()) }

// withStatus gives an error that is ours its status, as every error of an interceptor must have one: our breaker's rejection, a limit
// that passed, the end of a context while the call waited.
func withStatus(err error) error {
	if rejected, ok := err.(*cb.RejectedError); ok { //nolint:errorlint // of a breaker further in, the error has its place in a tree
		return &rejectedError{rejected}
	}
	switch _, ok := status.FromError(err); {
	case ok:
		return err
	case errors.Is(err, context.Canceled):
		return &localError{err, codes.Canceled}
	case errors.Is(err, context.DeadlineExceeded):
		return &localError{err, codes.DeadlineExceeded}
	default:
		return err
	}
}

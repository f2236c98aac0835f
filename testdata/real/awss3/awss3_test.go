package awss3

import (
	"context"
	"errors"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

// bucket answers as the SDK does for a status.
type bucket struct {
	transfermanager.S3APIClient // for the methods that no test calls
	err                         error
	calls                       int
	limited                     bool
}

func (b *bucket) HeadObject(ctx context.Context, _ *s3.HeadObjectInput, _ ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	b.calls++
	_, b.limited = ctx.Deadline()
	return &s3.HeadObjectOutput{}, b.err
}

func (b *bucket) GetObject(ctx context.Context, _ *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	b.calls++
	_, b.limited = ctx.Deadline()
	return &s3.GetObjectOutput{}, b.err
}

func responseError(status int) error {
	return &smithy.OperationError{ServiceID: "S3", OperationName: "HeadObject", Err: &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
			Err:      errors.New(http.StatusText(status)),
		},
	}}
}

func TestStatusesOfTheSDK(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err   error
		opens bool
	}{
		"503":        {responseError(503), true},
		"429":        {responseError(429), true},
		"404":        {responseError(404), false},
		"403":        {responseError(403), false},
		"no network": {&smithy.OperationError{Err: errors.New("dial tcp: no such host")}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := &bucket{err: tt.err}
			client := NewClientBreaker(next)
			for range 3 {
				_, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{})
				require.Equal(t, tt.err, err)
			}
			_, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{})
			assert.Equal(t, tt.opens, errors.Is(err, cb.ErrOpen), "got: %v", err)
		})
	}
}

func TestOnlyTheBodyOutlivesItsCall(t *testing.T) {
	t.Parallel()
	next := &bucket{}
	client := NewClientBreaker(next)
	_, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{})
	require.NoError(t, err)
	assert.True(t, next.limited)
	_, err = client.GetObject(t.Context(), &s3.GetObjectInput{})
	require.NoError(t, err)
	assert.False(t, next.limited)
}

// The wrapper is what the transfer manager takes.
var _ transfermanager.S3APIClient = (*ClientBreaker)(nil)

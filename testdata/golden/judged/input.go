// Package judged has results that say themselves what failed: a pointer that is no error, a status in a struct.
package judged

import (
	"context"
	"fmt"
	"net/http"
)

// GatewayError means a failure where it is not nil. It is no error: a nil one in an error would not be nil.
type GatewayError struct {
	Status  int
	Message string
	Cause   error
}

// StatusError is what a GatewayError means.
type StatusError struct {
	Status  int
	Message string
}

func (e *StatusError) Error() string   { return fmt.Sprintf("%d: %s", e.Status, e.Message) }
func (e *StatusError) StatusCode() int { return e.Status }

// Meaning returns what the results of any method of the gateway mean.
func Meaning[T any](_ T, err *GatewayError) error {
	if err == nil {
		return nil
	}
	return &StatusError{err.Status, err.Message}
}

// Refused makes results of a rejection.
func Refused[T any](err error) (T, *GatewayError) {
	var none T
	return none, &GatewayError{Message: err.Error(), Cause: err}
}

type (
	// Chat is an answer.
	Chat struct{ Text string }
	// Vectors is an answer.
	Vectors [][]float32
)

// Gateway speaks to providers.
//
//cb:breaker threshold=2
//cb:failure codes=429,5xx result=Meaning reject=Refused
type Gateway interface {
	Chat(ctx context.Context, prompt string) (*Chat, *GatewayError)
	Embed(ctx context.Context, texts ...string) (vectors Vectors, gatewayError *GatewayError)

	//cb:fallback ChatCached
	//cb:fallback Canned on=open
	Ask(ctx context.Context, prompt string) (*Chat, *GatewayError)

	// Check has an error, and nothing for Meaning.
	Check(ctx context.Context) error

	// Call has both, and a status where the error is nil: the error carries a rejection.
	//
	//cb:failure result=statusOf
	Call(ctx context.Context, method string) (status int, body []byte, err error)

	// Get is judged by more than its status.
	//
	//cb:failure result=responseMeans reject=noResponse
	Get(ctx context.Context, url string) *http.Response

	// Close passes through.
	Close()
}

func statusOf(status int, _ []byte, err error) error {
	if err == nil && status >= 400 {
		return &StatusError{status, http.StatusText(status)}
	}
	return err
}

func responseMeans(resp *http.Response) error {
	if resp.Header.Get("X-Overloaded") != "" {
		return &StatusError{http.StatusServiceUnavailable, "overloaded"}
	}
	return nil
}

func noResponse(err error) *http.Response {
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Status: err.Error()}
}

// Queue has neither an error nor a reject function: its fallback answers.
//
//cb:breaker threshold=1
type Queue[T any] interface {
	//cb:failure result=full
	//cb:fallback Local
	Push(item T) (ok bool)

	// Receiver's names are taken.
	//
	//cb:failure result=full reject=refuse
	Swap(b T, verdict T, err T) (failure bool)
}

func full(ok bool) error {
	if ok {
		return nil
	}
	return fmt.Errorf("the queue is full")
}

func refuse(error) bool { return false }

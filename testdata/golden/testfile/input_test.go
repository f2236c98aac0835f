package testfile

import (
	"context"
	"testing"
)

// Fake is seen by the package's tests alone.
//
//cb:breaker threshold=1
type Fake interface {
	Do(ctx context.Context, c *Client) error
}

var _ Fake = (*FakeBreaker)(nil)

func TestFake(t *testing.T) {
	if DefaultFakePolicies().Do.Threshold != 1 {
		t.Fatal("the directive is lost")
	}
}

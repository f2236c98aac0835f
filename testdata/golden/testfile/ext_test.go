package testfile_test

import (
	"context"
	"testing"

	"github.com/cbgen/cbgen/testdata/golden/testfile"
)

// Fake has the name of the package's own.
//
//cb:breaker threshold=2
type Fake interface {
	Do(ctx context.Context, c *testfile.Client, inner testfile.Fake) error
}

func TestExternal(t *testing.T) {
	var _ Fake = (*FakeBreaker)(nil)
	if DefaultFakePolicies().Do.Threshold != 2 {
		t.Fatal("the directive is lost")
	}
}

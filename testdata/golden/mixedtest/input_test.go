package mixedtest

import (
	"context"
	"testing"
)

// fake embeds the package's.
//
//cb:breaker
type fake interface {
	Client
	Reset(ctx context.Context) error
}

func TestFake(t *testing.T) {
	var _ Client = newFakeBreaker(nextFake{})
}

type nextFake struct{}

func (nextFake) Do(context.Context) error    { return nil }
func (nextFake) Reset(context.Context) error { return nil }

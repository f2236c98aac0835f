// Package v1 is the first of its name.
package v1

import (
	"context"

	other "github.com/cbgen/cbgen/testdata/golden/samename/b/v1"
)

// Message is a's.
type Message struct{ A int }

// Service speaks both.
type Service interface {
	FromB(ctx context.Context, m other.Message) (Message, error)
}

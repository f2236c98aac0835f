package samename

import (
	"context"

	// v1 is another package here than in input.go.
	"github.com/cbgen/cbgen/testdata/golden/samename/a/v1"
	bv1 "github.com/cbgen/cbgen/testdata/golden/samename/b/v1"
)

// Other swaps the names.
//
//cb:breaker
type Other interface {
	Convert(ctx context.Context, in v1.Message) (bv1.Message, error)
}

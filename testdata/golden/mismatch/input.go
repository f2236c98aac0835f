// Package mismatch imports packages whose names are not their path's last element.
package mismatch

import (
	"context"

	"github.com/cbgen/cbgen/testdata/golden/mismatch/go-things"
	"github.com/cbgen/cbgen/testdata/golden/mismatch/yaml.v3"
)

// Thinger makes things.
//
//cb:breaker
type Thinger interface {
	Make(ctx context.Context, node *yaml.Node) (things.Thing, error)
}

// Package foreign has types that others cannot name.
package foreign

import (
	"context"

	"github.com/cbgen/cbgen/testdata/errors/cannotwrap/foreign/internal/secret"
)

// Internal keeps what only this package's kin may import.
type Internal interface {
	Keep(ctx context.Context, s secret.Secret) error
}

type hidden struct{}

// Unexported gives what has no name outside.
type Unexported interface {
	Get(ctx context.Context) (hidden, error)
}

// Anonymous takes a struct that is another one elsewhere.
type Anonymous interface {
	Put(ctx context.Context, s struct{ inner int }) error
}

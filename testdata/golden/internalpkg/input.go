// Package internalpkg uses an internal package of its own.
package internalpkg

import (
	"context"

	"github.com/cbgen/cbgen/testdata/golden/internalpkg/internal/secret"
)

// Keeper keeps secrets, which it may.
//
//cb:breaker
type Keeper interface {
	secret.Client
	Keep(ctx context.Context, s secret.Secret) error
}

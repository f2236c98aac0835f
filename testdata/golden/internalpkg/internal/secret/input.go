// Package secret is internal and annotated itself.
package secret

import "context"

// Secret is a secret.
type Secret struct{}

// Client tells it.
//
//cb:breaker
type Client interface {
	Tell(ctx context.Context) (Secret, error)
}

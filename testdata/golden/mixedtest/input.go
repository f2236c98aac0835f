// Package mixedtest has annotated interfaces in its files and in its tests, which use each other's.
package mixedtest

import "context"

// Client is of the package.
//
//cb:breaker
type Client interface {
	Do(ctx context.Context) error
}

// Package missingimport uses a package that nobody has.
package missingimport

import (
	"context"

	"example.invalid/nosuch"
)

//cb:breaker
type Client interface {
	Do(ctx context.Context, m nosuch.Message) error // want:2 "example.invalid/nosuch|does not compile"
}

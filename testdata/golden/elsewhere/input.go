// Package elsewhere declares, in files that the build may leave out, the names under which an output would import.
package elsewhere

import (
	stdcontext "context"
	"time"
)

// Client needs the imports context, time and cb.
//
//cb:breaker
type Client interface {
	Wait(ctx stdcontext.Context, d time.Duration) error
}

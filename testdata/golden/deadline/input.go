// Package deadline has limits of calls, inherited, overridden and cleared.
package deadline

import "context"

// Slow takes its time.
//
//cb:breaker threshold=2
//cb:deadline 2s
type Slow interface {
	Inherit(ctx context.Context) error

	//cb:deadline 1m30s
	Longer(ctx context.Context) error

	//cb:deadline off
	Unlimited(ctx context.Context) error

	// NoContext has nothing to hang a limit on.
	//
	//cb:deadline off
	NoContext(id int) error

	// Second has its context somewhere else.
	Second(id int, ctx context.Context) error

	// Own has a context of another name.
	Own(c context.Context, ctx string) error

	// Free has no error to count: the inherited limit is not for it.
	Free(ctx context.Context)
}

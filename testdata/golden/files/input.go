// Package files has annotated interfaces in several files, groups and forms of doc comments.
package files

import "context"

type (
	// First is in a group.
	//
	//cb:breaker threshold=1
	First interface {
		Do(ctx context.Context) error // a remark behind a method is no directive
	}

	// Plain is not annotated.
	Plain interface {
		Do(ctx context.Context) error
	}

	//cb:breaker threshold=2
	Second interface {
		// Do does.
		//
		// Deprecated: use First.
		Do(ctx context.Context) error
	}

	// Impl is no interface.
	Impl struct{}
)

// Third is annotated on a method alone.
type Third interface {
	//cb:breaker threshold=3
	Do(ctx context.Context) error
	Other(ctx context.Context) error
}

//cb:breaker threshold=4
type Fourth interface {
	Do(ctx context.Context) error
}

/*
Fifth has a block comment above its directives.
*/
//cb:breaker threshold=5
type Fifth interface {
	/* Do does. */
	//cb:deadline 1s
	Do(ctx context.Context) error
}

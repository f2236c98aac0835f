// Package ratio has every key of the breaker directive, inherited, overridden and cleared.
package ratio

import "context"

// Meter is read in many ways.
//
//cb:breaker ratio=50% min=20 window=10s timeout=1m max-requests=3
type Meter interface {
	// Share inherits everything.
	Share(ctx context.Context) (int, error)

	// Decimal writes its share as a number and has its own minimum.
	//
	//cb:breaker ratio=0.25 min=4
	Decimal(ctx context.Context) (int, error)

	// Both trips on whichever comes first.
	//
	//cb:breaker threshold=7
	Both(ctx context.Context) (int, error)

	// Row clears the inherited ratio, so the default threshold is back, within the inherited window.
	//
	//cb:breaker ratio=off min=off
	Row(ctx context.Context) (int, error)

	// Plain has no inherited breaker: all defaults.
	//
	//cb:breaker off
	Plain(ctx context.Context) (int, error)
}

// Windowed opens after three failures within a minute.
//
//cb:breaker threshold=3 window=1m timeout=500ms
type Windowed interface {
	Read(ctx context.Context) error
}

// Defaults has a breaker as it comes.
//
//cb:breaker
type Defaults interface {
	Read(ctx context.Context) error
}

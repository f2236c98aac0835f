// Package pace is the demo's beat.
package pace

import (
	"context"
	"time"
)

// Until says whether ctx let it sleep until t.
func Until(ctx context.Context, t time.Time) bool {
	wait := time.Until(t)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// Each calls beat at start, and at each step after it that is before total has passed, unless ctx ends. Should the machine fall
// behind, it catches up.
func Each(ctx context.Context, start time.Time, step, total time.Duration, beat func(n int)) {
	for n := 0; ; n++ {
		due := time.Duration(n) * step
		if due >= total || !Until(ctx, start.Add(due)) {
			return
		}
		beat(n)
	}
}

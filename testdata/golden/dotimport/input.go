// Package dotimport imports packages by a dot.
package dotimport

import (
	. "context"
	. "io"
	"time"
)

// Dotted names types without their packages, ReadCloser among them.
//
//cb:breaker timeout=1m threshold=2
//cb:failure errors=ErrUnexpectedEOF
//cb:on Read deadline off
//cb:on Close deadline off
//cb:deadline 1m
type Dotted interface {
	Wait(ctx Context, d time.Duration) (time.Time, error)
	Copy(ctx Context, w Writer, r Reader) (int64, error)
	ReadCloser
}

// Cached has a key of the cache that names what comes by a dot.
//
//cb:breaker
type Cached interface {
	//cb:fallback cache key=id+SeekEnd
	Find(ctx Context, id int) (string, error)
}

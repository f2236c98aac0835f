// Package on has directives for methods that are embedded from elsewhere.
package on

import (
	"context"
	"io"
)

// File is what a store opens.
//
//cb:breaker threshold=2
//cb:on Close off "closing must always work"
//cb:on Read failure errors=io.ErrUnexpectedEOF
//cb:on Read breaker threshold=1
//cb:on WriteAt off "offsets are the caller's"
type File interface {
	io.ReadCloser
	io.WriterAt

	Sync(ctx context.Context) error
}

// Base is shared, with directives that travel with it.
//
//cb:breaker threshold=4
type Base interface {
	//cb:breaker threshold=3
	//cb:deadline 1s
	Load(ctx context.Context, key string) ([]byte, error)

	Stat(ctx context.Context, key string) (int64, error)
}

// Wide embeds Base: Load keeps its own directives, but for what Wide says on it.
//
//cb:breaker threshold=9 timeout=3s
//cb:on Load deadline 4s
type Wide interface {
	Base
	Save(ctx context.Context, key string, data []byte) error
}

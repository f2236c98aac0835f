// Package embedded has interfaces made of interfaces: of this package, of others of this module, of other modules, and
// of the standard library.
package embedded

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/testdata/golden/embedded/base"
)

// Reader is embedded twice below.
type Reader interface {
	Read(ctx context.Context, key string) ([]byte, error)
}

// Writer embeds Reader, too.
type Writer interface {
	Reader
	Write(ctx context.Context, key string, value []byte) error
}

// Store is made of both: Read is there once.
//
//cb:breaker threshold=2
type Store interface {
	Reader
	Writer
	fmt.Stringer
}

// File is what a file system opens.
//
//cb:breaker
type File interface {
	io.ReadWriteCloser
	io.Seeker
	io.ByteReader
	io.RuneReader
	io.WriterTo
	io.ReaderFrom
}

// Elsewhere embeds an interface whose types are imported by its own package, not by this one.
//
//cb:breaker
type Elsewhere interface {
	base.Client
}

// Conn is a database driver's.
//
//cb:breaker
type Conn interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
}

// Tripper is an HTTP client's.
//
//cb:breaker
//cb:failure codes=429,5xx
type Tripper interface {
	http.RoundTripper
}

// T is of another module.
//
//cb:breaker
type T interface {
	require.TestingT
}

// Err embeds the predeclared error, which has no error result.
//
//cb:breaker
type Err interface {
	error
	Retry(ctx context.Context) error
}

// Defined is defined by another interface, without one method of its own.
//
//cb:breaker
type Defined Writer

// Foreign is defined by an interface of another package.
//
//cb:breaker
type Foreign base.Client

// Literal embeds a literal.
//
//cb:breaker
type Literal interface {
	interface {
		Do(ctx context.Context) error
	}
}

// errRead is what a failing store says.
var errRead = errors.New("read")

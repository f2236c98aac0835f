// Package universe declares names at package level that the output would like for itself.
package universe

import (
	stdcontext "context"
	stdtime "time"
)

// These hide imports and the wrapper's usual names.
var (
	cb                   = 1
	context              = 2
	time                 = 3
	b                    = 4
	next                 = 5
	policies             = 6
	opts                 = 7
	client               = 8
	ctx                  = 9
	err                  = 10
	fmt, errors, runtime = 11, 12, 13
)

// string, int and any are of this package; the methods below mean these.
type (
	string struct{ s []byte }
	int    struct{ n int64 }
	any    struct{}
)

func len(string) int {
	return int{int64(cb + context + time + b + next + policies + opts + client + ctx + err)}
}
func append(s string) string { return s }

var _, _, _, _, _ = len, append, fmt, errors, runtime

// Hidden means the package's own string, int and any.
//
//cb:breaker timeout=1m
//cb:deadline 3s
type Hidden interface {
	Do(c stdcontext.Context, s string, d stdtime.Duration) (int, error)
	//cb:fallback DoCached
	Any(c stdcontext.Context, a any) (any, error)
}

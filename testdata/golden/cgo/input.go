package cgo

// typedef struct { int n; } point;
// static int twice(int n) { return 2 * n; }
import "C"

import "context"

// Doubler has no C in its methods, only in its file.
//
//cb:breaker
type Doubler interface {
	Double(ctx context.Context, n int) (int, error)
}

// Twice doubles in C.
func Twice(n int) int { return int(C.twice(C.int(n))) }

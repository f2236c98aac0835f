// Package twofiles has findings in two files: all are reported at once.
package twofiles

import "context"

//cb:braker
type A interface { // want-1:6 "breaker"
	Do(ctx context.Context) error
}

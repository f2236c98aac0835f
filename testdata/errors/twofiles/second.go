package twofiles

import "context"

//cb:breaker threshold=0
type B interface { // want-1:14 "threshold"
	Do(ctx context.Context) error
}

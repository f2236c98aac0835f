package testfiles

import "context"

//cb:breaker threshold=0
type fake interface { // want-1:14 "threshold"
	Do(ctx context.Context) error
}

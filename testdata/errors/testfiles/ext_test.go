package testfiles_test

import "context"

//cb:braker
type fake interface { // want-1:6 "breaker"
	Do(ctx context.Context) error
}

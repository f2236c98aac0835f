// Package on has //cb:on for methods and directives that are not there.
package on

import "context"

//cb:on
//cb:on Dop deadline 1s
//cb:on Do
//cb:on Do deadlin 1s
//cb:on Do deadline 1
//cb:on Do on Do deadline 1s
//cb:on Do breaker treshold=1
//cb:on Do wrap name=X
type Client interface {
	// want-9:1 "method"
	// want-9:1 "Dop.*Do"
	// want-9:1 `//cb:on Do says nothing: behind the method's name follows a`
	// want-9:12 "deadlin.*deadline"
	// want-9:21 "1"
	// want-9:12 "on"
	// want-9:20 "treshold.*threshold"
	// want-9:12 "wrap"

	Do(ctx context.Context) error
}

// Package unknownkey has keys that their directives do not have.
package unknownkey

import "context"

//cb:breaker treshold=5
type Client interface { // want-1:14 "treshold.*threshold"
	//cb:breaker failures=5
	A(ctx context.Context) error // want-1:15 "failures.*threshold"
	//cb:breaker cooldown=5s
	B(ctx context.Context) error // want-1:15 "cooldown.*timeout"
	//cb:breaker probes=5
	C(ctx context.Context) error // want-1:15 "probes.*max-requests"
	//cb:breaker xyzzy=5
	D(ctx context.Context) error // want-1:15 "xyzzy"
	//cb:failure code=503
	E(ctx context.Context) error // want-1:15 "code.*codes"
	//cb:fallback Other when=open
	F(ctx context.Context) error // want-1:22 "when"
	//cb:deadline limit=5s
	G(ctx context.Context) error // want-1:16 "limit"
	//cb:breaker 5
	H(ctx context.Context) error // want-1:15 "5"
	//cb:breaker fast
	I(ctx context.Context) error // want-1:15 "fast"
	//cb:deadline 1s 2s
	J(ctx context.Context) error // want-1:19 "2s"
	//cb:breaker Threshold=5
	K(ctx context.Context) error // want-1:15 "Threshold.*threshold"
}

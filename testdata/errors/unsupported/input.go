// Package unsupported has directives that this version of cbgen does not have yet: refused, never ignored.
package unsupported

import "context"

//cb:wrap name=Guarded
type Client interface { // want-1:1 "wrap.*not supported yet"
	//cb:retry max=3
	A(ctx context.Context) error // want-1:2 "retry.*not supported yet"
	//cb:bulkhead max=3
	B(ctx context.Context) error // want-1:2 "bulkhead.*not supported yet"
	//cb:key id
	C(ctx context.Context, id string) error // want-1:2 "key.*not supported yet"
	//cb:stream first=5s
	D(ctx context.Context) (<-chan int, error) // want-1:2 "stream.*not supported yet"
	//cb:breaker slow=5s
	E(ctx context.Context) error // want-1:15 "slow.*not supported yet"
	//cb:breaker ramp=1m
	F(ctx context.Context) error // want-1:15 "ramp.*not supported yet"
	//cb:breaker group=reads
	G(ctx context.Context) error // want-1:15 "group.*not supported yet"
	//cb:breaker max-timeout=5m
	H(ctx context.Context) error // want-1:15 "max-timeout.*not supported yet"
	//cb:failure result=check
	I(ctx context.Context) int // want-1:15 "result.*not supported yet"
	//cb:failure reject=check
	J(ctx context.Context) int // want-1:15 "reject.*not supported yet"
	//cb:fallback queue
	M(ctx context.Context) error // want-1:16 "queue.*not supported yet"
}

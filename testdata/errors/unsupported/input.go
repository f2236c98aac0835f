// Package unsupported has directives that this version of cbgen does not have yet: refused, never ignored.
package unsupported

import "context"

//cb:stream idle=5s
type Client interface { // want-1:1 "stream.*not supported yet"
	//cb:stream first=5s
	D(ctx context.Context) (<-chan int, error) // want-1:2 "stream.*not supported yet"
}

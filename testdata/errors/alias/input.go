// Package alias annotates aliases of types that are no interfaces.
package alias

//cb:breaker
type Struct = struct{ N int } // want-1:1 "interface"

//cb:breaker
type Basic = int // want:6 "interface"

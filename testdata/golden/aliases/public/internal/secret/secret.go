// Package secret cannot be imported by the golden: only what public shows can.
package secret

import "context"

// Hidden is shown as public.Hidden.
type Hidden struct{ N int }

// Client has no internal types in its signatures.
type Client interface {
	Ping(ctx context.Context) error
}

// Tokens mentions internal types by their own names. Others can write them by the aliases of public.
type Tokens interface {
	Token(ctx context.Context, hidden Hidden) (map[string]*Hidden, error)
}

// Package v1 is the second of its name.
package v1

import "context"

// Message is b's.
type Message struct{ B int }

// Service speaks its own.
type Service interface {
	Send(ctx context.Context, m Message) error
}

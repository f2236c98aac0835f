// Package predeclaredqueue hides string, in which a stored call's id is handed over.
package predeclaredqueue

import "context"

type string struct{ Text []rune } // want:6 "string.*Mailer"

// Mailer stores calls.
//
//cb:breaker
type Mailer interface {
	//cb:fallback queue
	Send(ctx context.Context, mail string) error
}

package cbredis

import (
	"context"
	"time"
)

// transport is what sharing needs of Redis.
type transport interface {
	// join subscribes, makes sure that everything that will be asked is allowed, and returns what stands: messages of the kind
	// opened.
	join(ctx context.Context) (session, []message, error)
}

// session is a transport as long as nothing fails. receive and the others are called by one goroutine each.
type session interface {
	// receive waits for the next message of any replica; close ends the wait.
	receive(ctx context.Context) (message, error)
	// send tells all replicas, and keeps what stands for those that join later.
	send(ctx context.Context, messages []message) error
	// lease asks for the right to probe, of each circuit, and answers in the same order.
	lease(ctx context.Context, wanted []lease) ([]lease, error)
	// count adds failures to those that the fleet has seen in the window, and returns their number, in the same order.
	count(ctx context.Context, seen []failures, window time.Duration) ([]int, error)
	// check makes sure that what is said is heard. It takes another goroutine's receive.
	check(ctx context.Context) error
	close()
}

// lease is the right to probe a circuit, for a time.
type lease struct {
	id   circuitID
	from string
	mine bool          // the answer
	left time.Duration // wanted, and as the answer what the holder has left
}

type failures struct {
	id circuitID
	n  int
	// forget: the circuit has opened, what was counted has had its effect.
	forget bool
}

package clashes

import (
	"context"
	"errors"
)

// feed differs by the case of a letter, which is lost in the name of its stream.
//
//cb:breaker
type feed interface {
	//cb:stream
	Tail(ctx context.Context) (again, error)
}

// again is called like a variable of its Recv.
type again interface {
	Recv() (*again, error)
	Close()
	Item(err, item error, _ int, again ...again) (s bool, guard error)
}

// policy is called like the variable of a policy that methods share.
var policy = errors.New("policy")

// rated has two such policies, and one is about that error.
//
//cb:breaker
type rated interface {
	One(ctx context.Context) error
	Two(ctx context.Context) error
	//cb:failure errors=policy
	Three(ctx context.Context) error
	//cb:failure errors=policy
	Four(ctx context.Context) error
}

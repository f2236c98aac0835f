package clashes

import "context"

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

package bench

import (
	"context"
	"errors"
	"sync"
	"time"
)

// decorated is a stack of decorators with the semantics of gowrap's templates, one interface value around the other.
func decorated(next Service) map[string]call {
	broken := func(next asker) asker { return &breakerDecorator{next: next} }
	composed := broken(timeoutDecorator{placesDecorator{next, make(chan struct{}, places)}})
	return map[string]call{
		closed: broken(next).Ask,
		twice:  retrying(broken(timeoutDecorator{next}).Ask, errDecoratorOpen),
		layers: spared(retrying(composed.Ask, errDecoratorOpen, errFull)),
	}
}

type asker interface {
	Ask(ctx context.Context, question string) (*Answer, error)
}

// breakerDecorator opens after more than so many errors in a row; when the period has passed, every call is let through again.
type breakerDecorator struct {
	next asker

	mu        sync.RWMutex
	failures  int
	openUntil time.Time
}

var errDecoratorOpen = errors.New("the circuit is open")

func (d *breakerDecorator) Ask(ctx context.Context, question string) (*Answer, error) {
	d.mu.RLock()
	open := !d.openUntil.IsZero() && d.openUntil.After(time.Now())
	d.mu.RUnlock()
	if open {
		return nil, errDecoratorOpen
	}
	answer, err := d.next.Ask(ctx, question)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.failures, d.openUntil = 0, time.Time{}
		return answer, nil
	}
	if d.failures++; d.failures > threshold {
		d.openUntil = time.Now().Add(openFor)
	}
	return answer, err
}

type timeoutDecorator struct{ next asker }

func (d timeoutDecorator) Ask(ctx context.Context, question string) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	return d.next.Ask(ctx, question)
}

type placesDecorator struct {
	next   asker
	places chan struct{}
}

func (d placesDecorator) Ask(ctx context.Context, question string) (*Answer, error) {
	select {
	case d.places <- struct{}{}:
		defer func() { <-d.places }()
		return d.next.Ask(ctx, question)
	default:
		return nil, errFull
	}
}

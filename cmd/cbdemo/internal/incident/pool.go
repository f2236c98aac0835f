package incident

import (
	"context"
	"errors"
	"time"
)

var (
	errQueueFull = errors.New("all workers busy, queue full")
	errWaited    = errors.New("all workers busy for too long")
)

// pool is a service's workers and the bounded queue before them, first come, first served.
type pool struct {
	workers chan struct{}
	queue   chan struct{}
	wait    time.Duration
}

func newPool(workers, queue int, wait time.Duration) *pool {
	return &pool{workers: make(chan struct{}, workers), queue: make(chan struct{}, queue), wait: wait}
}

// do runs fn on a worker, the caller's goroutine standing for it. Where fn does not run, the error says why.
func (p *pool) do(ctx context.Context, fn func()) error {
	// A free place in a channel goes to whoever waits for it first: this overtakes nobody in the queue.
	select {
	case p.workers <- struct{}{}:
	default:
		if err := p.await(ctx); err != nil {
			return err
		}
	}
	defer func() { <-p.workers }()
	fn()
	return nil
}

func (p *pool) await(ctx context.Context) error {
	select {
	case p.queue <- struct{}{}:
	default:
		return errQueueFull
	}
	defer func() { <-p.queue }()
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case p.workers <- struct{}{}:
		return nil
	case <-timer.C:
		return errWaited
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) busy() int    { return len(p.workers) }
func (p *pool) waiting() int { return len(p.queue) }

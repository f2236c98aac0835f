package cb

import (
	"io"
	"iter"
)

// StreamSeq2 wraps a sequence for [CallStream]. The error of a pair is how the stream fails, the first one if there are several;
// the pairs that the sequence yields after it are handed on. But where a retry or a fallback might answer for an error that comes
// before the first item, the sequence is ended by it.
func StreamSeq2[V any](g *StreamGuard[iter.Seq2[V, error]]) iter.Seq2[V, error] {
	if g.Source() == nil {
		_, _ = g.Ended(nil)
		return nil
	}
	return func(yield func(V, error) bool) {
		defer g.Closed()
		defer g.Abandon()
		for rangeOver(g, yield) {
		}
	}
}

// rangeOver hands the pairs of one source on, and tells whether another has taken its place.
func rangeOver[V any](g *StreamGuard[iter.Seq2[V, error]], yield func(V, error) bool) (again bool) {
	failed := false
	g.Wait()
	for v, err := range g.Source() {
		switch {
		case err == nil:
			if !g.Item() {
				again, err = g.Ended(nil)
				if !again {
					var none V
					yield(none, err)
				}
				return again
			}
		case failed:
			g.pause()
		case g.replaceableAfter(err):
			if again, err = g.Ended(err); !again {
				yield(v, err)
			}
			return again
		default:
			failed = true
			err = g.failed(err)
		}
		if !yield(v, err) {
			return false
		}
		g.Wait()
	}
	again, err := g.Ended(nil)
	if err != nil && !failed { // a limit of ours, of which the source has said nothing
		var none V
		yield(none, err)
	}
	return again
}

// StreamReader wraps a reader for [CallStream]. A read that brings bytes is an item. Close may be called while a Read blocks, as
// far as the source allows it.
func StreamReader(g *StreamGuard[io.ReadCloser]) io.ReadCloser {
	return &guardedReader[io.ReadCloser]{g, g.Source}
}

// StreamBody guards the body of what [CallStreamResult] returns, a response most often: see cbhttp.StreamResponse. What is read
// beside the body counts as an answer of the upstream, so that whoever closes the body unread has had one, and nothing can take
// its place any more. What body has to write with is kept.
func StreamBody[T any](g *StreamGuard[T], body io.ReadCloser) io.ReadCloser {
	if s := g.call.current.Load(); s != nil {
		s.answer()
	}
	reader := &guardedReader[T]{g, func() io.ReadCloser { return body }}
	if w, ok := body.(io.Writer); ok {
		return struct {
			*guardedReader[T]
			io.Writer
		}{reader, w}
	}
	return reader
}

// guardedReader tells the guard of every read.
type guardedReader[T any] struct {
	g      *StreamGuard[T]
	source func() io.ReadCloser
}

// Read reads from the source, or from what has taken its place.
func (r *guardedReader[T]) Read(p []byte) (int, error) {
	defer r.g.Abandon()
	for {
		r.g.Wait()
		n, err := r.source().Read(p)
		switch {
		case n > 0:
			if !r.g.Item() {
				n, err = 0, io.EOF
			}
		case err == nil:
			r.g.pause()
		}
		if err == nil {
			return n, nil
		}
		again, err := r.g.Ended(err)
		if !again {
			return n, err
		}
	}
}

// Close closes the source.
func (r *guardedReader[T]) Close() error {
	return r.g.Close(func(T) error { return r.source().Close() })
}

// StreamChan wraps a channel for [CallStream]. A channel that is closed has ended well, but where its context has ended, or where
// the last item has a method Err() error that says otherwise. There is no place for an error beside the items: what a limit cuts
// short is closed.
//
// One goroutine per stream hands the items on. It ends with the stream, and with its context: whoever stops reading must cancel
// that. Where the first channel fails before an item, a retry or a fallback runs there too: a panic in it has no caller to recover it.
func StreamChan[V any](g *StreamGuard[<-chan V]) <-chan V {
	if g.Source() == nil {
		_, _ = g.Ended(nil)
		return nil
	}
	out := make(chan V)
	go func() {
		defer close(out)
		defer g.Closed()
		for forward(g, out) {
		}
	}()
	return out
}

// forward hands the items of one source on, and tells whether another has taken its place.
func forward[V any](g *StreamGuard[<-chan V], out chan<- V) (again bool) {
	source, done := g.Source(), g.context().Done()
	var failed error
	for {
		g.Wait()
		select {
		case <-done:
			again, _ = g.Ended(g.context().Err())
			return again
		case v, open := <-source:
			if !open {
				again, _ = g.Ended(FirstError(failed, g.context().Err()))
				return again
			}
			if failed = errOf(v); failed != nil && g.replaceableAfter(failed) {
				if again, _ = g.Ended(failed); again {
					return true
				}
				source, done = nil, g.caller.Done() // this one is the last
			}
			if !g.Item() {
				again, _ = g.Ended(nil)
				return again
			}
			select {
			case <-done:
				return false
			case out <- v:
			}
			if source == nil {
				return false
			}
		}
	}
}

// errOf is the error that an item carries. An item whose method panics carries none: here nobody could recover.
func errOf(item any) (err error) {
	defer func() { _ = recover() }()
	if e, ok := item.(interface{ Err() error }); ok {
		return e.Err()
	}
	return nil
}

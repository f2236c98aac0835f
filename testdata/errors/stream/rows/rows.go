// Package rows has streams that another package cannot stand in for.
package rows

// Stream is one of a concrete type.
type Stream[T any] struct{ item T }

func (*Stream[T]) Next() bool              { return false }
func (s *Stream[T]) Current() T            { return s.item }
func (*Stream[T]) Skip(n int, dest ...any) {}
func (*Stream[T]) Err() error              { return nil }
func (*Stream[T]) Close() error            { return nil }
func (*Stream[T]) hidden()                 {}

// Sealed cannot be implemented elsewhere.
type Sealed interface {
	Next() bool
	Err() error
	sealed()
}

type secret struct{}

// Secret has a method whose types cannot be named elsewhere.
type Secret interface {
	Recv() (int, error)
	Secret() secret
}

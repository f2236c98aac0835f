// Package generics has generic interfaces, with constraints of this and other packages.
package generics

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/cbgen/cbgen/testdata/golden/generics/keys"
)

// Repo keeps values by key.
//
//cb:breaker threshold=2
type Repo[K comparable, V any] interface {
	//cb:fallback GetCached
	Get(ctx context.Context, key K) (V, error)
	Put(ctx context.Context, key K, value V) error
	All(ctx context.Context) (map[K]V, error)
	Len() int
}

// Peeker falls back to a generic function.
//
//cb:breaker
type Peeker[K comparable, V any] interface {
	//cb:fallback zero
	Peek(ctx context.Context, key K) (V, error)
}

func zero[K comparable, V any](context.Context, K) (V, error) {
	var v V
	return v, nil
}

// Number is a constraint of this package.
type Number interface {
	~int | ~int64 | ~float64
}

// Local is constrained by this package.
//
//cb:breaker
type Local[N Number] interface {
	Add(ctx context.Context, a, b N) (N, error)
}

// Foreign is constrained by other packages, one of them imported for that alone.
//
//cb:breaker
type Foreign[K keys.Key, O cmp.Ordered, S fmt.Stringer] interface {
	Find(ctx context.Context, key K, from, to O) ([]S, error)
}

// Inline has constraints of its own.
//
//cb:breaker
type Inline[T interface{ ~string | ~[]byte }, E interface{ Error() string }, P interface {
	*T
	fmt.Stringer
}] interface {
	Do(ctx context.Context, t T, p P) (E, error)
}

// Union has a bare one.
//
//cb:breaker
type Union[T ~int8 | ~int16, U *int | []T] interface {
	Sum(ctx context.Context, ts []T, us ...U) (T, error)
}

// Recursive mentions itself.
//
//cb:breaker
type Recursive[T Recursive[T]] interface {
	Merge(ctx context.Context, other T) (T, error)
}

// Clash has type parameters named like what the output needs.
//
//cb:breaker timeout=1s
//cb:deadline 2s
type Clash[b any, ctx any, cb any, next any, time any] interface {
	Mix(c context.Context, p1 b, p2 ctx, p3 cb, p4 next, p5 time) (b, error)
}

// Pair is generic data, with an alias to one half of it.
type Pair[A, B any] struct {
	A A
	B B
}

// StringPair is a generic alias.
type StringPair[B any] = Pair[string, B]

// Aliased uses generic types, instantiated aliases and iterators as values.
//
//cb:breaker
type Aliased[T any] interface {
	Swap(ctx context.Context, p StringPair[T]) (Pair[T, string], error)
	Walk(ctx context.Context, seq iter.Seq2[string, T]) error
	Deep(ctx context.Context, m map[string][]Pair[T, *Pair[T, int]]) (func(T) Pair[T, T], error)
}

// IntRepo is an instance, embedded.
//
//cb:breaker
type IntRepo interface {
	Repo[int, string]
}

// Sub embeds an instance with its own parameter.
//
//cb:breaker
type Sub[T any] interface {
	Repo[string, []T]
	Extra(ctx context.Context, t T) error
}

// RepoOf is a generic alias of an interface, embedded too.
type RepoOf[V any] = Repo[keys.ID, V]

//cb:breaker
type ByID interface {
	RepoOf[float64]
}

// unexported is generic and unexported.
//
//cb:breaker
type unexported[T any] interface {
	Do(ctx context.Context, t T) (T, error)
}

// Package aliases has aliases in signatures, of interfaces, and to a type of an internal package.
package aliases

import (
	"context"

	"github.com/cbgen/cbgen/testdata/golden/aliases/public"
)

type (
	// ID is a plain alias.
	ID = string
	// IDs is an alias of a slice of aliases.
	IDs = []ID
	// Ctx is context.Context under another name.
	Ctx = context.Context
	// Fail is error under another name.
	Fail = error
	// List is a generic alias.
	List[T any] = []T
	// Handler is an alias of a function type.
	Handler = func(ctx Ctx, ids ...ID) Fail
)

// Store is written in aliases: the output keeps them.
//
//cb:breaker threshold=2
//cb:deadline 3s
type Store interface {
	Get(ctx Ctx, id ID) (List[ID], Fail)
	Each(ctx Ctx, ids IDs, handle Handler) Fail
	Hidden(ctx Ctx, h public.Hidden) (*public.Hidden, error)
}

// Whole is an alias of an interface literal, embedded below.
type Whole = interface {
	Do(ctx context.Context, h public.Hidden) error
}

// Embeds embeds an alias of this package and one of an internal interface.
//
//cb:breaker
type Embeds interface {
	Whole
	public.Client
}

// Tokens has methods whose types may not be imported; the output writes them by their public aliases.
//
//cb:breaker
type Tokens interface {
	public.Tokens
}

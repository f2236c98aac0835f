// Package public shows parts of an internal package.
package public

import "github.com/cbgen/cbgen/testdata/golden/aliases/public/internal/secret"

// Hidden is a type that others cannot import otherwise.
type Hidden = secret.Hidden

// Client is an interface that mentions it by this alias alone.
type Client = secret.Client

// Tokens mentions Hidden by the internal package's name for it.
type Tokens = secret.Tokens

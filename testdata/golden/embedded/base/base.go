// Package base has an interface of types from elsewhere.
package base

import (
	"context"
	"math/big"
	"net/netip"
	"text/template"
	"time"

	htmltemplate "html/template"
)

// Local is a type that the embedding package must import this one for.
type Local struct{ N int }

// Client is embedded elsewhere.
type Client interface {
	Sum(ctx context.Context, numbers ...*big.Int) (*big.Int, error)
	Resolve(ctx context.Context, host string, within time.Duration) ([]netip.Addr, error)
	Render(ctx context.Context, text *template.Template, html *htmltemplate.Template) (Local, error)
	Do(ctx context.Context, local Local, each func(*Local) error) error
}

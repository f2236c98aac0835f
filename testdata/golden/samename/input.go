// Package samename uses packages of one name, and names the way the output's imports would be.
package samename

import (
	"context"
	crand "crypto/rand"
	"html/template"
	"math/rand"
	ttemplate "text/template"

	av1 "github.com/cbgen/cbgen/testdata/golden/samename/a/v1"
	"github.com/cbgen/cbgen/testdata/golden/samename/b/v1"
	mycontext "github.com/cbgen/cbgen/testdata/golden/samename/context"
	mytime "github.com/cbgen/cbgen/testdata/golden/samename/time"
)

// Both has types of both, under the names this file gives them.
//
//cb:breaker timeout=1m
type Both interface {
	Convert(ctx context.Context, in av1.Message) (v1.Message, error)
	Back(ctx context.Context, in v1.Message) (av1.Message, error)
	Render(ctx context.Context, t *template.Template, tt *ttemplate.Template, r *rand.Rand) error
	Clock(ctx context.Context, c mycontext.Context, t mytime.Time) (mytime.Duration, error)
}

// Embedding has them only through another package, which gives them other names.
//
//cb:breaker timeout=1m
type Embedding interface {
	v1.Service
	av1.Service
}

var _ = crand.Reader

package load

import (
	"context"
	"go/types"
	"strings"
	"sync"

	"golang.org/x/tools/go/packages"
)

// lazySizes are the sizes of the platform's types, asked for by the first question: not every run has one.
type lazySizes func() types.Sizes

func (s lazySizes) Alignof(t types.Type) int64            { return s().Alignof(t) }
func (s lazySizes) Offsetsof(fields []*types.Var) []int64 { return s().Offsetsof(fields) }
func (s lazySizes) Sizeof(t types.Type) int64             { return s().Sizeof(t) }

// sizes returns the sizes by which the packages of cfg are compiled.
func sizes(ctx context.Context, cfg Config) types.Sizes {
	return lazySizes(sync.OnceValue(func() types.Sizes {
		if out, err := runGoList(ctx, cfg, []string{"-f", "{{context.Compiler}} {{context.GOARCH}}"}, []string{"unsafe"}); err == nil {
			compiler, arch, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
			if s := types.SizesFor(compiler, arch); s != nil {
				return s
			}
		}
		roots, err := packages.Load(command(ctx, cfg, packages.NeedName|packages.NeedTypesSizes), "unsafe")
		if err == nil && len(roots) == 1 && roots[0].TypesSizes != nil {
			return roots[0].TypesSizes
		}
		return types.SizesFor("gc", "amd64") // the go command answered before: the context has ended
	}))
}

package load

import (
	"go/constant"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// TestStubIsTheRuntime compares every object of a stub with what it stands for: what type-checks against the stub must
// compile against the real package.
func TestStubIsTheRuntime(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	pkgs := loadConfig(t, Config{Dir: root, Patterns: []string{
		model.RuntimePath, model.RuntimePath + "/cbhttp", model.RuntimePath + "/cbtest", "context", "io", "iter", "testing", "time", "net/http",
	}})
	require.Len(t, pkgs, 9)
	http := slices.IndexFunc(pkgs, func(p *Package) bool { return p.Path == "net/http" })
	g := newGraph(token.NewFileSet(), []*packages.Package{pkgs[http].meta}) // the standard library, but no runtime
	for _, real := range slices.Delete(pkgs, http, http+1) {
		t.Run(real.Path, func(t *testing.T) {
			whole, err := real.graph.resolve(nil, real.Path)
			require.NoError(t, err)
			stub, err := g.stub(real.Path)
			require.NoError(t, err)
			require.NotNil(t, stub)
			assert.Equal(t, real.Name, stub.Name())
			compared := 0
			for _, name := range stub.Scope().Names() {
				if token.IsExported(name) {
					compareObjects(t, whole.Scope().Lookup(name), stub.Scope().Lookup(name))
					compared++
				}
			}
			assert.NotZero(t, compared)
		})
	}
}

func compareObjects(t *testing.T, real, stub types.Object) {
	t.Helper()
	if !assert.NotNil(t, real, "%s is not there", stub.Name()) {
		return
	}
	typeName, ok := stub.(*types.TypeName)
	if !ok {
		assert.Equal(t, types.ObjectString(stub, nil), types.ObjectString(real, nil))
		if c, ok := stub.(*types.Const); ok {
			assert.True(t, constant.Compare(c.Val(), token.EQL, real.(*types.Const).Val()), "value of %s", stub.Name())
		}
		return
	}
	require.IsType(t, typeName, real)
	compareFields(t, real, stub)
	wants := types.NewMethodSet(types.NewPointer(stub.Type()))
	gots := types.NewMethodSet(types.NewPointer(real.Type()))
	for method := range wants.Methods() {
		got := gots.Lookup(nil, method.Obj().Name())
		if assert.NotNil(t, got, "%s has no method %s", stub.Name(), method.Obj().Name()) {
			assert.Equal(t, types.ObjectString(method.Obj(), nil), types.ObjectString(got.Obj(), nil))
		}
	}
	if stub.Name() == "RejectedError" { // Which error interfaces it implements decides what is generated.
		for method := range gots.Methods() {
			if method.Obj().Exported() {
				assert.NotNil(t, wants.Lookup(nil, method.Obj().Name()), "the stub lacks RejectedError.%s", method.Obj().Name())
			}
		}
	}
}

// compareFields compares what a type is made of, as far as another package sees it. A stub without exported fields, or an
// interface with a method of its own package, only stands for a type that outputs pass along.
func compareFields(t *testing.T, real, stub types.Object) {
	t.Helper()
	require.IsType(t, stub.Type().Underlying(), real.Type().Underlying(), stub.Name())
	switch underlying := stub.Type().Underlying().(type) {
	case *types.Struct:
		want := exportedFields(underlying)
		if got := exportedFields(real.Type().Underlying().(*types.Struct)); len(want) > 0 {
			assert.Equal(t, want, got, "fields of %s", stub.Name())
		}
	case *types.Interface:
		for method := range underlying.Methods() {
			if !method.Exported() {
				return
			}
		}
		assert.Equal(t, types.ObjectString(stub, nil), types.ObjectString(real, nil))
	default:
		assert.Equal(t, types.TypeString(underlying, nil), types.TypeString(real.Type().Underlying(), nil), stub.Name())
	}
}

func exportedFields(s *types.Struct) map[string]string {
	fields := map[string]string{}
	for field := range s.Fields() {
		if field.Exported() {
			fields[field.Name()] = types.TypeString(field.Type(), nil)
		}
	}
	return fields
}

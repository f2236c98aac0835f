package build

import "go/types"

// bind finds what the type parameters in pattern stand for where it is to be t. Only the form is compared: whether the
// types are identical then is for the caller to see.
func bind(bound map[*types.TypeParam]types.Type, pattern, t types.Type) {
	if param, ok := types.Unalias(pattern).(*types.TypeParam); ok {
		if bound[param] == nil {
			bound[param] = t
		}
		return
	}
	if alias, ok := t.(*types.Alias); ok && alias.TypeArgs().Len() == 0 {
		t = types.Unalias(t)
	}
	switch p := types.Unalias(pattern).(type) {
	case *types.Named:
		if t, ok := types.Unalias(t).(*types.Named); ok && p.Origin() == t.Origin() {
			for k := range p.TypeArgs().Len() {
				bind(bound, p.TypeArgs().At(k), t.TypeArgs().At(k))
			}
		}
	case *types.Pointer:
		bindElem(bound, p, t)
	case *types.Slice:
		bindElem(bound, p, t)
	case *types.Array:
		bindElem(bound, p, t)
	case *types.Chan:
		bindElem(bound, p, t)
	case *types.Map:
		if t, ok := t.Underlying().(*types.Map); ok {
			bind(bound, p.Key(), t.Key())
			bind(bound, p.Elem(), t.Elem())
		}
	case *types.Struct:
		if t, ok := t.Underlying().(*types.Struct); ok {
			for k := range min(p.NumFields(), t.NumFields()) {
				bind(bound, p.Field(k).Type(), t.Field(k).Type())
			}
		}
	case *types.Interface:
		if t, ok := t.Underlying().(*types.Interface); ok {
			for k := range min(p.NumMethods(), t.NumMethods()) {
				bind(bound, p.Method(k).Type(), t.Method(k).Type())
			}
		}
	case *types.Signature:
		if t, ok := t.Underlying().(*types.Signature); ok {
			bindTuple(bound, p.Params(), t.Params())
			bindTuple(bound, p.Results(), t.Results())
		}
	}
}

func bindElem(bound map[*types.TypeParam]types.Type, pattern interface{ Elem() types.Type }, t types.Type) {
	if t, ok := t.Underlying().(interface{ Elem() types.Type }); ok {
		bind(bound, pattern.Elem(), t.Elem())
	}
}

func bindTuple(bound map[*types.TypeParam]types.Type, pattern, t *types.Tuple) {
	for k := range min(pattern.Len(), t.Len()) {
		bind(bound, pattern.At(k).Type(), t.At(k).Type())
	}
}

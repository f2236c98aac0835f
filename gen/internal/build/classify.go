package build

import "go/types"

func isNamed(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path
}

func isPointerTo(t types.Type, path, name string) bool {
	pointer, ok := types.Unalias(t).(*types.Pointer)
	return ok && isNamed(pointer.Elem(), path, name)
}

// isError reports whether t is error itself.
func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// isErrorLike reports whether t is an interface that holds errors only.
func isErrorLike(t types.Type) bool {
	if _, generic := types.Unalias(t).(*types.TypeParam); generic || !types.IsInterface(t) {
		return false
	}
	return implementsError(t)
}

func implementsError(t types.Type) bool {
	return types.Implements(t, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
}

// cannotReject returns the method of an error-like interface that a rejection does not have, "" where it has them all.
func (b *packageBuilder) cannotReject(t types.Type) string {
	rejected := b.Runtime.Scope().Lookup("RejectedError")
	missing, _ := types.MissingMethod(types.NewPointer(rejected.Type()), t.Underlying().(*types.Interface), true)
	if missing == nil {
		return ""
	}
	return missing.Name()
}

// carriesError reports whether t is a pointer to a named type with the method Err() error.
func carriesError(t types.Type) bool {
	pointer, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	if _, ok := types.Unalias(pointer.Elem()).(*types.Named); !ok {
		return false
	}
	method := findMethod(t, "Err")
	if method == nil {
		return false
	}
	sig := method.Signature()
	return sig.Params().Len() == 0 && sig.Results().Len() == 1 && isError(sig.Results().At(0).Type())
}

func findMethod(t types.Type, name string) *types.Func {
	object, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	method, _ := object.(*types.Func)
	return method
}

func hasMethod(t types.Type, name string) bool { return findMethod(t, name) != nil }

func hasMethods(t types.Type, names ...string) bool {
	for _, name := range names {
		if !hasMethod(t, name) {
			return false
		}
	}
	return true
}

// outlives says why a result goes on after the method has returned, under the context that it was called with, or "".
func outlives(t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Chan:
		if u.Dir() != types.SendOnly {
			return "a channel that is read later"
		}
	case *types.Signature:
		if isNamed(t, "iter", "Seq") || isNamed(t, "iter", "Seq2") || isIterator(u) {
			return "an iterator that runs later"
		}
	}
	switch {
	case isPointerTo(t, "net/http", "Response"):
		return "the body of a response is read later"
	case isPointerTo(t, "database/sql", "Row"):
		return "the row is scanned later"
	case hasMethods(t, "Commit", "Rollback"):
		return "the transaction goes on"
	case hasMethods(t, "LocalAddr", "SetDeadline"): // a connection that is made no longer needs the context of its dialing
		return ""
	case hasMethods(t, "Read", "Close"), hasMethods(t, "Next", "Close"), hasMethods(t, "Next", "Err"),
		hasMethod(t, "CloseSend"), hasMethods(t, "Recv", "Context"), isReceiver(t):
		return "a stream that is read later"
	}
	return ""
}

// isIterator reports whether a function type has the form of iter.Seq or iter.Seq2.
func isIterator(sig *types.Signature) bool {
	if sig.Params().Len() != 1 || sig.Results().Len() != 0 {
		return false
	}
	yield, ok := sig.Params().At(0).Type().Underlying().(*types.Signature)
	return ok && yield.Results().Len() == 1 && types.Identical(yield.Results().At(0).Type(), types.Typ[types.Bool])
}

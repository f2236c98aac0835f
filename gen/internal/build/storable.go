package build

import (
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"strings"
)

// cannotBeStored says why JSON does not bring a value of a type back as it was, or "".
func (m *methodBuilder) cannotBeStored(t types.Type) string {
	s := storable{show: m.show, seen: map[visited]bool{}}
	return s.why(t, "", true)
}

// storable goes through a type as package json does.
type storable struct {
	show func(types.Type) string
	seen map[visited]bool
}

type visited struct {
	t           types.Type
	addressable bool
}

// why is cannotBeStored, of what lies at a place within the parameter. Of a value in a map, which has no address, package json does not
// find the methods of pointers.
func (s *storable) why(t types.Type, at string, addressable bool) string {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok || s.seen[visited{t, addressable}] {
		return ""
	}
	s.seen[visited{t, addressable}] = true
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		return s.why(pointer.Elem(), at, true)
	}
	if !types.IsInterface(t) {
		if writes := writesItself(t, addressable); writes != nil {
			return s.whyNotByItself(t, writes, at)
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Info()&types.IsComplex != 0 || u.Kind() == types.UnsafePointer || u.Kind() == types.Uintptr {
			return at + s.show(t) + ", which JSON has not"
		}
	case *types.Chan:
		return at + "the channel " + s.show(t)
	case *types.Signature:
		return at + "the function " + s.show(t)
	case *types.Interface:
		return at + "the interface " + s.show(t) + ", of which JSON would not know what to make again: use a concrete type"
	case *types.Slice:
		return s.why(u.Elem(), at, true)
	case *types.Array:
		return s.why(u.Elem(), at, addressable)
	case *types.Map:
		if basic, ok := u.Key().Underlying().(*types.Basic); !isTextKey(u.Key()) && (!ok || basic.Info()&(types.IsString|types.IsInteger) == 0) {
			return at + "the map " + s.show(t) + ", whose keys JSON has not"
		}
		return s.why(u.Elem(), at, false)
	case *types.Struct:
		return s.whyNotStruct(t, u, at, addressable)
	}
	return ""
}

// whyNotByItself is of a type that says itself how it is written: then it must say how it is read, and both of all its fields.
func (s *storable) whyNotByItself(t types.Type, writes *method, at string) string {
	reads := firstMethod(t, true, "UnmarshalJSON", "UnmarshalText")
	if reads == nil {
		return at + "a " + s.show(t) + ", which says how it is written, and not how it is read: give the type Un" + lowerFirst(writes.name)
	}
	u, ok := t.Underlying().(*types.Struct)
	if !ok {
		return ""
	}
	_, unnamed := types.Unalias(t).(*types.Struct) // of which package json writes by promoted methods, and does not read
	for _, m := range []*method{writes, reads} {
		if len(m.path) > 1 && (unnamed || fieldsOf(u) > 1) {
			return fmt.Sprintf("%sa %s, of which JSON writes the embedded %s alone: give the type MarshalJSON and UnmarshalJSON of its own, or the field a name",
				at, s.show(t), u.Field(m.path[0]).Name())
		}
	}
	return ""
}

// fieldsOf is how many of a struct's fields are to be stored.
func fieldsOf(u *types.Struct) (n int) {
	for k := range u.NumFields() {
		if _, skip := jsonName(u, k); !skip {
			n++
		}
	}
	return n
}

func (s *storable) whyNotStruct(t types.Type, u *types.Struct, at string, addressable bool) string {
	for k := range u.NumFields() {
		field := u.Field(k)
		tagged, skip := jsonName(u, k)
		if skip {
			continue
		}
		embedded := embeddedStruct(field)
		if !field.Exported() && embedded == nil {
			return fmt.Sprintf("%sa %s, whose unexported field %s JSON would lose: give the type MarshalJSON and UnmarshalJSON, or say `json:\"-\"` where it may be lost",
				at, s.show(t), field.Name())
		} else if _, pointer := field.Type().Underlying().(*types.Pointer); pointer && !field.Exported() {
			return fmt.Sprintf("%sa %s, whose embedded *%s JSON cannot make again: embed the struct itself, or export its type", at, s.show(t), field.Name())
		}
		within := fmt.Sprintf("%sa %s, whose field %s is ", at, s.show(t), field.Name())
		why := ""
		if embedded == nil || tagged != "" {
			why = s.why(field.Type(), within, addressable)
		} else if here := (visited{embedded, addressable}); !s.seen[here] { // JSON looks at its fields, whatever methods it has
			s.seen[here] = true
			why = s.whyNotStruct(field.Type(), embedded, within, addressable)
		}
		if why != "" {
			return why
		}
	}
	named := map[string]string{}
	if name, one, other := collide(u, "", named, nil); name != "" {
		return fmt.Sprintf("%sa %s, of whose fields %s and %s JSON would lose one, for it calls both %q: give one of them another name by a tag",
			at, s.show(t), one, other, name)
	}
	return ""
}

// collide finds two fields that JSON gives one name, those of embedded structs included; named are the fields so far, by name.
func collide(u *types.Struct, prefix string, named map[string]string, within []*types.Struct) (name, one, other string) {
	if slices.Contains(within, u) { // embeds itself, by a pointer
		return "", "", ""
	}
	within = append(within, u)
	for k := range u.NumFields() {
		field := u.Field(k)
		tagged, skip := jsonName(u, k)
		if skip {
			continue
		}
		if embedded := embeddedStruct(field); embedded != nil && tagged == "" {
			if name, one, other := collide(embedded, prefix+field.Name()+".", named, within); name != "" {
				return name, one, other
			}
			continue
		}
		name := tagged
		if name == "" {
			name = field.Name()
		}
		if one := named[name]; one != "" {
			return name, one, prefix + field.Name()
		}
		named[name] = prefix + field.Name()
	}
	return "", "", ""
}

// jsonName is the name that the k-th field's tag gives it, or "", and whether JSON is to leave the field out.
func jsonName(u *types.Struct, k int) (name string, skip bool) {
	tag := reflect.StructTag(u.Tag(k)).Get("json")
	name, _, _ = strings.Cut(tag, ",")
	return name, tag == "-" || u.Field(k).Name() == "_"
}

// embeddedStruct is the struct that a field embeds, by a pointer or not; nil: none.
func embeddedStruct(field *types.Var) *types.Struct {
	if !field.Embedded() {
		return nil
	}
	t := field.Type().Underlying()
	if pointer, ok := t.(*types.Pointer); ok {
		t = pointer.Elem().Underlying()
	}
	u, _ := t.(*types.Struct)
	return u
}

// method is one of a type, and the fields by which it is found, if it is promoted.
type method struct {
	name string
	path []int
}

// writesItself is how a type says itself how it is written, as JSON or else as text; nil: it does not.
func writesItself(t types.Type, addressable bool) *method {
	return firstMethod(t, addressable, "MarshalJSON", "MarshalText")
}

// isTextKey reports whether the keys of a map write and read themselves.
func isTextKey(t types.Type) bool {
	return firstMethod(t, false, "MarshalText") != nil && firstMethod(t, true, "UnmarshalText") != nil
}

// firstMethod is the first of the methods that a value has, or a variable, which is addressable.
func firstMethod(t types.Type, addressable bool, names ...string) *method {
	for _, name := range names {
		object, path, _ := types.LookupFieldOrMethod(t, addressable, nil, name)
		if _, ok := object.(*types.Func); ok {
			return &method{name, path}
		}
	}
	return nil
}

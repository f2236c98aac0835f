package build

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// stored resolves a fallback to the queue: the caller must be told by an error, and the arguments must survive being written down.
func (m *methodBuilder) stored(f *fallback) *fallback {
	before := m.findings.Len()
	name := m.interfaceBuilder.out.Name + "." + m.fn.Name()
	lines := m.effective.Lines("fallback")
	if last := lines[len(lines)-1]; f.line != last {
		m.findings.Add(last.Pos, "this fallback of %s would never be asked: queue at %s must be the last line", m.fn.Name(), f.line.Pos)
	}
	if m.out.Shape != model.Value && m.out.Shape != model.Do {
		m.findings.Add(f.line.Pos, "fallback queue needs a method that returns an error, or one result and an error, and %s%s is none: gather its results in a struct",
			name, strings.TrimPrefix(m.want(""), "func"))
	} else if m.out.Shape == model.Value {
		if why := outlives(m.signature().Results().At(0).Type()); why != "" {
			m.findings.Add(f.line.Pos, "fallback queue cannot hand over what %s returns: %s", name, why)
		}
	}
	for k := range m.signature().Params().Len() {
		param := m.signature().Params().At(k)
		if k == m.context {
			continue
		}
		if why := m.cannotBeStored(param.Type()); why != "" {
			which := param.Name()
			if which == "" || which == "_" {
				which = fmt.Sprintf("%d", k+1)
			}
			m.findings.Add(f.line.Pos, "fallback queue cannot store a call of %s: its parameter %s is %s", name, which, why)
		}
	}
	if m.findings.Len() > before {
		return nil
	}
	return f
}

// cannotBeStored says why JSON does not bring a value of a type back as it was, or "".
func (m *methodBuilder) cannotBeStored(t types.Type) string {
	seen := map[types.Type]bool{}
	var visit func(t types.Type, at string) string
	visit = func(t types.Type, at string) string {
		if _, ok := types.Unalias(t).(*types.TypeParam); ok || seen[t] || writesItself(t) {
			return ""
		}
		seen[t] = true
		switch u := t.Underlying().(type) {
		case *types.Basic:
			if u.Info()&types.IsComplex != 0 || u.Kind() == types.UnsafePointer || u.Kind() == types.Uintptr {
				return at + m.show(t) + ", which JSON has not"
			}
		case *types.Chan:
			return at + "the channel " + m.show(t)
		case *types.Signature:
			return at + "the function " + m.show(t)
		case *types.Interface:
			return at + "the interface " + m.show(t) + ", of which JSON would not know what to make again: use a concrete type"
		case *types.Pointer:
			return visit(u.Elem(), at)
		case *types.Slice:
			return visit(u.Elem(), at)
		case *types.Array:
			return visit(u.Elem(), at)
		case *types.Map:
			if basic, ok := u.Key().Underlying().(*types.Basic); !writesItself(u.Key()) && (!ok || basic.Info()&(types.IsString|types.IsInteger) == 0) {
				return at + "the map " + m.show(t) + ", whose keys JSON has not"
			}
			return visit(u.Elem(), at)
		case *types.Struct:
			for k := range u.NumFields() {
				field, tag := u.Field(k), reflect.StructTag(u.Tag(k)).Get("json")
				switch {
				case tag == "-" || field.Name() == "_":
				case !field.Exported() && !field.Embedded():
					return fmt.Sprintf("%sa %s, whose unexported field %s JSON would lose: give the type MarshalJSON and UnmarshalJSON, or say `json:\"-\"` where it may be lost",
						at, m.show(t), field.Name())
				default:
					if why := visit(field.Type(), fmt.Sprintf("%sa %s, whose field %s is ", at, m.show(t), field.Name())); why != "" {
						return why
					}
				}
			}
		}
		return ""
	}
	return visit(t, "")
}

// writesItself reports whether a type says itself how it is written and read: as JSON, or as text.
func writesItself(t types.Type) bool {
	both := func(write, read string) bool { return hasPointerMethod(t, write) && hasPointerMethod(t, read) }
	return both("MarshalJSON", "UnmarshalJSON") || both("MarshalText", "UnmarshalText")
}

// hasPointerMethod reports whether a variable of a type has a method.
func hasPointerMethod(t types.Type, name string) bool {
	object, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	_, ok := object.(*types.Func)
	return ok
}

// queueNames decides the package-level names that stored calls need: a type for the arguments of each method, the interface that
// is told how they ended, and the constructor of the worker.
func (i *interfaceBuilder) queueNames() {
	if !i.fallsBackTo(storedCall) {
		return
	}
	base := strings.TrimSuffix(i.out.FallbackType, "Fallback")
	i.out.DoneType, i.out.WorkerConstructor = base+"Done", prefixed("New", base+"Worker")
	pos := i.position(i.decl.spec.Name.Pos())
	i.claimNames(pos, []string{i.out.DoneType, i.out.WorkerConstructor}, "rename one of them")
	for _, m := range i.methods {
		if m.fallsBackTo(storedCall) {
			m.out.Job = &model.Job{Type: base + m.fn.Name() + "Job"}
			i.claimNames(pos, []string{m.out.Job.Type}, "rename one of them")
		}
	}
}

// nameJob decides the fields of the stored call, once its parameters have their names.
func (m *methodBuilder) nameJob(body *scope) {
	if m.out.Job == nil {
		return
	}
	job := m.out.Job
	job.Name = body.claim("job", "stored")
	job.TypeArgs = m.typeArguments()
	fields := newScope(nil)
	for k, param := range m.out.Params {
		if k == m.context {
			continue
		}
		field := upperFirst(strings.TrimLeft(param.Name, "_"))
		if !token.IsExported(field) { // a script without upper case
			field = "Arg"
		}
		declared := param.Type
		if m.out.Variadic && k == len(m.out.Params)-1 {
			declared = "[]" + strings.TrimPrefix(declared, "...")
		}
		job.Fields = append(job.Fields, model.JobField{Name: fields.claim(field), Type: declared, Param: param.Name})
	}
}

// typeArguments are the interface's own type parameters, as a type that is generated for it is given them.
func (i *interfaceBuilder) typeArguments() string {
	var names []string
	for _, param := range i.out.TypeParams {
		names = append(names, param.Name)
	}
	if len(names) == 0 {
		return ""
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// storedCallOf prints the fallback to the queue.
func (m *methodBuilder) storedCallOf() model.FallbackCall {
	b := m.interfaceBuilder.out
	job := m.out.Job
	var elements []string
	for _, field := range job.Fields {
		elements = append(elements, field.Name+": "+field.Param)
	}
	queue, literal := b.Receiver+"."+b.QueueField, fmt.Sprintf("%s%s{%s}", job.Type, job.TypeArgs, strings.Join(elements, ", "))
	call := fmt.Sprintf("%s.Enqueue(%s, %s, %s, %s)", m.out.Breaker(b.Receiver), m.out.ContextName, queue, literal, m.out.CauseName)
	if m.out.Shape == model.Value {
		call = fmt.Sprintf("%s.Enqueue[%s](%s, %s, %s, %s, %s)", m.names.runtime(), m.out.Results[0].Type,
			m.out.ContextName, m.out.Breaker(b.Receiver), queue, literal, m.out.CauseName)
	}
	return model.FallbackCall{Call: call, UsesContext: true, UsesCause: true}
}

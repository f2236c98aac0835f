package build

import (
	"fmt"
	"go/token"
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
			name, m.printSignature(m.signature()))
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
			m.findings.Add(f.line.Pos, "fallback queue cannot store a call of %s: its parameter %s is %s", name, m.parameter(k), why)
		}
	}
	if m.findings.Len() > before {
		return nil
	}
	return f
}

// queueNames decides the package-level names that stored calls need: a type for the arguments of each method, the interface that
// is told how they ended, and the constructor of the worker.
func (i *interfaceBuilder) queueNames() {
	if !i.fallsBackTo(storedCall) {
		return
	}
	i.needs("string") // in which a task's id is handed over
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
	_, job.TypeArgs = m.typeParamLists()
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

// storedCallOf prints the fallback to the queue.
func (m *methodBuilder) storedCallOf() model.FallbackCall {
	b := m.interfaceBuilder.out
	job := m.out.Job
	var elements []string
	for _, field := range job.Fields {
		elements = append(elements, field.Name+": "+field.Param)
	}
	queue, literal := b.Receiver+"."+b.QueueField, fmt.Sprintf("%s%s{%s}", job.Type, job.TypeArgs, strings.Join(elements, ", "))
	call := fmt.Sprintf("%s.Enqueue(%s, %s, %s, %s)", m.breaker(), m.out.ContextName, queue, literal, m.out.CauseName)
	if m.out.Shape == model.Value {
		call = fmt.Sprintf("%s.Enqueue[%s](%s, %s, %s, %s, %s)", m.names.runtime(), m.out.Results[0].Type,
			m.out.ContextName, m.breaker(), queue, literal, m.out.CauseName)
	}
	return model.FallbackCall{Call: call, UsesContext: true, UsesCause: true}
}

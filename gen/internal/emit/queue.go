package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// queue prints what stored calls need: a type for the arguments of each method, the interface that is told how they ended, and the
// constructor of the worker that makes them.
func (p printer) queue() {
	i := p.iface
	if i.QueueField == "" {
		return
	}
	var stored []*model.Method
	for _, m := range i.Methods {
		if m.Job != nil {
			stored = append(stored, m)
		}
	}
	for _, m := range stored {
		p.job(m)
	}
	p.done(stored)
	p.worker(stored)
}

func (p printer) job(m *model.Method) {
	p.comment("%s holds the arguments of a stored call of [%s.%s], as the queue keeps them: JSON.", m.Job.Type, p.iface.Name, m.Name)
	p.file.Type().Add(p.declared(m.Job.Type)).StructFunc(func(g *jen.Group) {
		for _, field := range m.Job.Fields {
			g.Id(field.Name).Id(field.Type).Tag(map[string]string{"json": field.Param})
		}
	})
	p.file.Line()
}

func (p printer) done(stored []*model.Method) {
	i := p.iface
	p.comment("%s is told how the stored calls of %s [%s] ended. An error that it returns has the call made again: a task's id is the same each time.",
		i.DoneType, article(i.Name), i.Name)
	p.file.Type().Add(p.declared(i.DoneType)).InterfaceFunc(func(g *jen.Group) {
		for _, m := range stored {
			g.Comment(fmt.Sprintf("%s is told what [%s.%s] returned.", doneMethod(m), i.Name, m.Name))
			params := []jen.Code{jen.Id("ctx").Id(m.ContextType), jen.Id("taskID").String(), jen.Id("job").Id(m.Job.Type + m.Job.TypeArgs)}
			if m.Shape == model.Value {
				params = append(params, jen.Id("result").Id(m.Results[0].Type))
			}
			g.Id(doneMethod(m)).Params(append(params, jen.Err().Error())...).Error()
		}
	})
	p.file.Line()
}

func doneMethod(m *model.Method) string { return m.Name + "Done" }

func (p printer) worker(stored []*model.Method) {
	i := p.iface
	p.comment("%s makes the stored calls of %s [%s] through the breakers of %s, once they are closed and without the fallbacks, and tells %s. "+
		"It panics when %s or %s is nil.", i.WorkerConstructor, article(i.Name), i.Name, i.Receiver, i.DoneName, i.Receiver, i.DoneName)
	p.file.Func().Add(p.declared(i.WorkerConstructor)).Params(
		jen.Id(i.Receiver).Op("*").Add(p.applied(i.Wrapper)), jen.Id(i.DoneName).Add(p.applied(i.DoneType)),
	).Op("*").Add(p.runtime("Worker")).BlockFunc(func(g *jen.Group) {
		for _, name := range []string{i.Receiver, i.DoneName} {
			g.If(jen.Id(name).Op("==").Nil()).Block(
				jen.Panic(jen.Lit(fmt.Sprintf("%s.%s: %s is nil", p.pkg, i.WorkerConstructor, name))),
			)
		}
		arguments := []jen.Code{jen.Id(i.Receiver).Dot(stored[0].Field).Dot("Client").Call()}
		for _, m := range stored {
			arguments = append(arguments, p.replay(m))
		}
		g.Return(p.runtime("NewWorker").Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, arguments...))
	})
	p.file.Line()
}

// replay prints how a stored call is made: from its arguments, the breaker and the call.
func (p printer) replay(m *model.Method) *jen.Statement {
	i, job := p.iface, m.Job
	call := jen.Id(fmt.Sprintf("%s.%s.%s(%s)", i.Receiver, i.NextField, m.Name, m.Call))
	var params, fields []string
	for _, field := range job.Fields {
		params, fields = append(params, field.Param), append(fields, job.Name+"."+field.Name)
	}
	var body []jen.Code
	if len(params) > 0 {
		body = append(body, jen.Id(strings.Join(params, ", ")+" := "+strings.Join(fields, ", ")))
	}
	body = append(body, jen.Return(jen.Id(m.Breaker(i.Receiver)), p.closure(m, jen.Return(call))))
	function, jobName := "ReplayCall", job.Name
	if m.Shape == model.Do {
		function = "ReplayDo"
	}
	if len(params) == 0 {
		jobName = "_"
	}
	prepare := jen.Func().Params(jen.Id(jobName).Id(job.Type+job.TypeArgs)).
		Params(jen.Op("*").Add(p.runtime("Breaker")), jen.Func().Params(jen.Id(m.ContextType)).Add(p.closureResults(m))).Block(body...)
	return p.runtime(function).Call(jen.Lit(m.Name), prepare, jen.Id(i.DoneName).Dot(doneMethod(m)))
}

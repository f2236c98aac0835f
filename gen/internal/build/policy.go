package build

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cbgen/cbgen/gen/internal/directive"
	"github.com/cbgen/cbgen/gen/internal/model"
)

// policy fills in the method's cb.Policy and the list of its settings, both driven by the registry: every argument with a
// policy field is emitted and listed where it is written, or holds by default.
func (m *methodBuilder) policy() {
	for _, def := range directive.Registry() {
		if def.Name == "failure" && m.statusFails() {
			m.set("Failure.Codes", strconv.Quote(directive.HTTPFailures))
			m.list("failure", "codes", directive.HTTPFailures, "default")
		}
		for k := range def.Args {
			arg := &def.Args[k]
			value, written := m.effective.Get(def.Name, arg.Key)
			switch {
			case arg.Field == "":
			case written:
				m.fill(arg, value)
				m.list(def.Name, arg.Key, value.Text, value.Pos.String())
			case m.effective.DefaultHolds(def.Name, arg):
				if value, err := directive.ParseDefault(arg); err == nil && !arg.Implied {
					m.fill(arg, value)
				}
				m.list(def.Name, arg.Key, arg.Default, "default")
			}
		}
	}
	m.listJudges()
	m.listStream()
	m.codeReaders()
	m.answers()
	m.fallbackPolicies()
}

// statusFails reports whether a response's status may be a failure although nothing is said of failures. Without codes a response is a
// success whatever its status, and a breaker over an upstream that answers nothing but 503 would never open.
func (m *methodBuilder) statusFails() bool {
	response := m.out.Outcome != "" || m.stream != nil && m.stream.kind == responseStream
	return response && m.effective.Silent("failure")
}

// namePolicies names the variables of policies that several methods share.
func (i *interfaceBuilder) namePolicies() {
	used := newScope(nil)
	used.reserve(i.names.runtime(), i.out.PoliciesType)
	alike := map[string][]*model.Method{}
	var policies []string // in the order of the methods
	for _, m := range i.out.Guarded() {
		policy := fmt.Sprintf("%q", m.Policy)
		policyIdentifiers(m.Policy, func(name string) { used.reserve(name) })
		if alike[policy] == nil {
			policies = append(policies, policy)
		}
		alike[policy] = append(alike[policy], m)
	}
	for _, policy := range policies {
		if methods := alike[policy]; len(methods) > 1 {
			name := used.claim("policy")
			for _, m := range methods {
				m.PolicyName = name
			}
		}
	}
}

// policyIdentifiers calls yield for every identifier in the expressions of a policy.
func policyIdentifiers(fields []model.Field, yield func(string)) {
	for _, field := range fields {
		identifiers(field.Expr, yield)
		policyIdentifiers(field.Fields, yield)
	}
}

// fill puts a value at the policy's field, a range at its two fields.
func (m *methodBuilder) fill(arg *directive.Arg, value directive.Value) {
	if arg.Kind == directive.Range {
		m.set(arg.Field, m.duration(value.Low))
		m.set(arg.FieldHigh, m.duration(value.High))
		return
	}
	m.set(arg.Field, m.expression(value))
}

// fallbackPolicies says for each fallback line its name and what it answers for, in order.
func (m *methodBuilder) fallbackPolicies() {
	var list []string
	for _, line := range m.effective.Lines("fallback") {
		for _, value := range line.Values {
			m.list("fallback", value.Arg.Key, value.Text, value.Pos.String())
		}
		name, _ := line.Value("")
		element := "Name: " + strconv.Quote(name.Text)
		if on, ok := line.Value("on"); ok && on.Text != on.Arg.Default {
			element += ", On: " + m.names.runtime() + ".On" + upperFirst(on.Text)
		}
		for _, limit := range []struct{ key, field string }{{"ttl", "TTL"}, {"max", "Max"}, {"similar", "Similar"}, {"expires", "TTL"}} {
			if value, ok := line.Value(limit.key); ok {
				element += ", " + limit.field + ": " + m.expression(value)
			} else if arg := line.Def.Arg(limit.key); arg.Default != "" && arg.Only == name.Text {
				m.list("fallback", limit.key, arg.Default, "default")
			}
		}
		list = append(list, "{"+element+"}")
	}
	if len(list) > 0 {
		m.set("Fallbacks", sliceLiteral(m.names.runtime()+".Fallback", list))
	}
}

// sliceLiteral prints a slice, its elements on lines of their own where they are long.
func sliceLiteral(element string, elements []string) string {
	const long = 90 // characters
	line := strings.Join(elements, ", ")
	if len(elements) > 1 && len(line) > long {
		line = "\n" + strings.Join(elements, ",\n") + ",\n"
	}
	return "[]" + element + "{" + line + "}"
}

func (m *methodBuilder) list(name, key, value, origin string) {
	m.out.Settings = append(m.out.Settings, model.Setting{Directive: name, Key: key, Value: value, Origin: origin})
}

// set puts an expression at a field path of the policy: "Timeout", "Failure.Codes".
func (m *methodBuilder) set(path, expr string) {
	if expr == "" {
		return
	}
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		m.out.Policy = append(m.out.Policy, model.Field{Name: head, Expr: expr})
		return
	}
	for k := range m.out.Policy {
		if m.out.Policy[k].Name == head {
			m.out.Policy[k].Fields = append(m.out.Policy[k].Fields, model.Field{Name: rest, Expr: expr})
			return
		}
	}
	m.out.Policy = append(m.out.Policy, model.Field{
		Name: head, Expr: m.names.runtime() + "." + directive.StructOf(head), Fields: []model.Field{{Name: rest, Expr: expr}},
	})
}

// expression prints a value as Go source.
func (m *methodBuilder) expression(value directive.Value) string {
	switch value.Arg.Kind {
	case directive.Int:
		return strconv.Itoa(value.Int)
	case directive.Number, directive.Share:
		return strconv.FormatFloat(value.Number, 'g', -1, 64)
	case directive.Duration:
		return m.duration(value.Duration)
	case directive.Errors:
		return m.errorMatches(value.Names, strings.HasPrefix(value.Arg.Field, "Failure."))
	}
	return strconv.Quote(value.Text)
}

// duration prints a duration as people write it: 30 * time.Second.
func (m *methodBuilder) duration(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	pkg := m.names.use("time", "time")
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Hour, "Hour"}, {time.Minute, "Minute"}, {time.Second, "Second"}, {time.Millisecond, "Millisecond"}, {time.Microsecond, "Microsecond"}} {
		switch {
		case d == unit.size:
			return pkg + "." + unit.name
		case d%unit.size == 0:
			return fmt.Sprintf("%d * %s.%s", d/unit.size, pkg, unit.name)
		}
	}
	return fmt.Sprintf("%d * %s.Nanosecond", d, pkg)
}

const grpcStatus = "google.golang.org/grpc/status"

// codeReaders adds what the codes of the failure directive need beside the error types it names: where gRPC's names are
// listed, the reader of gRPC's status.
func (m *methodBuilder) codeReaders() {
	for _, match := range []struct{ directive, field string }{{"failure", "Failure"}, {"ignore", "Ignore"}} {
		value, ok := m.effective.Get(match.directive, "codes")
		if !ok {
			continue
		}
		codes, err := directive.ParseCodes(value.Text)
		if err != nil || !codes.HasGRPC() {
			continue
		}
		if !m.DependsOn(grpcStatus) {
			if _, typed := m.effective.Get(match.directive, "errors"); !typed {
				m.findings.Add(value.Pos, "no error here can carry a gRPC code: the package depends neither on %s nor names an error type with errors=", grpcStatus)
			}
			continue
		}
		status := m.names.use(grpcStatus, "status")
		m.set(match.field+".CodeOf",
			fmt.Sprintf("[]func(error) (int, bool){%s.CodeFrom(%s.FromError, (*%[2]s.Status).Code)}", m.names.runtime(), status))
	}
}

// redisPaths are the packages whose Nil means that a key is not there.
var redisPaths = []string{
	"github.com/redis/go-redis/v9", "github.com/go-redis/redis/v9", "github.com/go-redis/redis/v8", "github.com/go-redis/redis/v7",
	"github.com/go-redis/redis",
}

// answers lists the errors by which an upstream answers "there is none", where no failure directive says what they are. Those
// of the standard library that any package may return are known to the runtime.
func (m *methodBuilder) answers() {
	for _, field := range m.out.Policy {
		if field.Name == "Failure" {
			return
		}
	}
	var list []string
	if m.DependsOn("database/sql") {
		list = append(list, m.names.use("database/sql", "sql")+".ErrNoRows")
	}
	for _, path := range redisPaths {
		if m.DependsOn(path) {
			list = append(list, m.names.use(path, "redis")+".Nil")
		}
	}
	if len(list) > 0 {
		m.set("Answers", "[]error{"+strings.Join(list, ", ")+"}")
	}
}

package gen_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// randomPackage prints a Go file with random annotated interfaces: valid Go, and directives that mostly fit their methods.
// The names are chosen to clash with whatever the output needs.
func randomPackage(seed uint64) string {
	p := &randomPrinter{Rand: rand.New(rand.NewPCG(seed, seed))}
	return p.file()
}

type randomPrinter struct {
	*rand.Rand
	imports     map[string]string // path to the name this file gives it
	params      []string          // type parameters of the interface at hand
	constraints []string          // theirs
	methods     map[string]bool   // its methods' names
	keys        []string          // expressions over the parameters of the method at hand
	funcs       []string          // fallback functions, printed behind the interfaces
	count       int
}

func pick[T any](p *randomPrinter, list ...T) T { return list[p.IntN(len(list))] }

func (p *randomPrinter) chance(percent int) bool { return p.IntN(100) < percent }

const randomTypes = `
type (
	Request  struct{ ID int }
	Response struct{ Text string }
	Alias    = map[string]*Request
	Box[T any] struct{ Value T }
	Pair[A comparable, B any] map[A]B
	Half[B any] = Pair[string, B]
	ErrorLike interface{ Error() string }
	Coded interface{ error; Code() int }
	inner    struct{ hidden int }
	Cmd      struct{ err error }
	Rows     struct{ err error }
	CodeError struct{ StatusCode int }
	Cursor[V any] interface { Next() bool; Item() V; Err() error; Close() error; err(); guard(s string, ended ...int) (again bool) }
	Receiver interface { Recv() (*Response, error); CloseSend() error; Close() }
	Ticks <-chan int
)

func (c *Cmd) Err() error         { return c.err }
func (c *Cmd) SetErr(err error)   { c.err = err }
func (r *Rows) Err() error        { return r.err }
func (e *CodeError) Error() string { return "" }
`

func (p *randomPrinter) file() string {
	p.imports = map[string]string{"context": pick(p, "context", "context", "stdctx", "time"), "errors": "errors"}
	var body strings.Builder
	body.WriteString(randomTypes)
	body.WriteString("\nvar ErrBusy, ErrGone = errors.New(\"busy\"), errors.New(\"gone\")\n")
	for k := range 1 + p.IntN(3) {
		body.WriteString(p.iface(k))
	}
	for _, f := range p.funcs {
		body.WriteString(f)
	}
	// Package-level names that the output would like for itself, where no import has them.
	taken := map[string]bool{}
	for _, name := range p.imports {
		taken[name] = true
	}
	for _, name := range []string{"cb", "time", "b", "next", "opts", "client", "policies", "ctx", "len", "string", "fmt", "slog"} {
		if !taken[name] && p.chance(15) && name != "string" {
			fmt.Fprintf(&body, "\nvar %s = 1\n", name)
		}
	}
	var head strings.Builder
	head.WriteString("package sample\n\nimport (\n")
	for _, path := range []string{"context", "encoding/json", "errors", "fmt", "io", "iter", "net/http", "time"} {
		if name, ok := p.imports[path]; ok && regexp.MustCompile(`\b`+name+`\.`).MatchString(body.String()) {
			fmt.Fprintf(&head, "\t%s %q\n", name, path)
		}
	}
	head.WriteString(")\n")
	return head.String() + body.String()
}

// pkg imports path under its own name or, where that is taken, another.
func (p *randomPrinter) pkg(path string) string {
	if name, ok := p.imports[path]; ok {
		return name
	}
	name := path[strings.LastIndex(path, "/")+1:]
	if p.chance(25) {
		name = pick(p, "cb", "time", "runtime", "x", "b", "errs")
	}
	for _, other := range p.imports {
		if other == name {
			p.count++
			name = fmt.Sprintf("%s%d", name, p.count)
		}
	}
	p.imports[path] = name
	return name
}

func (p *randomPrinter) iface(k int) string {
	name := pick(p, "Client", "provider", "Store", "T", "URL", "Breaker", "next") + fmt.Sprint(k)
	p.params, p.constraints, p.methods = nil, nil, map[string]bool{"Close": true, "String": true}
	list := ""
	if p.chance(30) {
		p.params = pick(p, []string{"T"}, []string{"K", "V"}, []string{"next", "opts"}, []string{"ctx"}, []string{"guard", "s"}, []string{"item", "source"})
		var parts []string
		for _, param := range p.params {
			p.constraints = append(p.constraints, pick(p, "any", "comparable", "~int | ~string", "interface{ ~[]byte; Len() int }"))
			parts = append(parts, param+" "+p.constraints[len(p.constraints)-1])
		}
		list = "[" + strings.Join(parts, ", ") + "]"
	}
	var s strings.Builder
	fmt.Fprintf(&s, "\n// %s is random.\n//\n//cb:breaker%s\n", name, p.breakerArgs())
	if p.chance(30) {
		fmt.Fprintf(&s, "//cb:failure %s\n", pick(p, "codes=5xx,429", "codes=503 errors=*CodeError", "errors=ErrBusy,*CodeError"))
	}
	if p.chance(20) {
		fmt.Fprintf(&s, "//cb:ignore %s\n", pick(p, "codes=404", "errors=ErrGone", "codes=409 errors=ErrGone"))
	}
	if p.chance(20) {
		fmt.Fprintf(&s, "//cb:bulkhead%s\n", pick(p, " max=100", " max=100 wait=1s"))
	}
	if p.chance(20) {
		fmt.Fprintf(&s, "//cb:wrap name=%s%d\n", pick(p, "Guarded", "guarded", "Ünter"), k)
	}
	closer := p.chance(15)
	if closer && p.chance(50) {
		s.WriteString("//cb:on Close off \"must work\"\n")
	}
	fmt.Fprintf(&s, "type %s%s interface {\n", name, list)
	if closer {
		fmt.Fprintf(&s, "\t%s.Closer\n", p.pkg("io"))
	}
	if p.chance(10) {
		fmt.Fprintf(&s, "\t%s.Stringer\n", p.pkg("fmt"))
	}
	for range 1 + p.IntN(5) {
		s.WriteString(p.method())
	}
	s.WriteString("}\n")
	return s.String()
}

func (p *randomPrinter) breakerArgs() string {
	return pick(p, "", " threshold=3", " ratio=50% min=5", " ratio=0.2 window=1m threshold=9", " timeout=1m", " threshold=2 window=10s max-requests=3",
		" slow=200ms", " ramp=1m max-timeout=5m surge=150%")
}

func (p *randomPrinter) methodName() string {
	for {
		name := pick(p, "Get", "get", "Range", "Type", "Next", "next", "Fallback", "fallback", "Do", "B", "b", "Cb", "Len", "Policies",
			"Func", "Error", "Context", "URL", "X_1", "Ünter", "Nil", "Err", "Client", "Record", "Go")
		if p.chance(30) {
			name += fmt.Sprint(p.IntN(9))
		}
		if !p.methods[name] {
			p.methods[name] = true
			return name
		}
	}
}

// method prints a method with its directives, and the fallback that they name.
func (p *randomPrinter) method() string {
	name, sig, withContext, guarded := p.methodName(), "", p.chance(75), p.chance(80)
	streaming := guarded && p.chance(25)
	sig, params, results, variadic := p.signature(withContext, guarded, streaming)
	var s strings.Builder
	if guarded {
		if streaming {
			s.WriteString("\t//cb:stream")
			if withContext {
				s.WriteString(pick(p, "", " first=240ms", " idle=200ms", " first=240ms idle=200ms"))
			}
			s.WriteString("\n")
		}
		if withContext && p.chance(25) {
			fmt.Fprintf(&s, "\t//cb:deadline %s\n", pick(p, "1s", "250ms", "1m30s"))
		}
		if p.chance(20) {
			fmt.Fprintf(&s, "\t//cb:breaker%s\n", p.breakerArgs())
		}
		judged := !streaming && p.chance(15)
		if judged {
			p.count++
			types := strings.Join(results, ", ")
			fmt.Fprintf(&s, "\t//cb:failure result=judge%d reject=reject%[1]d\n", p.count)
			p.funcs = append(p.funcs, fmt.Sprintf("\nfunc judge%d%s(%s) error { panic(0) }\n", p.count, p.occurring(types), types),
				fmt.Sprintf("\nfunc reject%d%s(error) (%s) { panic(0) }\n", p.count, p.occurring(types), types))
		}
		if len(p.keys) > 0 && p.chance(50) {
			fmt.Fprintf(&s, "\t//cb:key %s%s\n", pick(p, p.keys...), pick(p, "", " max=7"))
		}
		if p.chance(15) || streaming && len(results) == 1 { // a channel alone needs one
			s.WriteString("\t//cb:fallback standby\n")
		}
		if last := len(results) - 1; !judged && !streaming && last >= 1 && last <= 4 && slices.Index(results, "error") == last && p.chance(30) {
			key, similar := p.cacheKey(params), ""
			if strings.HasPrefix(key, ` key="string`) {
				similar = pick(p, "", " similar=80%")
			}
			fmt.Fprintf(&s, "\t//cb:fallback cache%s%s%s\n", key, similar, pick(p, "", " ttl=1m max=7"))
		}
		if p.chance(40) {
			p.count++
			on := pick(p, "", "", " on=open", " on=failure", " on=all")
			cause := p.chance(50)
			list := append([]string(nil), params...)
			if cause {
				if variadic {
					list[len(list)-1] = "[]" + strings.TrimPrefix(list[len(list)-1], "...")
				}
				list = append(list, "error")
			}
			switch p.IntN(3) {
			case 0:
				fmt.Fprintf(&s, "\t//cb:fallback Elsewhere%d%s\n", p.count, on)
			case 1:
				fmt.Fprintf(&s, "\t//cb:fallback answer%d%s\n", p.count, on)
				types := "(" + strings.Join(list, ", ") + ") (" + strings.Join(results, ", ") + ")"
				p.funcs = append(p.funcs, fmt.Sprintf("\nfunc answer%d%s%s { panic(0) }\n", p.count, p.occurring(types), types))
			case 2:
				other := fmt.Sprintf("Other%d", p.count)
				fmt.Fprintf(&s, "\t//cb:fallback %s%s\n\t%s%s\n", other, on, name, sig)
				return s.String() + fmt.Sprintf("\t%s(%s) (%s)\n", other, strings.Join(list, ", "), strings.Join(results, ", "))
			}
		}
	} else if p.chance(20) {
		s.WriteString("\t//cb:off \"for no reason\"\n")
	}
	fmt.Fprintf(&s, "\t%s%s\n", name, sig)
	return s.String()
}

// cacheKey tells calls apart: the parameters do where all of them are plain.
func (p *randomPrinter) cacheKey(params []string) string {
	for _, typ := range params {
		if !slices.Contains([]string{"context.Context", "int", "string", "float64", "rune", "bool", "byte", "Request"}, typ) {
			return pick(p, " key=1", ` key="string(rune(ErrBusy.Error()[0]))"`, " key=Request{ID:7}")
		}
	}
	return ""
}

// occurring lists the interface's type parameters that occur in a signature.
func (p *randomPrinter) occurring(signature string) string {
	var parts []string
	for i, name := range p.params {
		if regexp.MustCompile(`\b` + name + `\b`).MatchString(signature) {
			parts = append(parts, name+" "+p.constraints[i])
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// stream picks results of a stream.
func (p *randomPrinter) stream() []string {
	item := p.typ(1, false)
	seq := p.pkg("iter") + ".Seq2[" + item + ", error]"
	return pick(p,
		[]string{seq}, []string{seq, "error"}, []string{"func(func(" + item + ", error) bool)", "error"},
		[]string{p.pkg("io") + ".ReadCloser", "error"}, []string{"*" + p.pkg("net/http") + ".Response", "error"},
		[]string{"<-chan " + item}, []string{"<-chan (" + item + ")", "error"}, []string{"Ticks", "error"},
		[]string{"Cursor[" + item + "]", "error"}, []string{"Receiver", "error"},
		[]string{"interface{ Next() bool; Err() error; Item(error " + item + ") (s, nil " + item + ") }", "error"})
}

// signature prints parameters and results, and returns the types of both. Guarded ones have an error result, and none that
// outlives the call but streams, so that a deadline fits.
func (p *randomPrinter) signature(withContext, guarded, streaming bool) (sig string, params, results []string, variadic bool) {
	if withContext {
		params = append(params, p.pkg("context")+".Context")
	}
	for range p.IntN(5) {
		params = append(params, p.typ(2, true))
	}
	if variadic = len(params) > 1 && p.chance(25); variadic {
		params[len(params)-1] = "..." + params[len(params)-1]
	}
	for range p.IntN(3) {
		results = append(results, p.typ(1, false))
	}
	switch {
	case streaming:
		results = p.stream()
	case guarded:
		switch p.IntN(10) {
		case 0:
			results = append([]string{"error"}, results...)
		case 1:
			results = append(results, "ErrorLike")
		case 2:
			results = append(results, "error", "error")
		case 3:
			results = []string{"*Cmd"}
		default:
			results = append(results, "error")
		}
	}
	used := map[string]bool{}
	p.keys = nil
	sig = "(" + p.named(params, used) + ")"
	keys := p.keys
	sig += " (" + p.named(results, used) + ")"
	p.keys = keys
	return sig, params, results, variadic
}

// key is an expression over a parameter, "" where it has none that tells breakers apart.
func (p *randomPrinter) key(name, typ string) string {
	switch typ {
	case "int", "string", "float64", "rune":
		return pick(p, name, name+"+"+name, "("+name+")", "ErrBusy==nil||"+name+">"+name)
	case "bool", "byte", "inner":
		return name
	case "Request":
		return pick(p, name, name+".ID", "Request{ID:"+name+".ID}")
	}
	return ""
}

// named gives names to all of a list, or to none.
func (p *randomPrinter) named(types []string, used map[string]bool) string {
	if p.chance(30) {
		return strings.Join(types, ", ")
	}
	var parts []string
	for _, typ := range types {
		name := pick(p, "_", "ctx", "context", "time", "cb", "err", "error", "nil", "string", "int", "len", "b", "next", "fallback", "standby", "cache", "key", "cacheKey",
			"result", "r", "p0", "fn", "cause", "ok", "panic", "new", "opts", "client", "policies", "errors", "T", "K", "Request",
			"Response", "Box", "Cmd", "any", "true", "outcome", "ErrorLike", "http", "io", "x", "sample", "größe")
		if used[name] && name != "_" {
			p.count++
			name = fmt.Sprintf("%s%d", name, p.count)
		}
		used[name] = true
		if key := p.key(name, typ); key != "" && name != "_" {
			p.keys = append(p.keys, key)
		}
		parts = append(parts, name+" "+typ)
	}
	return strings.Join(parts, ", ")
}

// typ prints a type. A result must not outlive the call: no channels, functions or bodies there.
func (p *randomPrinter) typ(depth int, param bool) string {
	if depth > 0 && p.chance(50) {
		inner := func() string { return p.typ(depth-1, param) }
		forms := []func() string{
			func() string { return "[]" + inner() },
			func() string { return "*" + inner() },
			func() string { return "[3]" + inner() },
			func() string { return "map[" + pick(p, "string", "int", "Request") + "]" + inner() },
			func() string { return "Box[" + inner() + "]" },
			func() string { return "Half[" + inner() + "]" },
			func() string { return "struct {\n\t\tA " + inner() + " `json:\"a\"`\n\t\tb " + inner() + "\n\t}" },
		}
		if param {
			forms = append(forms,
				func() string { return pick(p, "chan ", "<-chan ", "chan<- ") + "(" + inner() + ")" },
				func() string { return "func(" + inner() + ", ..." + inner() + ") (" + inner() + ", error)" },
				func() string { return "interface {\n\t\tRead(" + inner() + ") " + inner() + "\n\t}" },
				func() string { return p.pkg("iter") + ".Seq[" + inner() + "]" },
			)
		}
		return forms[p.IntN(len(forms))]()
	}
	if len(p.params) > 0 && p.chance(30) {
		return pick(p, p.params...)
	}
	switch p.IntN(12) {
	case 0:
		return p.pkg("time") + pick(p, ".Duration", ".Time")
	case 1:
		return p.pkg("net/http") + pick(p, ".Header", ".HandlerFunc", ".Cookie")
	case 2:
		return p.pkg("encoding/json") + pick(p, ".RawMessage", ".Number")
	case 3:
		return p.pkg("io") + ".Writer"
	}
	return pick(p, "int", "string", "bool", "byte", "any", "Request", "*Response", "Alias", "inner", "float64", "uintptr", "rune")
}

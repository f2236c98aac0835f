package build

import (
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// conformanceSuffix ends the name of the file that tests the wrappers of a source file.
const conformanceSuffix = "_cb_conformance_test.go"

// ConformancePath is where the test of a source file's wrappers is written, beside it; "" where the source is a test itself.
func ConformancePath(source string) string {
	base := strings.TrimSuffix(filepath.Base(source), ".go")
	if strings.HasSuffix(base, "_test") {
		return ""
	}
	return filepath.Join(filepath.Dir(source), base+conformanceSuffix)
}

// conformance decides what the test of a file's wrappers says. It comes last: the names of the wrappers go first.
func (b *packageBuilder) conformance(source *File, out *model.File, names *fileNames, builders []*interfaceBuilder) {
	path := ConformancePath(source.Name)
	if path == "" || len(builders) == 0 || !b.WantsTest(path) {
		return
	}
	var spelt []string
	for _, i := range builders {
		i.conformanceTest()
		if i.out.Conformance.Skip == "" {
			spelt = append(spelt, i.spelt()...)
		}
	}
	c := &model.Conformance{Path: path}
	if spelt != nil {
		ofWrappers := maps.Clone(names.names)
		c.Testing, c.CBTest = names.use("testing", "testing"), names.use(testPath, "cbtest")
		c.T, c.Options, c.Wrapper = names.scope.claim("t"), names.scope.claim("opts"), names.scope.claim("b", "breaker")
		text := strings.Join(spelt, "\n")
		for _, spec := range names.imports() {
			_, wrappers := ofWrappers[spec.Path]
			if !wrappers || spec.Path == model.RuntimePath || mentions(text, names.names[spec.Path]) {
				c.Imports = append(c.Imports, spec)
			}
		}
	}
	out.Conformance = c
}

// mentions reports whether types, as they are spelt, name something of a package: its name with a dot behind it, where a name begins.
func mentions(text, name string) bool {
	for from := 0; ; from++ {
		k := strings.Index(text[from:], name+".")
		if k < 0 {
			return false
		}
		from += k
		last, _ := utf8.DecodeLastRuneInString(text[:from])
		inside := last == '.' || last == '_' || unicode.IsLetter(last) || unicode.IsDigit(last)
		if from == 0 || !inside || strings.HasSuffix(text[:from], "...") {
			return true
		}
	}
}

// conformanceTest decides the names of an interface's test, or that it has none.
func (i *interfaceBuilder) conformanceTest() {
	t := &i.out.Conformance
	guarded := i.out.Guarded()
	for _, m := range guarded {
		if m.Shape == model.Judged {
			t.LeftOut = append(t.LeftOut, model.LeftOut{Method: m.Name, Why: "only " + m.Judge + " knows which results are good ones"})
		}
	}
	switch {
	case len(guarded) == 0:
		t.Skip = "none of its methods has a breaker"
	case len(guarded) == len(t.LeftOut):
		t.Skip = "of none of its methods it is known which results are good ones"
	case mentions(strings.Join(i.spelt(), "\n"), "C"):
		t.Skip = "its methods have types of C, and tests may not import it"
	}
	if n := i.params.Len(); n > 0 && t.Skip == "" {
		if t.TypeArgs = i.instantiation(n); t.TypeArgs == "" {
			t.Skip = "no type arguments are known that its type parameters allow"
		}
	}
	if t.Skip != "" {
		return
	}
	name := upperFirst(i.out.Name)
	t.Test = i.free("Test" + name + "Conformance")
	if i.params.Len() > 0 {
		t.Walk = i.free("conform" + name)
	}
	t.Upstream = i.free(lowerFirst(i.out.Name) + "Upstream")
	if len(i.out.Fallbacks) > 0 {
		t.Fallback = i.free(lowerFirst(i.out.Name) + "FallbackUpstream")
	}
}

// spelt are the types that the test of an interface spells.
func (i *interfaceBuilder) spelt() []string {
	var list []string
	add := func(params ...model.Param) {
		for _, param := range params {
			list = append(list, param.Type)
		}
	}
	for _, m := range i.out.Methods {
		add(slices.Concat(m.Params, m.Results)...)
	}
	for _, f := range i.out.Fallbacks {
		add(slices.Concat(f.Params, f.Results)...)
	}
	for _, param := range i.out.TypeParams {
		list = append(list, param.Constraint)
	}
	return append(list, "") // never nil
}

// free takes a package-level name that nothing has; tests that are not read may have it all the same.
func (i *interfaceBuilder) free(name string) string {
	wanted := name
	for n := 2; i.taken(name) || i.names.scope.has(name); n++ {
		name = wanted + strconv.Itoa(n)
	}
	i.generated[name] = i.position(i.decl.spec.Name.Pos())
	i.names.scope.reserve(name)
	return name
}

// instantiation is some type arguments that the interface's type parameters allow, [int, string]; "": none were found.
func (i *interfaceBuilder) instantiation(n int) string {
	const most = 4 // there are so many combinations
	object := i.Types.Scope().Lookup(i.decl.spec.Name.Name)
	if n > most {
		return ""
	}
	candidates := []types.Type{types.Typ[types.Int], types.Typ[types.String], types.Typ[types.Float64], types.NewSlice(types.Typ[types.Byte])}
	arguments := make([]types.Type, n)
	var try func(k int) bool
	try = func(k int) bool {
		if k == n {
			_, err := types.Instantiate(nil, object.Type(), arguments, true)
			return err == nil
		}
		return slices.ContainsFunc(candidates, func(t types.Type) bool {
			arguments[k] = t
			return try(k + 1)
		})
	}
	if !try(0) {
		return ""
	}
	var texts []string
	for _, t := range arguments {
		texts = append(texts, t.String())
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

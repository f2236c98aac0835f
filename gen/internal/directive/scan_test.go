package directive

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/gen/internal/diag"
)

// attachments lists what Scan found, in the order of the source: name and directives.
func attachments(comments *Comments, file *ast.File) []string {
	var list []string
	ast.Inspect(file, func(n ast.Node) bool {
		var name string
		var lines []*Line
		switch n := n.(type) {
		case *ast.TypeSpec:
			name, lines = n.Name.Name, comments.Interfaces[n]
		case *ast.Field:
			if len(n.Names) == 1 {
				name, lines = n.Names[0].Name, comments.Methods[n]
			}
		}
		for _, line := range lines {
			list = append(list, name+" "+line.Pos.String()+" "+line.String())
		}
		return true
	})
	return list
}

func TestScanAttaches(t *testing.T) {
	t.Parallel()
	comments, file, findings := scan(t, `// Package x says //cb:nothing.
package x

// Provider answers.
//
//cb:breaker threshold=5
//cb:fallback Elsewhere
//cb:fallback Nowhere
//cb:on Close off "why"
//cb:on Read breaker min=3 ratio=50%
type Provider interface {
	// Complete completes.
	//
	//cb:deadline 10s
	// And more of the text.
	//cb:breaker off
	Complete() error

	Name() string //nolint:all

	//cb:off "why"
	Close() error
}

type (
	// First is in a group.
	//
	//cb:breaker
	First interface{ A() error }

	Second interface {
		//cb:breaker
		B() error
	}

	//cb:breaker
	Third = interface{ C() error }

	//cb:breaker
	Named First

	//cb:breaker
	Generic[T any] interface{ D(T) error }

	//cb:breaker
	Instance = Generic[int]

	//cb:breaker
	Foreign other.Interface[int, string]
)

//cb:breaker
type Parenthesised (interface{ E() error })

type plain interface{ F() error }
`)
	assert.Empty(t, findings)
	assert.Equal(t, []string{
		"Provider x.go:6:1 //cb:breaker threshold=5", "Provider x.go:7:1 //cb:fallback Elsewhere", "Provider x.go:8:1 //cb:fallback Nowhere",
		`Provider x.go:9:1 //cb:on Close off "why"`, "Provider x.go:10:1 //cb:on Read breaker min=3 ratio=50%",
		"Complete x.go:14:2 //cb:deadline 10s", "Complete x.go:16:2 //cb:breaker off", `Close x.go:21:2 //cb:off "why"`,
		"First x.go:28:2 //cb:breaker", "B x.go:32:3 //cb:breaker", "Third x.go:36:2 //cb:breaker", "Named x.go:39:2 //cb:breaker",
		"Generic x.go:42:2 //cb:breaker", "Instance x.go:45:2 //cb:breaker", "Foreign x.go:48:2 //cb:breaker", "Parenthesised x.go:52:1 //cb:breaker",
	}, attachments(comments, file))
}

func TestScanFindings(t *testing.T) {
	t.Parallel()
	comments, file, findings := scan(t, `//cb:breaker
package x

//cb:breaker
import "context" //cb:breaker

//cb:breaker
const c = 1

var (
	//cb:breaker
	v = func() {
		//cb:breaker
	}
)

//cb:breaker
type Struct struct {
	//cb:breaker
	field interface {
		//cb:breaker
		Method() error //cb:breaker
	}

	//cb:breaker
}

//cb:breaker
type (
	Grouped interface{ M() error }
)

//cb:breaker

type Detached interface {
	//cb:breaker

	// Prose between.

	M() error //cb:breaker

	//cb:breaker
	fmt.Stringer

	N( //cb:breaker
		//cb:breaker
		ctx context.Context,
	) error

	//cb:breaker
}

type Behind interface{ M() error } //cb:breaker

//cb:breaker
func function() {
	//cb:breaker
	type Local interface {
		//cb:breaker
		M() error
	}
	// cb: on success, prose
	// cb:breaker
}

// cb:breaker threshold=5
type Near interface {
	M() error /*cb:deadline 10s*/
}

//cb:breaker
func (s Struct) Method() {}

//cb:breaker
`)
	assert.Empty(t, attachments(comments, file))
	nearMiss := func(quoted, name string) string {
		return `"` + quoted + `" is a plain comment: a directive begins with exactly //cb: and its name, as //cb:` + name
	}
	assert.Equal(t, []string{
		"x.go:1:1: //cb:breaker stands at the package clause: write it above an interface or a method",
		"x.go:4:1: //cb:breaker stands above import: write it above an interface or a method",
		"x.go:5:18: //cb:breaker stands at an import: write it above an interface or a method",
		"x.go:7:1: //cb:breaker stands above const: write it above an interface or a method",
		"x.go:11:2: //cb:breaker stands at a declaration of values: write it above an interface or a method",
		"x.go:13:3: //cb:breaker stands inside a function: only interfaces declared outside of functions are generated from",
		"x.go:17:1: //cb:breaker stands at Struct, which is not an interface",
		"x.go:19:2: //cb:breaker stands at a field of a struct: write it above an interface or a method",
		"x.go:21:3: //cb:breaker stands in an interface without a name: declare that interface as a type of its own",
		"x.go:22:18: //cb:breaker stands in an interface without a name: declare that interface as a type of its own",
		"x.go:25:2: //cb:breaker stands in a struct: write it above an interface or a method",
		"x.go:28:1: //cb:breaker stands at a group of types: write it inside, above the interface that is meant",
		"x.go:33:1: //cb:breaker is attached to nothing: remove the empty line or comment between it and type Detached",
		"x.go:36:2: //cb:breaker is attached to nothing: remove the empty line or comment between it and M",
		"x.go:40:12: //cb:breaker stands behind the method: write it above M",
		"x.go:42:2: //cb:breaker stands at an embedded interface: write it above the methods in that interface, or above Detached as //cb:on Method ...",
		"x.go:45:5: //cb:breaker stands inside of a method: write it above N",
		"x.go:46:3: //cb:breaker stands inside of a method: write it above N",
		"x.go:50:2: //cb:breaker is attached to nothing: write it directly above a method",
		"x.go:53:36: //cb:breaker stands behind a type: write it above Behind",
		"x.go:55:1: //cb:breaker stands at a function: write it above an interface or a method of one",
		"x.go:57:2: //cb:breaker stands inside a function: only interfaces declared outside of functions are generated from",
		"x.go:59:3: //cb:breaker stands inside a function: only interfaces declared outside of functions are generated from",
		"x.go:63:2: " + nearMiss("// cb:breaker", "breaker"),
		"x.go:66:1: " + nearMiss("// cb:breaker", "breaker"),
		"x.go:68:12: " + nearMiss("/*cb:deadline", "deadline"),
		"x.go:71:1: //cb:breaker stands at a function: write it above an interface or a method of one",
		"x.go:74:1: //cb:breaker is attached to nothing: write it directly above an interface or a method",
	}, findings)
}

func TestScanRepeated(t *testing.T) {
	t.Parallel()
	_, _, findings := scan(t, `package x

//cb:breaker threshold=5
//cb:fallback A
//cb:breaker timeout=3s
//cb:fallback A
//cb:on Close breaker threshold=5
//cb:on Close breaker threshold=5
type P interface {
	//cb:fallback A
	//cb:fallback A on=open
	//cb:fallback off
	//cb:breaker off
	//cb:breaker threshold=5
	M() error
	//cb:breaker threshold=5
	N() error
}
`)
	assert.Equal(t, []string{
		"x.go:5:1: //cb:breaker is given twice: the first is at x.go:3:1",
		"x.go:6:1: //cb:fallback is given twice: the first is at x.go:4:1",
		"x.go:8:1: //cb:on is given twice: the first is at x.go:7:1",
		"x.go:12:2: //cb:fallback contradicts the one at x.go:10:2: off stands alone",
		"x.go:14:2: //cb:breaker contradicts the one at x.go:13:2: off stands alone",
	}, findings)
}

// A default that is of use to one method of the interface is in its place.
func TestScanDefaults(t *testing.T) {
	t.Parallel()
	const want = "x.go:3:14: min= of //cb:breaker does nothing without ratio=SHARE"
	tests := []struct {
		name, on, body string
		want           []string
	}{
		{"no use", "", "M() error", []string{want}},
		{"used by a method", "", "M() error\n//cb:breaker ratio=50%\nN() error", nil},
		{"used by an embedded method", "//cb:on N breaker ratio=50%", "M() error", nil},
		{"used by the interface", "//cb:breaker ratio=50%", "M() error", []string{"x.go:4:1: //cb:breaker is given twice: the first is at x.go:3:1"}},
		{"perhaps used by a method that is not seen", "", "Embedded", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, findings := scan(t, "package x\n\n//cb:breaker min=20\n"+test.on+"\ntype P interface {\n"+test.body+"\n}\n")
			if test.on == "" { // an empty line detaches a comment
				_, _, findings = scan(t, "package x\n\n//cb:breaker min=20\ntype P interface {\n"+test.body+"\n}\n")
			}
			assert.Equal(t, test.want, findings)
		})
	}
}

// An interface whose directives do not parse is annotated nonetheless: its output is no orphan.
func TestScanKeepsWhatIsBroken(t *testing.T) {
	t.Parallel()
	comments, _, findings := scan(t, "package x\n\n//cb:braker\ntype P interface {\n\t//cb:deadline\n\tM() error\n}\n")
	assert.Len(t, findings, 2)
	assert.Len(t, comments.Interfaces, 1)
	assert.Len(t, comments.Methods, 1)
	for _, lines := range comments.Interfaces {
		assert.Empty(t, lines)
	}
}

// Loading drops the bodies of functions after parsing, and may keep where they began and ended.
func TestScanWithoutBodies(t *testing.T) {
	t.Parallel()
	const source = "package x\n\nfunc f() {\n\t//cb:breaker\n\tg()\n\t// cb: on success\n}\n\n//cb:breaker\n\nfunc g() {}\n"
	for _, keep := range []bool{true, false} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "x.go", source, parser.ParseComments)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			body := &decl.(*ast.FuncDecl).Body
			if keep {
				*body = &ast.BlockStmt{Lbrace: (*body).Lbrace, Rbrace: (*body).Rbrace}
			} else {
				*body = nil
			}
		}
		var findings diag.List
		Scan(fset, file, &findings)
		assert.Equal(t, []string{
			"x.go:4:2: //cb:breaker stands inside a function: only interfaces declared outside of functions are generated from",
			"x.go:9:1: //cb:breaker is attached to nothing: write it directly above an interface or a method",
		}, messages(findings.Findings()))
	}
}

func TestScanFollowsLineDirectives(t *testing.T) {
	t.Parallel()
	_, _, findings := scan(t, "package x\n\n//line original.go:41\ntype P interface {\n\t//cb:breaker threshold=0\n\tM() error\n}\n")
	assert.Equal(t, []string{"original.go:42: threshold=0 in //cb:breaker: want a whole number from 1 to 1000000"}, findings)
}

package build

import (
	"go/ast"
	"go/types"
	"path"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// Paths of what outputs import beside the runtime.
const (
	httpPath = model.RuntimePath + "/cbhttp"
	testPath = model.RuntimePath + "/cbtest"
)

// fileNames decides the names of one output file: its imports first, then, method by method, everything else.
type fileNames struct {
	source  *Package
	scope   *scope            // the package's names, the file's imports and type parameters
	aliases map[string]string // how the source file calls the packages it imports
	names   map[string]string // import path -> name in the output
	own     map[string]string // import path -> the package's own name
}

// newFileNames starts an output for source. Type parameters of its interfaces must be reserved before a type is printed.
func newFileNames(pkg *Package, source *ast.File) *fileNames {
	f := &fileNames{
		source: pkg, scope: newScope(nil),
		aliases: map[string]string{}, names: map[string]string{}, own: map[string]string{},
	}
	f.scope.reserve(types.Universe.Names()...)
	f.scope.reserve(pkg.Types.Scope().Names()...)
	for _, spec := range source.Imports {
		if spec.Name != nil && spec.Name.Name != "." && spec.Name.Name != "_" {
			if importPath, err := strconv.Unquote(spec.Path.Value); err == nil {
				f.aliases[importPath] = spec.Name.Name
			}
		}
	}
	return f
}

// use returns the name under which the output imports a package, and imports it.
func (f *fileNames) use(importPath, own string) string {
	name, ok := f.names[importPath]
	if !ok {
		longer := cleanName(path.Base(path.Dir(importPath))) + own
		if importPath == model.RuntimePath {
			longer = own + "runtime"
		}
		name = f.scope.claim(f.aliases[importPath], own, longer, own)
		f.names[importPath], f.own[importPath] = name, own
	}
	return name
}

func (f *fileNames) runtime() string { return f.use(model.RuntimePath, "cb") }

// typeString prints a type as the output spells it. A type that may not be imported is spelt by its public alias, which
// unnameable has found before.
func (f *fileNames) typeString(t types.Type) string {
	text := types.TypeString(t, f.qualify)
	return hiddenName.ReplaceAllStringFunc(text, func(match string) string {
		parts := hiddenName.FindStringSubmatch(match)
		alias := f.source.publicAlias(parts[1], parts[2])
		if alias == nil {
			return parts[2] // a finding says so
		}
		return f.use(alias.Pkg().Path(), alias.Pkg().Name()) + "." + alias.Name()
	})
}

func (f *fileNames) qualify(pkg *types.Package) string {
	switch {
	case pkg.Path() == f.source.Types.Path():
		return ""
	case !importable(pkg, f.source.Types.Path()):
		return "\x00" + pkg.Path() + "\x00"
	}
	return f.use(pkg.Path(), pkg.Name())
}

// hiddenName is how qualify marks a name of a package that may not be imported.
var hiddenName = regexp.MustCompile("\x00(.*?)\x00\\.([\\pL_][\\pL\\p{Nd}_]*)")

// publicAlias finds an exported alias of a type whose package may not be imported: such a type is most often declared in an
// internal package for its module's own use, and shown to others under another name. nil: there is none.
func (p *Package) publicAlias(hiddenPath, name string) *types.TypeName {
	root, _, ok := strings.Cut("/"+hiddenPath+"/", "/internal/")
	if !ok {
		return nil
	}
	root = strings.Trim(root, "/")
	for _, dependency := range p.Dependencies() {
		if root == "" || dependency != root && !strings.HasPrefix(dependency, root+"/") {
			continue
		}
		pkg := p.Lookup(dependency)
		if pkg == nil || !importable(pkg, p.Types.Path()) {
			continue
		}
		for _, candidate := range pkg.Scope().Names() {
			object, _ := pkg.Scope().Lookup(candidate).(*types.TypeName)
			if object == nil || !object.Exported() || !object.IsAlias() {
				continue
			}
			if t := types.Unalias(object.Type()); isNamed(t, hiddenPath, name) && t.(*types.Named).TypeArgs().Len() == 0 {
				return object
			}
		}
	}
	return nil
}

// imports lists what was used, the standard library first, each sorted by path.
func (f *fileNames) imports() []model.Import {
	var list []model.Import
	for importPath, name := range f.names {
		if name == f.own[importPath] && name == assumedName(importPath) {
			name = ""
		}
		first, _, _ := strings.Cut(importPath, "/")
		list = append(list, model.Import{Name: name, Path: importPath, Std: !strings.Contains(first, ".")})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Path < list[j].Path })
	return list
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// assumedName is the package name that a reader takes from an import path; where it differs the import spells the name.
func assumedName(importPath string) string {
	base := path.Base(importPath)
	if version.MatchString(base) && strings.Contains(importPath, "/") {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

// cleanName makes an identifier of a path element, or "".
func cleanName(element string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' && element[0] > '9' {
			return r
		}
		return -1
	}, element)
}

// IsTest tells of an output whether it belongs to the tests alone.
func IsTest(output string) bool { return strings.HasSuffix(output, "_test.go") }

// OutputPath is where the wrapper of a source file is written: beside it, a test file staying a test file.
func OutputPath(source string) string {
	base := strings.TrimSuffix(filepath.Base(source), ".go")
	if test, ok := strings.CutSuffix(base, "_test"); ok {
		base = test + "_cb_test.go"
	} else {
		base += "_cb.go"
	}
	return filepath.Join(filepath.Dir(source), base)
}

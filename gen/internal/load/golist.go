package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// errUnusual says that go/packages must be asked: another driver than the go command is installed, the go command failed, or it
// found something wrong, which go/packages knows best how to put. Where nothing is wrong its answer would be the same, but it
// starts five go commands where one or two will do.
var errUnusual = errors.New("not what go list answers where all is well")

// listed is a package as go list prints it. Its fields are named after go list's.
type listed struct {
	ImportPath, Name, Dir, Export string
	DepOnly                       bool
	GoFiles, CgoFiles             []string
	Imports                       []string
	ImportMap                     map[string]string
	Module                        *packages.Module
	Error                         *struct{ Pos, Err string }
}

// graphFields are the fields that a graph is made of.
const graphFields = "ImportPath,Name,Dir,Export,DepOnly,GoFiles,CgoFiles,Imports,ImportMap,Module,Error"

// goListGraph asks for the packages that match, and everything that they import, by a single go list. With export the go command
// compiles them all, and the packages say where the export data of those that do compile is.
func goListGraph(ctx context.Context, cfg Config, export bool) ([]*packages.Package, error) {
	flags := []string{"-deps", "-json=" + graphFields}
	if export {
		flags = append(flags, "-export")
	}
	all, err := goList(ctx, cfg, flags, cfg.Patterns)
	if err != nil {
		return nil, err
	}
	byPath := make(map[string]*packages.Package, len(all))
	for _, l := range all {
		if byPath[l.ImportPath] != nil {
			return nil, errUnusual
		}
		byPath[l.ImportPath] = l.meta()
	}
	var roots []*packages.Package
	for _, l := range all {
		meta := byPath[l.ImportPath]
		for _, path := range l.Imports {
			imported := byPath[path]
			if imported == nil && path != "C" {
				return nil, errUnusual
			}
			if imported != nil {
				meta.Imports[path] = imported
			}
		}
		for written, path := range l.ImportMap {
			if byPath[path] == nil {
				return nil, errUnusual
			}
			delete(meta.Imports, path)
			meta.Imports[written] = byPath[path]
		}
		if !l.DepOnly {
			roots = append(roots, meta)
		}
	}
	if len(roots) == 0 {
		return nil, errUnusual
	}
	slices.SortFunc(roots, func(a, b *packages.Package) int { return strings.Compare(a.ID, b.ID) })
	return roots, nil
}

// meta returns the package as go/packages would describe it, without its imports.
func (l *listed) meta() *packages.Package {
	meta := &packages.Package{
		ID: l.ImportPath, PkgPath: l.ImportPath, Name: l.Name, Dir: l.Dir, Module: l.Module, ExportFile: l.Export,
		GoFiles: within(l.Dir, l.GoFiles, l.CgoFiles),
		Imports: make(map[string]*packages.Package, len(l.Imports)),
	}
	if l.Error != nil {
		meta.Errors = []packages.Error{{Pos: l.Error.Pos, Msg: l.Error.Err, Kind: packages.ListError}}
	}
	return meta
}

func within(dir string, lists ...[]string) []string {
	var paths []string
	for _, list := range lists {
		for _, name := range list {
			paths = append(paths, dir+string(filepath.Separator)+name)
		}
	}
	return paths
}

// goListExports asks where the export data of packages is; what does not compile has none.
func goListExports(ctx context.Context, cfg Config, paths []string) (map[string]string, error) {
	all, err := goList(ctx, cfg, []string{"-export", "-json=ImportPath,Export,Error"}, paths)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, l := range all {
		files[l.ImportPath] = l.Export
	}
	return files, nil
}

// goList returns the packages that go list prints. The error is errUnusual for all but a context that has ended.
func goList(ctx context.Context, cfg Config, flags, patterns []string) ([]*listed, error) {
	// Neither the repository's state nor profiles change what is asked for, and finding them out takes time.
	out, err := runGoList(ctx, cfg, append(flags, "-e", "-buildvcs=false", "-pgo=off"), patterns)
	if err != nil {
		return nil, err
	}
	var all []*listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		l := &listed{}
		err := decoder.Decode(l)
		if err == io.EOF {
			return all, nil
		}
		compiler := l.Error != nil && strings.HasPrefix(l.Error.Err, "# ")
		if err != nil || l.ImportPath == "" || l.Error != nil && !compiler {
			return nil, errUnusual
		}
		all = append(all, l)
	}
}

// runGoList returns what go list writes to standard output.
func runGoList(ctx context.Context, cfg Config, flags, patterns []string) ([]byte, error) {
	query := func(pattern string) bool { return strings.Contains(pattern, "=") } // of go/packages, as in file=name
	if otherDriver(cfg.Env) || slices.ContainsFunc(patterns, query) {
		return nil, errUnusual
	}
	args := slices.Concat([]string{"list"}, flags, command(ctx, cfg, 0).BuildFlags, []string{"--"}, patterns)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = cfg.Dir, cfg.Env
	cmd.Env = cmd.Environ()
	if cfg.Dir != "" {
		cmd.Env = append(cmd.Env, "PWD="+cfg.Dir) // by which the go command knows a directory that a link leads to
	}
	if !slices.ContainsFunc(cmd.Env, tunesCollector) {
		// An eighth of what go list does for 50 packages is to collect garbage, in a process that is over at once. Beyond this
		// value little is gained, and a compiler that it may have to start would take much more memory.
		cmd.Env = append(cmd.Env, "GOGC=200")
	}
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, errUnusual
	}
	return out, nil
}

// tunesCollector reports whether an entry of the environment says how the garbage collector is to work.
func tunesCollector(entry string) bool {
	return strings.HasPrefix(entry, "GOGC=") || strings.HasPrefix(entry, "GOMEMLIMIT=")
}

// otherDriver reports whether go/packages would ask another program than the go command.
func otherDriver(env []string) bool {
	if driver := lookupEnv(env, "GOPACKAGESDRIVER"); driver != "" {
		return driver != "off"
	}
	_, err := exec.LookPath("gopackagesdriver")
	return err == nil
}

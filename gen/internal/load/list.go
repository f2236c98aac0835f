package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/packages"
)

// listRoots asks the go command for the packages that match, and everything that they import. compiled is when it was asked to compile
// them as well, so that there is no more export data to ask for; zero: it was not. remembered says that there is little to ask for as
// it is.
func listRoots(ctx context.Context, cfg Config, remembered bool) (roots []*packages.Package, compiled time.Time, err error) {
	if !remembered && seemCurrent(cfg) {
		compiled = time.Now()
	}
	roots, err = goListGraph(ctx, cfg, !compiled.IsZero())
	if errors.Is(err, errUnusual) {
		roots, err = list(ctx, cfg, cfg.Patterns, false, 0)
		return roots, time.Time{}, err
	}
	return roots, compiled, err
}

// list asks the go command, through go/packages, for the packages that match, and everything that they import. It is asked neither
// for export data nor for what cgo makes of files, which takes it twice as long, where mode does not say so. flags are further ones
// for it.
func list(
	ctx context.Context, cfg Config, patterns []string, tests bool, mode packages.LoadMode, flags ...string,
) ([]*packages.Package, error) {
	// Neither NeedTypes nor NeedSyntax: the packages are parsed and type-checked here, because go/packages would show every
	// package the others without their outputs, and read all of their dependents from source.
	config := command(ctx, cfg, mode|packages.NeedName|packages.NeedFiles|packages.NeedImports|packages.NeedModule|
		packages.NeedForTest)
	config.Tests, config.BuildFlags = tests, append(config.BuildFlags, flags...)
	roots, err := packages.Load(config, patterns...)
	if err == nil && len(roots) == 0 {
		// Where export data is asked for, go/packages drops what the go command says on its way out. Ask again for less.
		config.Mode = packages.NeedName | packages.NeedFiles
		_, err = packages.Load(config, patterns...)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, errors.New(cleanGoError(err.Error()))
	case len(roots) == 0:
		return nil, fmt.Errorf("no packages match %s", strings.Join(patterns, " "))
	}
	slices.SortFunc(roots, func(a, b *packages.Package) int { return strings.Compare(a.ID, b.ID) })
	return roots, nil
}

// command is how the go command is asked.
func command(ctx context.Context, cfg Config, mode packages.LoadMode) *packages.Config {
	config := &packages.Config{Context: ctx, Dir: cfg.Dir, Env: cfg.Env, Mode: mode}
	if cfg.Tags != "" {
		config.BuildFlags = []string{"-tags=" + cfg.Tags}
	}
	return config
}

// commandFailed is what go/packages puts before what the go command wrote to standard error.
var commandFailed = regexp.MustCompile(`(?s)^(?:err: )?exit status \d+: (?:stderr: )?`)

// cleanGoError makes one line of what the go command says.
func cleanGoError(message string) string {
	message = strings.TrimPrefix(commandFailed.ReplaceAllString(strings.TrimSpace(message), ""), "-: ")
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' || r == '\r' })
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "go: downloading ") })
	for k, line := range lines {
		lines[k] = strings.TrimPrefix(strings.TrimSpace(line), "go: ")
	}
	return strings.Join(lines, " ")
}

// rejectUnusable names every root that is no package to work on, and every pattern that matches nothing.
func rejectUnusable(cfg Config, roots []*packages.Package) error {
	var errs []error
	for _, root := range roots {
		for _, e := range root.Errors {
			if len(root.GoFiles) == 0 || strings.HasPrefix(e.Msg, "found packages ") {
				errs = append(errs, errors.New(cleanGoError(e.Msg)))
			}
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, pattern := range cfg.Patterns {
		if strings.Contains(pattern, "...") && !slices.ContainsFunc(roots, matcher(cfg.Dir, pattern)) {
			errs = append(errs, fmt.Errorf("no packages match %s", pattern))
		}
	}
	return errors.Join(errs...)
}

// matcher reports whether a package is one that a pattern with "..." means: the go command warns of a pattern that matches
// nothing, but go/packages drops the warning.
func matcher(dir, pattern string) func(*packages.Package) bool {
	subject := func(p *packages.Package) string { return p.PkgPath }
	if pattern = filepath.ToSlash(pattern); strings.HasPrefix(pattern, ".") || filepath.IsAbs(pattern) {
		subject = func(p *packages.Package) string { return filepath.ToSlash(p.Dir) }
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(dir, pattern)
		}
		// The part before the first "..." exists, or there would be no root; what it links to is what Dir says.
		fixed, rest, _ := strings.Cut(pattern, "...")
		parent, base := filepath.Split(fixed)
		if absolute, err := filepath.Abs(parent); err == nil {
			parent = absolute
		}
		if real, err := filepath.EvalSymlinks(parent); err == nil {
			parent = real
		}
		pattern = strings.TrimSuffix(filepath.ToSlash(parent), "/") + "/" + base + "..." + rest
		real := subject
		subject = func(p *packages.Package) string {
			if resolved, err := filepath.EvalSymlinks(p.Dir); err == nil {
				return filepath.ToSlash(resolved)
			}
			return real(p)
		}
	}
	expr := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\.\.\.`, `.*`)
	expr = strings.TrimSuffix(expr, `/.*`) // x/... matches x too
	if strings.HasSuffix(pattern, "/...") {
		expr += `(/.*)?`
	}
	match := regexp.MustCompile(`^` + expr + `$`)
	return func(p *packages.Package) bool { return match.MatchString(subject(p)) }
}

// unresolved returns the imports of the package that the go command cannot resolve, and why.
func (p *Package) unresolved() map[string]string {
	why := map[string]string{}
	for _, path := range p.imports() {
		if imported := p.meta.Imports[path]; imported != nil && missing(imported) != "" {
			why[path] = missing(imported)
		}
	}
	return why
}

// missing says why a package cannot be imported, "" where it can.
func missing(meta *packages.Package) string {
	if len(meta.GoFiles) > 0 || len(meta.CompiledGoFiles) > 0 || len(meta.Errors) == 0 {
		return ""
	}
	return cleanGoError(meta.Errors[0].Msg)
}

func sortPackages(pkgs []*Package) {
	slices.SortFunc(pkgs, func(a, b *Package) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.meta.ID, b.meta.ID))
	})
}

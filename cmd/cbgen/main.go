// Cbgen writes typed, circuit-breaker-guarded clients beside annotated Go interfaces.
//
// Usage:
//
//	cbgen [flags] [packages]            generate (default "."); writes only files whose bytes change
//	cbgen check [flags] [packages]      write nothing; print a unified diff of what is stale, missing or orphaned
//	cbgen list [flags] [packages]       every breaker with its effective policy, and where each value was written
//	cbgen test [flags] [packages]       generate, and tests that the wrappers keep their policies; later runs keep those in step
//	cbgen rules [flags] [packages]      Prometheus rules over the breakers' metrics, from the directives
//	cbgen dashboard [flags] [packages]  a Grafana dashboard over them
//	cbgen help [directive]              the language of //cb: comments
//	cbgen version                       the version of cbgen and of the Go that built it
//
// A first word that is a verb is the verb (write ./check for a package of that name); flags follow it. Packages are
// named as for the go command. The flags are:
//
//	-C dir      run as if started in dir
//	-tags list  build tags, separated by commas
//	-v          say which files were written, removed, or not checked
//	-json       list: print JSON
//	-o file     rules, dashboard: write this file instead of standard output; check verifies it from then on
//	-client pkg.Iface=name,...   rules, dashboard: the client's names, where the service sets them with cb.WithName
//	-for duration   rules: how long a breaker may be open before its alert fires (default two open periods, 1m at least)
//
// From run to run cbgen remembers where the go command keeps the compiled packages that services import, in the folder that the
// environment variable CBGEN_CACHE names by its full path, by default cbgen in the user's cache folder; CBGEN_CACHE=off switches it
// off.
//
// Findings, one per line as file:line:col: message, go to standard error, and then nothing is written. The exit status
// is 0 where all is well, 1 where there are findings or something is stale, 2 for wrong usage and any other trouble.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/cbgen/cbgen/gen"

	// Where cbgen is a tool in a service's go.mod, this keeps what the runtime needs in go.sum: `go mod tidy` before the first
	// generation would drop it otherwise, and the first `go build` fail.
	_ "github.com/cbgen/cbgen/runtime"
)

const (
	exitOK      = 0
	exitFinding = 1 // findings, or check found something stale
	exitTrouble = 2 // wrong usage, or anything else that went wrong
)

func main() {
	// A run over 50 packages allocates 30 MB and is over in a tenth of a second, of which collecting them at the usual pace takes
	// a sixth. Runs over much more still collect.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// A verb is one of the command's first words.
type verb struct {
	name  string
	flags bool // takes the flags and packages of invocation; otherwise plain words
	run   func(*invocation) (int, error)
}

func verbs() []verb {
	return []verb{
		{"generate", true, (*invocation).generate},
		{"check", true, (*invocation).check},
		{"list", true, (*invocation).list},
		{"test", true, (*invocation).test},
		{gen.Rules, true, (*invocation).monitor},
		{gen.Dashboard, true, (*invocation).monitor},
		{"help", false, (*invocation).help},
		{"version", false, (*invocation).version},
	}
}

// invocation is one parsed command line.
type invocation struct {
	ctx            context.Context
	stdout, stderr io.Writer

	verb    verb
	args    []string // what follows the flags: packages, or help's directive
	dir     string
	tags    string
	verbose bool
	json    bool
	watch   gen.Monitor // of rules and dashboard
}

// run is the whole command: it returns the exit status and leaves exiting to its caller.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	inv := &invocation{ctx: ctx, stdout: stdout, stderr: stderr}
	switch err := inv.parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "cbgen: %v\n\n%s", err, usage)
		return exitTrouble
	}
	status, err := inv.verb.run(inv)
	if err != nil {
		fmt.Fprintf(stderr, "cbgen: %v\n", err)
		return exitTrouble
	}
	return status
}

// parse fills inv from the words after the command's name.
func (inv *invocation) parse(args []string) error {
	all := verbs()
	verbCalled := func(word string) int {
		return slices.IndexFunc(all, func(v verb) bool { return v.name == word })
	}
	inv.verb = all[0]
	if len(args) > 0 {
		if i := verbCalled(args[0]); i >= 0 {
			inv.verb, args = all[i], args[1:]
		}
	}

	flags := flag.NewFlagSet("cbgen", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // parse's caller prints the error, once
	if inv.verb.flags {
		flags.StringVar(&inv.dir, "C", "", "")
		flags.StringVar(&inv.tags, "tags", "", "")
		flags.BoolVar(&inv.verbose, "v", false, "")
		switch inv.verb.name {
		case "list":
			flags.BoolVar(&inv.json, "json", false, "")
		case gen.Rules, gen.Dashboard:
			inv.watch.Kind = inv.verb.name
			inv.watch.Flags(flags)
		}
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	inv.args = flags.Args()

	if !inv.verb.flags {
		return nil
	}
	for _, arg := range inv.args {
		if strings.HasPrefix(arg, "-") {
			return fmt.Errorf("flag %s after a package: flags come first", arg)
		}
		if verbCalled(arg) >= 0 {
			return fmt.Errorf("%[1]s after other words: a verb comes first (write ./%[1]s for a package of that name)", arg)
		}
	}
	return nil
}

// load has gen build everything in memory and prints the findings; ok means that there are none.
func (inv *invocation) load(
	generate func(context.Context, gen.Config) (*gen.Result, error),
) (res *gen.Result, ok bool, err error) {
	if info, err := os.Stat(cmp.Or(inv.dir, ".")); err != nil {
		return nil, false, fmt.Errorf("-C: %w", err)
	} else if !info.IsDir() {
		return nil, false, fmt.Errorf("-C: %s is not a directory", inv.dir)
	}
	res, err = generate(inv.ctx, gen.Config{Dir: inv.dir, Patterns: inv.args, Tags: inv.tags})
	if err != nil {
		return nil, false, err
	}
	res.PrintFindings(inv.stderr)
	return res, len(res.Findings) == 0, nil
}

func (inv *invocation) generate() (int, error) { return inv.generateWith(gen.Generate) }

// test also writes tests of the wrappers.
func (inv *invocation) test() (int, error) {
	return inv.generateWith(func(ctx context.Context, cfg gen.Config) (*gen.Result, error) {
		cfg.Tests = true
		return gen.Generate(ctx, cfg)
	})
}

func (inv *invocation) generateWith(generate func(context.Context, gen.Config) (*gen.Result, error)) (int, error) {
	res, ok, err := inv.load(generate)
	if err != nil || !ok {
		return exitFinding, err
	}
	return inv.write(res)
}

// write brings the disk in step, and says so if asked.
func (inv *invocation) write(res *gen.Result) (int, error) {
	if err := res.Write(); err != nil {
		return exitTrouble, err
	}
	if inv.verbose {
		for _, f := range res.Files {
			switch {
			case f.Orphan:
				fmt.Fprintf(inv.stdout, "removed %s\n", res.Relative(f.Path))
			case f.Stale:
				fmt.Fprintf(inv.stdout, "wrote %s\n", res.Relative(f.Path))
			}
		}
		inv.printNotChecked(inv.stdout, res)
	}
	return exitOK, nil
}

// monitor is what rules and dashboard do.
func (inv *invocation) monitor() (int, error) {
	var file gen.File
	res, ok, err := inv.load(func(ctx context.Context, cfg gen.Config) (res *gen.Result, err error) {
		res, file, err = gen.GenerateMonitor(ctx, cfg, inv.watch)
		return res, err
	})
	if err != nil || !ok {
		return exitFinding, err
	}
	if inv.watch.Output != "" {
		return inv.write(res)
	}
	_, err = inv.stdout.Write(file.Content)
	return exitOK, err
}

func (inv *invocation) check() (int, error) {
	res, ok, err := inv.load(gen.Check)
	if err != nil || !ok {
		return exitFinding, err
	}
	// Said without -v too: a check that looked at less than it seems to must not look clean.
	inv.printNotChecked(inv.stderr, res)
	if !res.Stale() {
		return exitOK, nil
	}
	return exitFinding, res.Diff(inv.stdout, inv.dir)
}

func (inv *invocation) list() (int, error) {
	res, ok, err := inv.load(gen.Generate)
	if err != nil || !ok {
		return exitFinding, err
	}
	return exitOK, gen.List(inv.stdout, res, inv.json)
}

func (inv *invocation) help() (int, error) {
	if len(inv.args) > 1 {
		return exitTrouble, fmt.Errorf("help takes one directive, not %d", len(inv.args))
	}
	name := ""
	if len(inv.args) == 1 {
		name = inv.args[0]
	}
	var text bytes.Buffer
	if name == "" {
		text.WriteString(usage + "\n")
	}
	if err := gen.Help(&text, name); err != nil {
		return exitTrouble, err
	}
	_, err := inv.stdout.Write(text.Bytes())
	return exitOK, err
}

func (inv *invocation) version() (int, error) {
	if len(inv.args) > 0 {
		return exitTrouble, errors.New("version takes no words")
	}
	version, goVersion := "(unknown)", "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		if info.Main.Version != "" {
			version = info.Main.Version
		}
	}
	_, err := fmt.Fprintf(inv.stdout, "cbgen %s, built with %s\n", version, goVersion)
	return exitOK, err
}

func (inv *invocation) printNotChecked(w io.Writer, res *gen.Result) {
	for _, path := range res.NotChecked {
		fmt.Fprintf(w, "not checked: %s (excluded by build constraints; see -tags)\n", res.Relative(path))
	}
}

const usage = `usage: cbgen [flags] [packages]            generate (default "."); writes only files whose bytes change
       cbgen check [flags] [packages]      write nothing; print a diff; exit 1 when anything is stale
       cbgen list [flags] [packages]       every breaker with its effective policy
       cbgen test [flags] [packages]       generate, and tests that the wrappers keep their policies
       cbgen rules [flags] [packages]      Prometheus rules over the breakers' metrics
       cbgen dashboard [flags] [packages]  a Grafana dashboard over them
       cbgen help [directive]              the language of //cb: comments
       cbgen version

flags, after the verb:
  -C dir       run as if started in dir
  -tags list   build tags, separated by commas
  -v           say which files were written, removed, or not checked
  -json        list: print JSON
  -o file      rules, dashboard: write this file, which check verifies from then on
  -client pkg.Iface=name,...
               rules, dashboard: the client's names, where cb.WithName sets them
  -for duration
               rules: how long a breaker may be open before its alert fires
               (default two of its open periods, 1m at least)
`

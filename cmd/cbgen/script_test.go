package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// TestMain makes the test binary cbgen itself where a script calls it by that name: no build, and coverage counts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cbgen": main})
}

// TestScripts plays testdata/script: what a user types, what comes out, and what is on disk afterwards. With
// CBGEN_UPDATE set, the files that cmp compares with are rewritten.
//
// Beside testscript's own commands there are
//
//	status n cmd args...       runs a command that must exit with status n
//	remember                   notes every file below the script's directory, but for dot folders
//	unchanged                  compares with what was remembered: names, contents, modes, times of writing
//	unprivileged cmd args...   runs a command as a user whom file permissions bind; it may fail
func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	goEnv := goEnvironment(t, "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS")

	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(root, "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("CBGEN_UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, goEnv...)
			env.Setenv("ROOT", root)
			env.Setenv("CBGEN_CACHE", filepath.Join(env.WorkDir, ".cbgen"))
			env.Setenv("GOTOOLCHAIN", "local")
			env.Setenv("GOWORK", "off")
			env.Setenv("GOSUMDB", "off") // go.sum says what is right
			env.Values[remembered{}] = &files{}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "cgo" {
				out, err := exec.Command("go", "env", "CGO_ENABLED").Output()
				return strings.TrimSpace(string(out)) == "1", err
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status":       status,
			"remember":     remember,
			"unchanged":    unchanged,
			"unprivileged": unprivileged,
		},
	})
}

// goEnvironment is what the go command must find in a script as it does here: its caches, so that no script needs a network.
func goEnvironment(t *testing.T, names ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	require.NoError(t, err)
	var env []string
	for i, line := range strings.SplitN(strings.TrimSuffix(string(out), "\n"), "\n", len(names)) {
		env = append(env, names[i]+"="+line)
	}
	return env
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	want, err := -1, error(nil)
	if len(args) > 1 {
		want, err = strconv.Atoi(args[0])
	}
	if neg || want < 0 || err != nil {
		ts.Fatalf("usage: status n cmd args...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// files is what remember noted, by name.
type (
	files      map[string]string
	remembered struct{}
)

func remember(ts *testscript.TestScript, _ bool, _ []string) {
	*ts.Value(remembered{}).(*files) = list(ts)
}

func unchanged(ts *testscript.TestScript, _ bool, _ []string) {
	before, now := *ts.Value(remembered{}).(*files), list(ts)
	if before == nil {
		ts.Fatalf("unchanged without remember")
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if before[name] != now[name] {
			ts.Fatalf("%s has changed\n%s\nnow:\n%s", name, before[name], now[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, ok := before[name]; !ok {
			ts.Fatalf("%s is new", name)
		}
	}
}

// list describes every file of a script.
func list(ts *testscript.TestScript) files {
	all := files{}
	ts.Check(filepath.WalkDir(ts.Getenv("WORK"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() {
			all[path] = info.Mode().String()
			return nil
		}
		content, err := os.ReadFile(path)
		all[path] = fmt.Sprintln(info.Mode(), info.ModTime()) + string(content)
		return err
	}))
	return all
}

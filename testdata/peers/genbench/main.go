// Genbench measures how long cbgen and other generators take over the same interfaces, in alternated rounds, and prints the medians
// beside the floor of what any tool that knows types waits for who remembers nothing of its last run: go list -export -deps -json ./...
// Cbgen is measured both with what it remembers and without. Mockgen, as it is run here, reads the text of one file and knows no types.
//
//	go run ./genbench > ../bench/generation.txt
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often every tool runs over everything")
	flag.Parse()
	if err := run(os.Stdout, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "genbench:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, rounds int) error {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "genbench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tools, err := install(filepath.Join(dir, "bin"), root)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s %s/%s, %d processors; medians of %d alternated rounds, of %d where a peer takes ten times as long as cbgen\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds, slowRounds)
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprintf(w, "load average before: %s", load) // 0 on a quiet machine, the only one whose medians mean anything
	}
	for _, t := range tools {
		fmt.Fprintf(w, "%s: %s\n", t.name, t.version)
	}
	for _, s := range []service{
		{name: "one small interface", packages: 1, methods: 4},
		{name: "one interface of 200 methods", packages: 1, methods: 200},
		{name: "50 packages", packages: 50, methods: 8},
	} {
		s.saved = map[string]map[string][]byte{}
		s.dir = filepath.Join(dir, strings.ReplaceAll(s.name, " ", "-"))
		if err := s.write(root); err != nil {
			return err
		}
		columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(columns, "\n\tms\tfastest\tslowest\tto the floor\tto cbgen\t")
		for _, state := range []string{"warm", "broken", "edited"} {
			times, err := s.measure(tools, state, rounds)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s.name, state, err)
			}
			fmt.Fprintf(columns, "%s, %s\t\t\t\t\t\t\n", s.name, state)
			floor, own := median(times[0]), median(times[1])
			for k, t := range tools {
				if len(times[k]) == 0 {
					fmt.Fprintf(columns, "  %s\tfails\t\t\t\t\t\n", t.name)
					continue
				}
				m := median(times[k])
				eighth := len(times[k]) / 8
				fmt.Fprintf(columns, "  %s\t%d\t%d\t%d\t%.2f\t%.2f\t\n", t.name, m.Milliseconds(), times[k][eighth].Milliseconds(),
					times[k][len(times[k])-1-eighth].Milliseconds(), float64(m)/float64(floor), float64(m)/float64(own))
			}
		}
		if err := columns.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// median sorts the times.
func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// tool is a generator. It runs once over all packages where it can, else once in each.
type tool struct {
	name, version string
	args, env     []string
	everyPackage  bool
	output        string // its file in a package, by which a package without it is made
}

const output = "service_cb.go"

// install builds the tools, so that only their own time is measured. The first is the floor, the second cbgen.
func install(bin, root string) ([]tool, error) {
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "cbgen"), "./cmd/cbgen")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building cbgen: %w\n%s", err, out)
	}
	tools := []tool{
		{name: "go list", version: "-export -deps -json ./...", args: []string{"go", "list", "-export", "-deps", "-json", "./..."}},
		{name: "cbgen", version: "of this repository", args: []string{filepath.Join(bin, "cbgen"), "./..."}, env: []string{"CBGEN_CACHE=" + filepath.Join(bin, "cache")}},
		{name: "cbgen, first", version: "the same, as where it never ran before", args: []string{filepath.Join(bin, "cbgen"), "./..."}, env: []string{"CBGEN_CACHE=off"}},
	}
	for _, peer := range []struct {
		path, version string
		tool
	}{
		{"go.uber.org/mock/mockgen", "v0.6.0", tool{
			args: []string{"-source=service.go", "-destination=service_mock.go", "-package=p"}, everyPackage: true, output: "service_mock.go"}},
		{"github.com/matryer/moq", "v0.8.1", tool{args: []string{"-out", "service_moq.go", ".", "Service"}, everyPackage: true, output: "service_moq.go"}},
		{"github.com/vektra/mockery/v2", "v2.53.7", tool{
			args:   []string{"--dir=.", "--recursive", "--name=Service", "--inpackage", "--quiet", "--disable-version-string"},
			output: "mock_Service.go"}},
		{"github.com/hexdigest/gowrap/cmd/gowrap", "v1.4.3", tool{
			args: []string{"gen", "-p", ".", "-i", "Service", "-t", "circuitbreaker", "-o", "service_gowrap.go"}, everyPackage: true, output: "service_gowrap.go"}},
	} {
		peer.tool.version = peer.version
		get := exec.Command("go", "install", peer.path+"@"+peer.version)
		get.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=")
		if message, err := get.CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(message)), "\n")
			fmt.Fprintf(os.Stderr, "genbench: without %s@%s, which cannot be had: %s\n", peer.path, peer.version, lines[len(lines)-1])
			continue
		}
		peer.name = filepath.Base(strings.TrimSuffix(peer.path, "/v2"))
		peer.args = append([]string{filepath.Join(bin, peer.name)}, peer.args...)
		tools = append(tools, peer.tool)
	}
	return tools, nil
}

// service is a module with an interface in each of its packages.
type service struct {
	name              string
	packages, methods int
	dir               string
	saved             map[string]map[string][]byte // what peers wrote, by their outputs' base names and by files
}

func (s service) folders() []string {
	var folders []string
	for k := range s.packages {
		folders = append(folders, filepath.Join(s.dir, fmt.Sprintf("p%02d", k)))
	}
	return folders
}

func (s service) write(root string) error {
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	files := map[string]string{
		filepath.Join(s.dir, "go.sum"): string(sums),
		filepath.Join(s.dir, "go.mod"): "module example.com/service\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/cbgen/cbgen v0.0.0\n" +
			"\tgithub.com/sony/gobreaker/v2 v2.4.0 // indirect\n)\n\nreplace github.com/cbgen/cbgen => " + root + "\n",
	}
	for _, folder := range s.folders() {
		var source strings.Builder
		source.WriteString("package p\n\nimport (\n\t\"context\"\n\t\"net/http\"\n)\n\n// Request asks.\ntype Request struct{ Header http.Header }\n\n" +
			"// Response answers.\ntype Response struct{ Text string }\n\n//cb:breaker threshold=5 timeout=30s\ntype Service interface {\n")
		for m := range s.methods {
			fmt.Fprintf(&source, "\t//cb:deadline 10s\n\tCall%d(ctx context.Context, req Request) (*Response, error)\n", m)
		}
		source.WriteString("}\n")
		files[filepath.Join(folder, "service.go")] = source.String()
		files[filepath.Join(folder, "use.go")] = "package p\n\nimport \"context\"\n\n// Use compiles where the wrapper is there.\n" +
			"func Use(ctx context.Context, s Service) (*Response, error) {\n\treturn NewServiceBreaker(s).Call0(ctx, Request{})\n}\n"
	}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// slowRounds is how often a peer is measured that takes more than ten times as long as cbgen.
const slowRounds = 1

// measure runs every tool in turn, on the same state of the disk. A peer that cannot work on it has no times.
func (s service) measure(tools []tool, state string, rounds int) ([][]time.Duration, error) {
	times := make([][]time.Duration, len(tools))
	fails := make([]bool, len(tools))
	for round := range rounds + 1 {
		for k, t := range tools {
			// What takes seconds is told apart from what takes a tenth of one by less.
			if slow := k > 1 && len(times[k]) >= slowRounds && times[k][0] > 10*times[1][0]; fails[k] || slow {
				continue
			}
			if err := s.prepare(tools, t, state, fmt.Sprintf("%d_%d", round, k)); err != nil {
				return nil, err
			}
			start := time.Now()
			err := s.generate(t)
			took := time.Since(start)
			floor := k == 0 && state == "broken" // the go command says that nothing compiles
			switch {
			case err != nil && k == 1:
				return nil, err
			case err != nil && !floor:
				fails[k] = true
			case round > 0: // the first fills caches
				times[k] = append(times[k], took)
			}
		}
	}
	return times, nil
}

// prepare makes what the tool finds: outputs that are current, none at all (so that no package compiles), or one file edited.
func (s service) prepare(tools []tool, t tool, state, mark string) error {
	for _, folder := range s.folders() {
		for _, other := range tools[1:] {
			if other.output != "" {
				if err := remove(filepath.Join(folder, other.output)); err != nil {
					return err
				}
			}
		}
	}
	if err := s.generate(tools[1]); err != nil {
		return err
	}
	if t.output != "" && state != "broken" {
		if err := s.restore(t); err != nil {
			return err
		}
	}
	compile := exec.Command("go", "build", "./...") // what was done before this run is no part of it
	compile.Dir = s.dir
	out, err := compile.CombinedOutput()
	if err != nil && t.output == "" { // mocks import what this module does not require
		return fmt.Errorf("%w\n%s", err, out)
	}
	switch state {
	case "broken":
		for _, folder := range s.folders() {
			if err := remove(filepath.Join(folder, output)); err != nil {
				return err
			}
		}
	case "edited":
		content := fmt.Sprintf("package p\n\nconst edit = \"%s %d\"\n", mark, time.Now().UnixNano())
		return os.WriteFile(filepath.Join(s.folders()[0], "edit.go"), []byte(content), 0o600)
	}
	return nil
}

// restore puts the outputs of a peer back. Only the first time does it run, which may take it seconds.
func (s service) restore(t tool) error {
	if s.saved[t.output] == nil {
		if err := s.generate(t); err != nil {
			return err
		}
		return s.save(t)
	}
	for name, content := range s.saved[t.output] {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s service) save(t tool) error {
	contents := map[string][]byte{}
	for _, folder := range s.folders() {
		name := filepath.Join(folder, t.output)
		content, err := os.ReadFile(name)
		switch {
		case err == nil:
			contents[name] = content
		case !errors.Is(err, os.ErrNotExist): // of packages of one name mockery writes some only
			return err
		}
	}
	s.saved[t.output] = contents
	return nil
}

func remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (s service) generate(t tool) error {
	folders := []string{s.dir}
	if t.everyPackage {
		folders = s.folders()
	}
	for _, folder := range folders {
		cmd := exec.Command(t.args[0], t.args[1:]...)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), t.env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", t.name, err, out[:min(len(out), 2000)])
		}
	}
	return nil
}

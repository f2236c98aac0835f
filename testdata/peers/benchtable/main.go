// Benchtable runs the benchmarks of testdata/peers/bench in alternated rounds, and prints their medians side by side: the cost of
// a call beside the direct call and beside gobreaker's, and whether the wrapper keeps within its budget.
//
//	go run ./benchtable -rounds 10 > ../bench/peers.txt
package main

import (
	"bytes"
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

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

func main() {
	rounds := flag.Int("rounds", 10, "how often all benchmarks run, one after the other")
	benchtime := flag.String("benchtime", "200ms", "how long one runs in a round")
	flag.Parse()
	if err := run(os.Stdout, *rounds, *benchtime); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, rounds int, benchtime string) error {
	dir, err := os.MkdirTemp("", "benchtable")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "bench.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, "./bench").CombinedOutput(); err != nil {
		return fmt.Errorf("go test -c: %w\n%s", err, out)
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprintf(w, "load average before: %s", load) // 0 on a quiet machine, the only one whose medians mean anything
	}
	var raw bytes.Buffer
	for range rounds {
		for _, run := range []struct{ bench, cpu string }{{"Serial", "2"}, {"Parallel", "1"}, {"Parallel", "2"}} {
			bench := exec.Command(binary, "-test.run", "^$", "-test.bench", run.bench, "-test.cpu", run.cpu, "-test.benchtime", benchtime)
			bench.Stdout, bench.Stderr = &raw, os.Stderr
			if err := bench.Run(); err != nil {
				return err
			}
		}
	}
	t, err := read(raw.Bytes())
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s %s/%s, %d processors; medians of %d alternated rounds of %s, ± half of the range that holds 95%% of medians\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds, benchtime)
	versions := exec.Command("go", "list", "-m", "github.com/sony/gobreaker/v2", "github.com/failsafe-go/failsafe-go",
		"github.com/eapache/go-resiliency", "github.com/afex/hystrix-go")
	versions.Stdout, versions.Stderr = w, os.Stderr
	if err := versions.Run(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := errors.Join(t.print(w), t.judge(w)); err != nil {
		return err
	}
	fmt.Fprint(w, "\nWhat the table is made of, for benchstat:\n\n")
	_, err = w.Write(raw.Bytes())
	return err
}

// table holds what was measured, by the benchmark's name.
type table struct {
	names  []string // in order
	ns     map[string]*benchmath.Sample
	allocs map[string]float64
}

func read(raw []byte) (*table, error) {
	t := &table{ns: map[string]*benchmath.Sample{}, allocs: map[string]float64{}}
	values := map[string][]float64{}
	reader := benchfmt.NewReader(bytes.NewReader(raw), "bench")
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name := result.Name.String()
		if _, known := values[name]; !known {
			t.names = append(t.names, name)
		}
		seconds, _ := result.Value("sec/op")
		values[name] = append(values[name], seconds*1e9)
		t.allocs[name], _ = result.Value("allocs/op")
	}
	for name, v := range values {
		t.ns[name] = benchmath.NewSample(v, &benchmath.DefaultThresholds)
	}
	var kinds []string // in the order in which they were first measured
	for _, name := range t.names {
		kind, _ := split(name)
		kinds = append(kinds, kind)
	}
	slices.SortStableFunc(t.names, func(a, b string) int {
		kindA, _ := split(a)
		kindB, _ := split(b)
		return slices.Index(kinds, kindA) - slices.Index(kinds, kindB)
	})
	return t, reader.Err()
}

func (t *table) median(name string) float64 {
	if t.ns[name] == nil {
		return 0
	}
	return benchmath.AssumeNothing.Summary(t.ns[name], 0.95).Center
}

// fastest is what another program on the machine cannot make slower, where there are rounds enough.
func (t *table) fastest(name string) float64 {
	if t.ns[name] == nil {
		return 0
	}
	return slices.Min(t.ns[name].Values)
}

func (t *table) print(w io.Writer) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(columns, "\tns a call\t±\tfastest\tallocations\tover direct\tto gobreaker\tto cbgen\t")
	last := ""
	for _, name := range t.names {
		kind, contender := split(name)
		if kind != last {
			fmt.Fprintf(columns, "%s\t\t\t\t\t\t\t\t\n", kind)
			last = kind
		}
		summary := benchmath.AssumeNothing.Summary(t.ns[name], 0.95)
		fmt.Fprintf(columns, "  %s\t%.1f\t%.1f\t%.1f\t%.0f\t%s\t%s\t%s\t\n", contender, summary.Center, (summary.Hi-summary.Lo)/2, t.fastest(name),
			t.allocs[name], t.over(name, t.sibling(name, "closed", "direct")), t.ratio(name, t.reference(name)), t.ratio(name, t.sibling(name, "", "cbgen")))
	}
	return columns.Flush()
}

// split takes a benchmark's name apart: Serial/closed/cbgen-2 into "Serial closed" and "cbgen"; the processors of parallel ones
// stay with their kind.
func split(name string) (kind, contender string) {
	parts := strings.Split(name, "/")
	contender, processors := cutProcessors(parts[2])
	kind = parts[0] + " " + parts[1]
	if parts[0] == "Parallel" {
		kind += ", " + processors
	}
	return kind, contender
}

func cutProcessors(contender string) (name, processors string) {
	if name, found := strings.CutSuffix(contender, "-2"); found {
		return name, "2 processors"
	}
	return contender, "1 processor"
}

// sibling is the name of another contender's benchmark, in another scenario where one is given.
func (t *table) sibling(name, scenario, contender string) string {
	parts := strings.Split(name, "/")
	own, _ := cutProcessors(parts[2])
	if scenario != "" {
		parts[1] = scenario
	}
	parts[2] = contender + strings.TrimPrefix(parts[2], own)
	return strings.Join(parts, "/")
}

// reference is gobreaker's Execute in the same scenario, or where it has none, closed.
func (t *table) reference(name string) string {
	if same := t.sibling(name, "", "gobreaker"); t.ns[same] != nil {
		return same
	}
	return t.sibling(name, "closed", "gobreaker")
}

func (t *table) over(name, other string) string {
	if t.ns[other] == nil {
		return ""
	}
	return fmt.Sprintf("%+.1f", t.median(name)-t.median(other))
}

func (t *table) ratio(name, other string) string {
	if t.ns[other] == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", t.median(name)/t.median(other))
}

// judge holds the wrapper to its budget, by the medians, and beside them by the fastest rounds.
func (t *table) judge(w io.Writer) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "\nbudget of the generated wrapper\tat most\tmeasured\tby the fastest\t")
	byMedian, byFastest := budget(t.median), budget(t.fastest)
	for k, row := range byMedian {
		verdict := "kept"
		if !(row.actual <= row.most) {
			verdict = "MISSED"
		}
		fmt.Fprintf(columns, "%s\t%g\t%.2f\t%.2f\t%s\n", row.what, row.most, row.actual, byFastest[k].actual, verdict)
	}
	return columns.Flush()
}

type limit struct {
	what         string
	most, actual float64
}

func budget(ns func(name string) float64) []limit {
	serial := func(name string) float64 { return ns("Serial/" + name + "-2") }
	gobreaker := serial("closed/gobreaker")
	return []limit{
		{"closed, ns over the direct call", 25, serial("closed/cbgen") - serial("closed/direct")},
		{"closed, to gobreaker's Execute", 0.2, serial("closed/cbgen") / gobreaker},
		// ns/op is wall time: two processors that do not hinder each other halve it.
		{"closed, a processor's time at 2 to that at 1", 1.15, 2 * ns("Parallel/closed/cbgen-2") / ns("Parallel/closed/cbgen")},
		{"closed at 2 processors, to gobreaker's Execute", 0.2, ns("Parallel/closed/cbgen-2") / ns("Parallel/closed/gobreaker-2")},
		{"rejected, to gobreaker's", 1.25, serial("rejected/cbgen") / serial("rejected/gobreaker")},
		{"ratio=, to gobreaker's Execute", 1, serial("ratio/cbgen") / gobreaker},
		{"slow=, to gobreaker's Execute", 1, serial("slow/cbgen") / gobreaker},
		{"key, to gobreaker's Execute", 1, serial("key/cbgen") / gobreaker},
		{"composed, to failsafe-go's", 0.6, serial("composed/cbgen") / serial("composed/failsafe-go")},
		{"composed, to the stack by hand", 1, serial("composed/cbgen") / serial("composed/by-hand")},
	}
}

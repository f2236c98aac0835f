package gen

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cbgen/cbgen/gen/internal/build"
	"github.com/cbgen/cbgen/gen/internal/model"
	"github.com/cbgen/cbgen/gen/internal/monitor"
)

// Kinds of a [Monitor].
const (
	Rules     = "rules"     // for Prometheus, YAML
	Dashboard = "dashboard" // for Grafana, JSON
)

// Monitor says which file is wanted for those who watch the breakers of some packages.
type Monitor struct {
	Kind    string
	Output  string              // the file, relative to Config.Dir; "": it is only printed
	Clients map[string][]string // other names of clients, by their default names (pkg.Iface, or import/path.Iface)
	OpenFor time.Duration       // Rules: how long a breaker may be open before somebody is told; 0: by its policy
}

// Flags are the monitor's words on a command line.
func (m *Monitor) Flags(flags *flag.FlagSet) {
	flags.StringVar(&m.Output, "o", "", "")
	flags.Func("client", "", func(text string) error {
		client, names, ok := strings.Cut(text, "=")
		list := strings.Split(names, ",")
		if !ok || client == "" || slices.Contains(list, "") {
			return errors.New("want pkg.Iface=name, or several names separated by commas")
		}
		if m.Clients == nil {
			m.Clients = map[string][]string{}
		}
		m.Clients[client] = append(m.Clients[client], list...)
		return nil
	})
	if m.Kind == Rules {
		flags.Func("for", "", func(text string) (err error) {
			if m.OpenFor, err = time.ParseDuration(text); err == nil && m.OpenFor < time.Millisecond {
				err = errors.New("want at least 1ms")
			}
			return err
		})
	}
}

// printMonitor prints what a monitor of the run's packages asks for. A monitor without Output has no header: it is not checked.
func (r *Result) printMonitor(cfg Config, m Monitor) (File, error) {
	clients, err := r.clients(m.Clients)
	if err != nil {
		return File{}, err
	}
	file, header := File{}, ""
	if m.Output != "" {
		file.Path, err = filepath.Abs(filepath.Join(cfg.Dir, m.Output))
		if filepath.IsAbs(m.Output) {
			file.Path = filepath.Clean(m.Output)
		}
		if err == nil {
			header, err = m.header(cfg, file.Path)
		}
		if err != nil {
			return File{}, err
		}
	}
	switch m.Kind {
	case Rules:
		file.Content, err = monitor.Rules(header, clients, m.OpenFor)
	case Dashboard:
		file.Content, err = monitor.Dashboard(header, clients)
	default:
		err = fmt.Errorf("there is no monitor %q", m.Kind)
	}
	if err != nil || m.Output == "" {
		return file, err
	}
	existing, err := os.ReadFile(file.Path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		file.Stale = true
	case err != nil:
		return File{}, err
	case !isMonitor(existing):
		return File{}, fmt.Errorf("%s: cbgen did not write this file: rename it", r.Relative(file.Path))
	default:
		file.Stale = !bytes.Equal(existing, file.Content)
	}
	return file, nil
}

// clients are the annotated interfaces as their breakers are called at run time, sorted by name.
func (r *Result) clients(names map[string][]string) ([]*monitor.Client, error) {
	known := map[string]string{} // where each client comes from
	used := map[string]bool{}
	var defaults []string
	clients := []*monitor.Client{}
	for _, file := range r.models {
		for _, iface := range file.Interfaces {
			methods := monitored(iface)
			if len(methods) == 0 || build.IsTest(file.Path) {
				continue
			}
			full := file.ImportPath + "." + iface.Name
			own := []string{iface.Client}
			defaults = append(defaults, iface.Client)
			for _, key := range []string{iface.Client, full} {
				if given, ok := names[key]; ok {
					own, used[key] = given, true
				}
			}
			for _, name := range own {
				if other := known[name]; other != "" {
					return nil, fmt.Errorf("%s and %s are both clients called %s: tell their names with -client %s=name", other, full, name, full)
				}
				known[name] = full
				clients = append(clients, &monitor.Client{Name: name, Methods: methods})
			}
		}
	}
	slices.SortFunc(clients, func(a, b *monitor.Client) int { return cmp.Compare(a.Name, b.Name) })
	for _, key := range slices.Sorted(maps.Keys(names)) {
		if !used[key] {
			return nil, fmt.Errorf("-client %s: no interface of that name is guarded; there are %s", key,
				strings.Join(slices.Compact(slices.Sorted(slices.Values(defaults))), ", "))
		}
	}
	return clients, nil
}

func monitored(iface *model.Interface) (methods []*monitor.Method) {
	for _, m := range iface.Guarded() {
		methods = append(methods, monitor.NewMethod(m))
	}
	return methods
}

// GenerateMonitor is [Generate], and beside it the monitor's file: without content where there are findings.
func GenerateMonitor(ctx context.Context, cfg Config, m Monitor) (*Result, File, error) {
	result, err := Generate(ctx, cfg)
	if err != nil || len(result.Findings) > 0 {
		return result, File{}, err
	}
	file, err := result.printMonitor(cfg, m)
	result.Files = nil // the wrappers are another command's
	if file.Path != "" {
		result.Files = []File{file}
	}
	return result, file, err
}

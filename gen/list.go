package gen

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/cbgen/cbgen/gen/internal/model"
)

// Listing is the effective policy of one annotated interface.
type Listing struct {
	Client    string          `json:"client"`    // its default name in errors, logs and metrics
	Interface string          `json:"interface"` // as declared
	Position  string          `json:"position"`  // file:line:col of its declaration
	Output    string          `json:"output"`    // file of its wrapper
	Methods   []MethodListing `json:"methods"`
}

// MethodListing is the effective policy of one method.
type MethodListing struct {
	Name    string          `json:"name"`
	Guarded bool            `json:"guarded"`
	Why     string          `json:"why,omitempty"`     // why it passes through
	Dropped []string        `json:"dropped,omitempty"` // inherited directives that it cannot carry
	Policy  []model.Setting `json:"policy,omitempty"`  // in the order of the call, fallback first
}

// callOrder is the order around a call, outermost first, then what classifies its outcome.
var callOrder = []string{"fallback", "retry", "key", "breaker", "failure", "ignore", "deadline", "stream", "bulkhead"}

// Listings returns every annotated interface with its effective policies, sorted by client. File names are relative to
// Config.Dir where they are below it.
func (r *Result) Listings() []Listing {
	var list []Listing
	for _, file := range r.models {
		for _, iface := range file.Interfaces {
			listing := Listing{
				Client: iface.Client, Interface: iface.Name,
				Position: place(r.dir, iface.Position), Output: relative(r.dir, file.Path),
			}
			for _, m := range iface.Methods {
				method := MethodListing{Name: m.Name, Guarded: m.Shape != model.Direct, Why: m.PassWhy, Dropped: m.Dropped}
				for _, setting := range m.Settings {
					setting.Origin = place(r.dir, setting.Origin)
					method.Policy = append(method.Policy, setting)
				}
				slices.SortStableFunc(method.Policy, func(a, b model.Setting) int {
					return slices.Index(callOrder, a.Directive) - slices.Index(callOrder, b.Directive)
				})
				listing.Methods = append(listing.Methods, method)
			}
			list = append(list, listing)
		}
	}
	slices.SortFunc(list, func(a, b Listing) int { return strings.Compare(a.Client+a.Position, b.Client+b.Position) })
	return list
}

// place makes the file of a file:line:col relative.
func place(dir, position string) string {
	file, rest, ok := strings.Cut(filepath.Base(position), ":")
	if !ok {
		return position
	}
	return filepath.ToSlash(relative(dir, filepath.Join(filepath.Dir(position), file))) + ":" + rest
}

// List prints the listings, for people or as JSON.
func List(w io.Writer, r *Result, asJSON bool) error {
	listings := r.Listings()
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		if listings == nil {
			listings = []Listing{}
		}
		return encoder.Encode(listings)
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for k, listing := range listings {
		if k > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s  %s\n", listing.Client, listing.Position)
		for _, m := range listing.Methods {
			printMethod(out, m)
		}
	}
	if len(listings) > 0 {
		fmt.Fprintln(out, "\nA wrapper has these methods and no others: optional interfaces of the wrapped value are lost.")
	}
	return out.Flush()
}

func printMethod(out io.Writer, m MethodListing) {
	if !m.Guarded {
		fmt.Fprintf(out, "  %s passes through: %s", m.Name, m.Why)
		if len(m.Dropped) > 0 {
			fmt.Fprintf(out, " (dropped: %s)", strings.Join(m.Dropped, ", "))
		}
		fmt.Fprintln(out)
		return
	}
	fmt.Fprintf(out, "  %s\n", m.Name)
	for _, dropped := range m.Dropped {
		fmt.Fprintf(out, "    dropped\t%s\n", dropped)
	}
	last := ""
	for _, setting := range m.Policy {
		name := setting.Directive
		if name == last {
			name = ""
		}
		last = setting.Directive
		value := setting.Value
		if setting.Key != "" {
			value = setting.Key + "=" + value
		}
		fmt.Fprintf(out, "    %s\t%s\t%s\n", name, value, setting.Origin)
	}
}

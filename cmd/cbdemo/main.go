// Cbdemo plays an incident of one minute: a chat service whose provider falls sick, once with the raw client of that
// provider and once with the wrapper that cbgen wrote, side by side. Then it plays what such a service can give its callers
// while the provider is down: earlier answers, a standby's, or answers later. Run it with -h for its flags.
//
// It prints a line a second (on a terminal it redraws), and tables of what came of it. Ctrl-C ends it early, with the table
// of what happened until then.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/report"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/strategy"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
)

const (
	exitOK      = 0
	exitTrouble = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second ctrl-C ends the program at once
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr, upstream.Loopback, net.Listen)
	stop()
	os.Exit(status)
}

// run is the whole command: it returns the exit status and leaves exiting to its caller.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, network upstream.Network, open listen) int {
	s, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "cbdemo: %v (-h explains)\n", err)
		return exitUsage
	}
	if err := show(ctx, s, stdout, network, open); err != nil {
		fmt.Fprintf(stderr, "cbdemo: %v\n", err)
		return exitTrouble
	}
	return exitOK
}

// show plays what the settings ask for.
func show(ctx context.Context, s settings, stdout io.Writer, network upstream.Network, open listen) error {
	style := report.StyleOf(stdout, os.Getenv)
	live := report.NewLive(stdout, style)
	timeline := cbdash.NewTimeline(0)
	registry := cb.NewRegistry(cb.WithObserver(timeline))
	if s.shows(incidentAct) {
		report.Intro(stdout, s.incident)
	}
	p, err := newPlay(s, network, registry, live)
	if err != nil {
		return err
	}
	return errors.Join(watched(newMux(registry, timeline), stdout, open, s.address, func() error {
		return p.run(ctx, stdout, style, live)
	}), p.close())
}

// watched plays while others may look at it through the address, and says where; "" is nowhere.
func watched(mux *http.ServeMux, stdout io.Writer, open listen, address string, play func() error) error {
	if address == "" {
		return play()
	}
	w, err := newWatchers(open, address, mux)
	if err != nil {
		return err
	}
	const where = "While it plays, the wrappers' breakers have a page at %s/\nand Prometheus finds them at %[1]s/metrics\n"
	fmt.Fprintf(stdout, where, w.url())
	return errors.Join(play(), w.close())
}

const (
	allActs     = "all"
	incidentAct = "incident"
)

// acts are the names of what can be shown, in their order.
func acts() []string { return append([]string{incidentAct}, strategy.Names()...) }

// settings is what the arguments ask for.
type settings struct {
	incident incident.Config
	act      time.Duration // length of each act behind the incident
	only     string        // the name of the one act that is shown, or allActs
	address  string        // to be watched at; "": nowhere
}

func (s settings) shows(act string) bool { return s.only == allActs || s.only == act }

// leastAct is the shortest act in which a breaker has time to open and to close again.
const leastAct = 8 * time.Second

// parse turns the arguments into settings; help goes to w.
func parse(args []string, w io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("cbdemo", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // parse's caller prints the error, once
	base := incident.Default(time.Minute)
	names := strings.Join(acts(), ", ")
	flags.StringVar(&s.only, "act", allActs, "what to play: "+names+", or all of them")
	total := flags.Duration("for", time.Minute,
		"length of the incident: a quarter healthy, half sick, a quarter recovery; each further act has a fifth of it")
	workers := flags.Int("workers", base.Workers, "workers of each side of the incident")
	rate := flags.Int("rate", base.Rate, "prompts per second of the incident, and as many readings of old conversations")
	hang := flags.Duration("hang", base.Hang, "how long a hanging call hangs")
	limit := flags.Duration("raw-timeout", base.RawTimeout, "time limit of the raw client's calls (default none)")
	seed := flags.Uint64("seed", base.Seed, "seed of the upstreams' latencies, and of which calls hang")
	flags.StringVar(&s.address, "http", "127.0.0.1:0", "address of the breakers' page, and of /metrics, while it plays; empty: none")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(w, "usage: cbdemo [flags]\n\nPlays an incident, with and without the wrapper that cbgen wrote,\n"+
				"and then what a service can do while its provider is down.\n\n")
			flags.SetOutput(w)
			flags.PrintDefaults()
		}
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if s.only != allActs && !slices.Contains(acts(), s.only) {
		return settings{}, fmt.Errorf("there is no act %q: %s", s.only, names)
	}
	s.incident = incident.Default(*total)
	s.incident.Workers, s.incident.Rate, s.incident.Hang, s.incident.RawTimeout, s.incident.Seed = *workers, *rate, *hang, *limit, *seed
	s.incident.Queue = 2 * s.incident.Workers
	s.act = max(*total/5, leastAct)
	return s, s.incident.Validate()
}

// Cbdemo plays an incident of one minute: a chat service whose provider falls sick, once with the raw client of that
// provider and once with the wrapper that cbgen wrote, side by side. Run it with -h for its flags.
//
// It prints a line a second (on a terminal it redraws) and a closing table. Ctrl-C ends it early, with the table of
// what happened until then.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/report"
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
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr, incident.Loopback, net.Listen)
	stop()
	os.Exit(status)
}

// run is the whole command: it returns the exit status and leaves exiting to its caller.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, network incident.Network, open listen) int {
	cfg, address, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "cbdemo: %v (-h explains)\n", err)
		return exitUsage
	}
	cfg.Network = network

	style := report.StyleOf(stdout, os.Getenv)
	report.Intro(stdout, cfg)
	live := report.NewLive(stdout, style)
	cfg.Logger = report.NewLogger(live)
	timeline := cbdash.NewTimeline(0)
	cfg.Observer = timeline
	inc, err := incident.New(cfg)
	if err == nil {
		err = errors.Join(watched(inc, timeline, stdout, open, address, func() error {
			inc.Run(ctx, live.Second)
			return report.Table(stdout, style, inc.Snapshot())
		}), inc.Close())
	}
	if err != nil {
		fmt.Fprintf(stderr, "cbdemo: %v\n", err)
		return exitTrouble
	}
	return exitOK
}

// watched plays while others may look at it through the address, and says where; "" is nowhere.
func watched(
	inc *incident.Incident, timeline *cbdash.Timeline, stdout io.Writer, open listen, address string, play func() error,
) error {
	if address == "" {
		return play()
	}
	w, err := newWatchers(open, address, newMux(inc.Registry(), timeline))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "While it plays, the wrapper's breaker has a page at %s/\nand Prometheus finds it at %[1]s/metrics\n", w.url())
	return errors.Join(play(), w.close())
}

// parse turns the arguments into what is to be played, and the address to be watched at; help goes to w.
func parse(args []string, w io.Writer) (_ incident.Config, address string, _ error) {
	flags := flag.NewFlagSet("cbdemo", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // parse's caller prints the error, once
	base := incident.Default(time.Minute)
	total := flags.Duration("for", time.Minute, "length of the incident: a quarter healthy, half sick, a quarter recovery")
	workers := flags.Int("workers", base.Workers, "workers of each side")
	rate := flags.Int("rate", base.Rate, "prompts per second, and as many readings of old conversations")
	hang := flags.Duration("hang", base.Hang, "how long a hanging call hangs")
	limit := flags.Duration("raw-timeout", base.RawTimeout, "time limit of the raw client's calls (default none)")
	seed := flags.Uint64("seed", base.Seed, "seed of the upstreams' latencies, and of which calls hang")
	flags.StringVar(&address, "http", "127.0.0.1:0", "address of the breaker's page, and of /metrics, while it plays; empty: none")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(w, "usage: cbdemo [flags]\n\nPlays an incident, with and without the wrapper that cbgen wrote.\n\n")
			flags.SetOutput(w)
			flags.PrintDefaults()
		}
		return incident.Config{}, "", err
	}
	if flags.NArg() > 0 {
		return incident.Config{}, "", fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	cfg := incident.Default(*total)
	cfg.Workers, cfg.Rate, cfg.Hang, cfg.RawTimeout, cfg.Seed = *workers, *rate, *hang, *limit, *seed
	cfg.Queue = 2 * cfg.Workers
	return cfg, address, cfg.Validate()
}

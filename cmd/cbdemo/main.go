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
	"os"
	"os/signal"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/report"
)

const (
	exitOK      = 0
	exitTrouble = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second ctrl-C ends the program at once
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr, incident.Loopback)
	stop()
	os.Exit(status)
}

// run is the whole command: it returns the exit status and leaves exiting to its caller.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, network incident.Network) int {
	cfg, err := parse(args, stdout)
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
	if err := play(ctx, cfg, live, func(snap incident.Snapshot) error { return report.Table(stdout, style, snap) }); err != nil {
		fmt.Fprintf(stderr, "cbdemo: %v\n", err)
		return exitTrouble
	}
	return exitOK
}

func play(ctx context.Context, cfg incident.Config, live *report.Live, table func(incident.Snapshot) error) error {
	inc, err := incident.New(cfg)
	if err != nil {
		return err
	}
	inc.Run(ctx, live.Second)
	return errors.Join(table(inc.Snapshot()), inc.Close())
}

// parse turns the arguments into what is to be played; help goes to w.
func parse(args []string, w io.Writer) (incident.Config, error) {
	flags := flag.NewFlagSet("cbdemo", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // parse's caller prints the error, once
	base := incident.Default(time.Minute)
	total := flags.Duration("for", time.Minute, "length of the incident: a quarter healthy, half sick, a quarter recovery")
	workers := flags.Int("workers", base.Workers, "workers of each side")
	rate := flags.Int("rate", base.Rate, "prompts per second, and as many readings of old conversations")
	hang := flags.Duration("hang", base.Hang, "how long a hanging call hangs")
	limit := flags.Duration("raw-timeout", base.RawTimeout, "time limit of the raw client's calls (default none)")
	seed := flags.Uint64("seed", base.Seed, "seed of the upstreams' latencies, and of which calls hang")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(w, "usage: cbdemo [flags]\n\nPlays an incident, with and without the wrapper that cbgen wrote.\n\n")
			flags.SetOutput(w)
			flags.PrintDefaults()
		}
		return incident.Config{}, err
	}
	if flags.NArg() > 0 {
		return incident.Config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	cfg := incident.Default(*total)
	cfg.Workers, cfg.Rate, cfg.Hang, cfg.RawTimeout, cfg.Seed = *workers, *rate, *hang, *limit, *seed
	cfg.Queue = 2 * cfg.Workers
	return cfg, cfg.Validate()
}

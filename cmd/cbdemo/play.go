package main

import (
	"context"
	"errors"
	"io"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/report"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/strategy"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
)

// play is what is shown, set up whole before it begins: whoever watches finds all its breakers.
type play struct {
	incident *incident.Incident // nil: not shown
	acts     []*strategy.Act
}

// newPlay sets up what the settings ask for. Its breakers are in the registry, and log to the live view.
func newPlay(s settings, network upstream.Network, registry *cb.Registry, live *report.Live) (_ *play, err error) {
	p := &play{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	logger := report.NewLogger(live)
	if s.shows(incidentAct) {
		cfg := s.incident
		cfg.Network, cfg.Registry, cfg.Logger = network, registry, logger
		if p.incident, err = incident.New(cfg); err != nil {
			return nil, err
		}
	}
	for _, name := range strategy.Names() {
		if !s.shows(name) {
			continue
		}
		cfg := strategy.Default(s.act)
		cfg.Seed = s.incident.Seed
		cfg.Network, cfg.Registry, cfg.Options = network, registry, []cb.Option{cb.WithLogger(logger)}
		cfg.Say = func(line string) { live.Event("       " + line) }
		act, err := strategy.New(name, cfg)
		if err != nil {
			return nil, err
		}
		p.acts = append(p.acts, act)
	}
	return p, nil
}

// run shows one after the other. When ctx ends, the one that plays shows what came of it until then, and no other follows.
func (p *play) run(ctx context.Context, stdout io.Writer, style report.Style, live *report.Live) error {
	if p.incident != nil {
		p.incident.Run(ctx, report.NewIncident(live).Second)
		live.Settle()
		if err := report.Table(stdout, style, p.incident.Snapshot()); err != nil {
			return err
		}
	}
	for i, act := range p.acts {
		if ctx.Err() != nil && (i > 0 || p.incident != nil) {
			return nil
		}
		act.Run(ctx, report.NewAct(live, act).Second)
		live.Settle()
		if err := report.Figures(stdout, style, act); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) close() (err error) {
	if p.incident != nil {
		err = p.incident.Close()
	}
	for _, act := range p.acts {
		err = errors.Join(err, act.Close())
	}
	return err
}

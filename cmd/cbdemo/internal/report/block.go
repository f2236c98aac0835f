package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
)

const (
	timelineWidth = 76
	barWidth      = 20
)

// block is what a terminal shows of one second; 80 columns.
func (s Style) block(snap incident.Snapshot, raw, guarded rates) string {
	var b strings.Builder
	phase := snap.Plan.At(snap.Elapsed)
	colour := green
	if phase == incident.Sick {
		colour = red
	}
	fmt.Fprintf(&b, "  %s of %s   upstream: %s\n",
		clock(snap.Elapsed), clock(snap.Plan.Total()), s.paint(colour, phase.String()))
	sick := func(at time.Duration) bool { return snap.Plan.At(at) == incident.Sick }
	fmt.Fprintf(&b, "  %s\n\n", s.timeline(snap.Elapsed, snap.Plan.Total(), sick))
	fmt.Fprintf(&b, "  %s\n", s.paint(dim, left(15, "")+left(barWidth+10, "workers busy")+"old conv./s answers/s fallback/s"))
	b.WriteString(s.row(snap.Raw, raw, "none"))
	b.WriteString(s.row(snap.Guarded, guarded, fmt.Sprint(guarded.fallback)))
	fmt.Fprintf(&b, "  %s%s\n", left(15, ""), "breaker: "+s.paint(bold, snap.Guarded.Breaker))
	return b.String()
}

func (s Style) row(side incident.SideSnapshot, r rates, fallback string) string {
	colour := green
	if side.Busy == side.Workers {
		colour = red
	}
	full := (side.Busy*barWidth + side.Workers - 1) / side.Workers
	bar := s.paint(colour, strings.Repeat("█", full)) + s.paint(dim, strings.Repeat("░", barWidth-full))
	busy := left(10, fmt.Sprintf(" %d/%d", side.Busy, side.Workers))
	return fmt.Sprintf("  %s%s%s%11d %9d %10s\n", s.paint(bold, left(15, side.Name)), bar, busy, r.reads, r.answers, fallback)
}

// timeline shows a time that is played and still to come, and when in it an upstream is sick.
func (s Style) timeline(elapsed, total time.Duration, sick func(at time.Duration) bool) string {
	var b strings.Builder
	for n := range timelineWidth {
		at := total * (2*time.Duration(n) + 1) / (2 * timelineWidth)
		mark, colour := "─", dim
		if at <= elapsed {
			mark, colour = "━", green
		}
		if sick(at) {
			colour = red
		}
		b.WriteString(s.paint(colour, mark))
	}
	return b.String()
}

package report

import (
	"fmt"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
)

// Incident is the view of an incident.
type Incident struct {
	live *Live
	last incident.Snapshot
}

// NewIncident begins the view.
func NewIncident(live *Live) *Incident {
	live.begin("", plainHead)
	return &Incident{live: live}
}

// Second shows the incident as it is now; call it once a second.
func (v *Incident) Second(snap incident.Snapshot) {
	raw, guarded := since(v.last.Raw, snap.Raw), since(v.last.Guarded, snap.Guarded)
	v.last = snap
	v.live.show(v.live.style.block(snap, raw, guarded), plainLine(snap, raw, guarded))
}

// rates is what one side did in the last second.
type rates struct{ reads, answers, fallback int }

func since(before, now incident.SideSnapshot) rates {
	count := func(s incident.SideSnapshot) rates {
		return rates{
			reads:    incident.Sum(s.Numbers.Reads).Served,
			answers:  incident.Sum(s.Numbers.Prompts).Served,
			fallback: s.Numbers.Archived + s.Numbers.Apology,
		}
	}
	a, b := count(before), count(now)
	return rates{b.reads - a.reads, b.answers - a.answers, b.fallback - a.fallback}
}

const plainHead = `
                |          raw client          |                 cbgen wrapper
 time  upstream |   busy old conv./s answers/s |   busy old conv./s answers/s fallback/s breaker
`

func plainLine(snap incident.Snapshot, raw, guarded rates) string {
	state := [...]string{"healthy", "HANGS", "healthy"}[snap.Plan.At(snap.Elapsed)]
	busy := func(s incident.SideSnapshot) string { return fmt.Sprintf("%d/%d", s.Busy, s.Workers) }
	return fmt.Sprintf("%5s  %-8s | %6s %11d %9d | %6s %11d %9d %10d %s\n",
		clock(snap.Elapsed), state,
		busy(snap.Raw), raw.reads, raw.answers,
		busy(snap.Guarded), guarded.reads, guarded.answers, guarded.fallback, snap.Guarded.Breaker)
}

package report

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
)

// Live shows an incident while it plays. It may be used by many goroutines at once. Errors of the writer are dropped:
// the incident goes on where nobody looks.
type Live struct {
	style Style

	mu   sync.Mutex
	w    io.Writer
	last incident.Snapshot
	drew string // the block that is on the terminal now
}

// NewLive returns a view of an incident.
func NewLive(w io.Writer, style Style) *Live {
	l := &Live{w: w, style: style}
	if !style.Terminal {
		fmt.Fprint(w, plainHead)
	}
	return l
}

// Second shows the incident as it is now; call it once a second.
func (l *Live) Second(snap incident.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw, guarded := since(l.last.Raw, snap.Raw), since(l.last.Guarded, snap.Guarded)
	l.last = snap
	if l.style.Terminal {
		l.draw("", l.style.block(snap, raw, guarded))
		return
	}
	fmt.Fprint(l.w, plainLine(snap, raw, guarded))
}

// Event shows a line that stays.
func (l *Live) Event(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.style.Terminal {
		l.draw(l.style.paint(dim, line)+"\n", l.drew)
		return
	}
	fmt.Fprintln(l.w, line)
}

// draw replaces the block on the terminal, writing above it what stays. Wrapping is off meanwhile: in a terminal too
// narrow for it, the block is cut off rather than smeared.
func (l *Live) draw(above, block string) {
	up := ""
	if lines := strings.Count(l.drew, "\n"); lines > 0 {
		up = fmt.Sprintf("\x1b[%dA\x1b[J", lines)
	}
	fmt.Fprint(l.w, "\x1b[?7l"+up+above+block+"\x1b[?7h")
	l.drew = block
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

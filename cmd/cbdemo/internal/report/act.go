package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/strategy"
)

// Act is the view of one strategy's act.
type Act struct {
	live *Live
	act  *strategy.Act
	last []strategy.Column
}

// NewAct begins the view with the story.
func NewAct(live *Live, act *strategy.Act) *Act {
	v := &Act{live, act, act.Snapshot().Columns}
	title, story, _ := strings.Cut(act.Story, ".")
	live.begin("\n"+live.style.paint(bold, title)+"."+story+"\n\n", v.head())
	return v
}

// Second shows the act as it is now; call it once a second.
func (v *Act) Second(snap strategy.Snapshot) {
	rates := make([]string, len(snap.Columns))
	for i, c := range snap.Columns {
		n := c.N
		if !c.Level {
			n -= v.last[i].N
		}
		rates[i] = fmt.Sprint(n)
	}
	v.last = snap.Columns
	v.live.show(v.block(snap, rates), v.line(snap, rates))
}

const plainAct = "%5s  %-10s %-23s |"

func (v *Act) head() string {
	var b strings.Builder
	fmt.Fprintf(&b, plainAct, " time", "upstream", v.act.Breakers)
	for _, c := range v.last {
		head := c.Head
		if !c.Level {
			head += "/s"
		}
		b.WriteString(right(11, head))
	}
	return b.String() + "\n"
}

func (v *Act) line(snap strategy.Snapshot, rates []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, plainAct, clock(snap.Elapsed), v.act.TurnAt(snap.Elapsed).Upstream, snap.Breaker)
	for _, rate := range rates {
		b.WriteString(right(11, rate))
	}
	return b.String() + "\n"
}

// block is what a terminal shows of one second; 80 columns.
func (v *Act) block(snap strategy.Snapshot, rates []string) string {
	s := v.live.style
	turn := v.act.TurnAt(snap.Elapsed)
	colour := green
	if turn.Sick {
		colour = red
	}
	when := fmt.Sprintf("%s of %s", clock(snap.Elapsed), clock(snap.Length))
	if snap.Elapsed >= snap.Length+time.Second {
		when = fmt.Sprintf("%s, prompts came until %s", clock(snap.Elapsed), clock(snap.Length))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  %s   upstream: %s\n", when, s.paint(colour, turn.Upstream))
	sick := func(at time.Duration) bool { return v.act.TurnAt(at).Sick }
	fmt.Fprintf(&b, "  %s\n\n", s.timeline(snap.Elapsed, snap.Length, sick))
	heads, perSecond, soFar := left(14, ""), left(14, "per second"), left(14, "so far")
	for i, c := range snap.Columns {
		heads += right(12, c.Head)
		soFar += right(12, fmt.Sprint(c.N))
		rate := rates[i]
		if c.Level {
			rate = ""
		}
		perSecond += right(12, rate)
	}
	fmt.Fprintf(&b, "  %s\n  %s\n  %s\n", s.paint(dim, heads), perSecond, soFar)
	fmt.Fprintf(&b, "  %s: %s\n", v.act.Breakers, s.paint(bold, snap.Breaker))
	return b.String()
}

// Figures writes what came of an act.
func Figures(w io.Writer, style Style, act *strategy.Act) error {
	var b strings.Builder
	b.WriteString("\n")
	if snap := act.Snapshot(); snap.Elapsed < snap.Length-100*time.Millisecond {
		fmt.Fprintf(&b, "Stopped after %s of %s.\n\n", clock(snap.Elapsed), clock(snap.Length))
	}
	for _, f := range act.Figures() {
		text := left(40, f.Label) + right(6, fmt.Sprint(f.N))
		if !strings.HasPrefix(f.Label, " ") {
			text = style.paint(bold, text)
		}
		if f.Remark != "" {
			text += "  " + style.paint(dim, f.Remark)
		}
		b.WriteString(text + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

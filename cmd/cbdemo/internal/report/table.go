package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
)

const (
	labelWidth = 52
	cellWidth  = 22
)

// Intro says what is about to be played.
func Intro(w io.Writer, cfg incident.Config) {
	limit := "no time limit"
	if cfg.RawTimeout > 0 {
		limit = fmt.Sprintf("a time limit of %s", cfg.RawTimeout)
	}
	fmt.Fprintf(w, `A chat service, twice at the same time: its provider called by the raw client (%s),
and by the wrapper that cbgen wrote. Each side has an upstream and %d workers of its own, and gets
%d prompts/s and %d readings of old conversations/s; a reading takes a worker %s and no upstream.
When all workers are busy, a request waits in a queue of %d, and fails after %s.
From %s to %s, half of the calls to the upstreams hang for %s.
`, limit, cfg.Workers, cfg.Rate, cfg.Rate, cfg.Read, cfg.Queue, cfg.Wait,
		clock(cfg.Plan.Healthy), clock(cfg.Plan.Healthy+cfg.Plan.Sick), cfg.Hang)
}

// Table writes what each side did until the snapshot.
func Table(w io.Writer, style Style, snap incident.Snapshot) error {
	var b strings.Builder
	b.WriteString("\n")
	if early := snap.Elapsed < snap.Plan.Total()-100*time.Millisecond; early {
		fmt.Fprintf(&b, "Stopped after %s of %s.\n\n", clock(snap.Elapsed), clock(snap.Plan.Total()))
	}
	b.WriteString(style.paint(bold, left(labelWidth, "")+right(cellWidth, snap.Raw.Name)+right(cellWidth, snap.Guarded.Name)) + "\n")
	b.WriteString(strings.Repeat("-", labelWidth+2*cellWidth) + "\n")
	for _, r := range rows() {
		raw, guarded := right(cellWidth, r.cell(snap.Raw)), right(cellWidth, r.cell(snap.Guarded))
		if !strings.HasPrefix(r.label, " ") {
			raw, guarded = style.paint(red, raw), style.paint(green, guarded)
		}
		b.WriteString(left(labelWidth, r.label) + raw + guarded + "\n")
	}
	b.WriteString("\n" + summary(snap))
	_, err := io.WriteString(w, b.String())
	return err
}

type row struct {
	label string
	cell  func(incident.SideSnapshot) string
}

func rows() []row {
	number := func(n int) string { return fmt.Sprint(n) }
	share := func(c incident.Count) string {
		return fmt.Sprintf("%d of %d %s", c.Served, c.Offered, right(6, percent(c.Served, c.Offered)))
	}
	type side = incident.SideSnapshot
	return []row{
		{"old conversations served", func(s side) string { return share(incident.Sum(s.Numbers.Reads)) }},
		{"  while calls hung", func(s side) string { return share(s.Numbers.Reads[incident.Sick]) }},
		{"  after the upstream was healthy again", func(s side) string { return share(s.Numbers.Reads[incident.Recovery]) }},
		{"answers given", func(s side) string { return share(incident.Sum(s.Numbers.Prompts)) }},
		{"  by the model", func(s side) string { return number(byModel(s)) }},
		{"  from fallback: earlier answer to the same prompt", func(s side) string { return number(s.Numbers.Archived) }},
		{"  from fallback: an apology", func(s side) string { return number(s.Numbers.Apology) }},
		{"requests that never got a worker", func(s side) string { return number(s.Numbers.NoWorker) }},
		{"worker-seconds lost in calls that gave nothing", func(s side) string {
			return fmt.Sprintf("%.1f s", s.Numbers.Wasted.Seconds())
		}},
		{"workers still stuck at the end", func(s side) string { return fmt.Sprintf("%d of %d", s.Stuck, s.Workers) }},
		{"calls sent to the sick upstream", func(s side) string { return number(s.Upstream.WhileSick) }},
		{"  of them hanging", func(s side) string { return number(s.Upstream.Hung) }},
	}
}

func byModel(s incident.SideSnapshot) int {
	return incident.Sum(s.Numbers.Prompts).Served - s.Numbers.Archived - s.Numbers.Apology
}

// summary puts the figures into words, whatever they are.
func summary(snap incident.Snapshot) string {
	lost := func(s incident.SideSnapshot) string {
		c := incident.Sum(s.Numbers.Reads)
		return fmt.Sprintf("%d of %d", c.Offered-c.Served, c.Offered)
	}
	text := fmt.Sprintf("Old conversations need no upstream. Lost all the same: %s with the raw client,\n%s with the wrapper.\n",
		lost(snap.Raw), lost(snap.Guarded))
	if sick := snap.Plan.At(snap.Elapsed) != incident.Healthy; sick && snap.Raw.Numbers.NoWorker == 0 {
		text += "The raw client's workers sufficed: play it longer (-for), or with fewer of them (-workers).\n"
	}
	return text
}

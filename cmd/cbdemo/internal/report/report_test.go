package report

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/incident"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
)

// snapshot is one in the middle of the sick phase, large in every figure.
func snapshot() incident.Snapshot {
	return incident.Snapshot{
		Plan:    incident.Default(time.Minute).Plan,
		Elapsed: 30 * time.Second,
		Raw: incident.SideSnapshot{
			Name: "raw client", Workers: 64, Busy: 64, Waiting: 80, Stuck: 64,
			Numbers: incident.Numbers{
				Reads:    [3]incident.Count{{Offered: 300, Served: 300}, {Offered: 300, Served: 119}},
				Prompts:  [3]incident.Count{{Offered: 300, Served: 300}, {Offered: 300, Served: 56}},
				NoWorker: 361,
				Wasted:   1500 * time.Second,
			},
			Upstream: upstream.Stats{Calls: 420, WhileSick: 120, Hung: 64},
		},
		Guarded: incident.SideSnapshot{
			Name: "cbgen wrapper", Workers: 64, Busy: 3,
			Numbers: incident.Numbers{
				Reads:    [3]incident.Count{{Offered: 300, Served: 300}, {Offered: 300, Served: 299}},
				Prompts:  [3]incident.Count{{Offered: 300, Served: 300}, {Offered: 300, Served: 297}},
				Archived: 150, Apology: 40,
				Wasted: 94500 * time.Millisecond,
			},
			Upstream: upstream.Stats{Calls: 400, WhileSick: 100, Hung: 47},
			Breaker:  "half-open",
		},
	}
}

var escapes = regexp.MustCompile("\x1b\\[[?0-9;]*[a-zA-Z]")

func requireWidth(t *testing.T, limit int, text string) {
	t.Helper()
	for line := range strings.Lines(escapes.ReplaceAllString(text, "")) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), limit, line)
	}
}

func TestPlainLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	live := NewLive(&out, Style{})
	view := NewIncident(live)
	view.Second(snapshot())
	live.Event("something happened")
	next := snapshot()
	next.Elapsed = 46 * time.Second
	next.Guarded.Numbers.Reads[2].Served = 20
	next.Guarded.Numbers.Prompts[2].Served = 19
	next.Guarded.Numbers.Apology += 2
	view.Second(next)
	assert.Equal(t, plainHead+
		" 0:30  HANGS    |  64/64         419       356 |   3/64         599       597        190 half-open\n"+
		"something happened\n"+
		" 0:46  healthy  |  64/64           0         0 |   3/64          20        19          2 half-open\n", out.String())
	requireWidth(t, 100, out.String())
}

func TestTerminalRedraws(t *testing.T) {
	t.Parallel()
	for name, style := range map[string]Style{"colours": {Terminal: true, Color: true}, "no colours": {Terminal: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			live := NewLive(&out, style)
			NewIncident(live).Second(snapshot())
			first := out.String()
			requireWidth(t, 79, first)
			assert.Contains(t, escapes.ReplaceAllString(first, ""), "raw client     ████████████████████ 64/64")
			assert.Contains(t, escapes.ReplaceAllString(first, ""), "cbgen wrapper  █░░░░░░░░░░░░░░░░░░░ 3/64 ")

			out.Reset()
			live.Event("breaker opened")
			again := out.String()
			height := strings.Count(first, "\n")
			up := "\x1b[" + string(rune('0'+height)) + "A\x1b[J"
			assert.Equal(t, 1, strings.Count(again, up), "goes up as many lines as were drawn")
			assert.Contains(t, again, "breaker opened")
			assert.True(t, strings.HasSuffix(again, strings.TrimPrefix(first, "\x1b[?7l")), "the same block below")
			assert.Equal(t, style.Color, strings.Contains(again, "\x1b[31m"))
		})
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	snap := snapshot()
	require.NoError(t, Table(&out, Style{}, snap))
	assert.Equal(t, `
Stopped after 0:30 of 1:00.

                                                                raw client         cbgen wrapper
------------------------------------------------------------------------------------------------
old conversations served                                 419 of 600  69.8%     599 of 600  99.8%
  while calls hung                                       119 of 300  39.6%     299 of 300  99.6%
  after the upstream was healthy again                       0 of 0      -         0 of 0      -
answers given                                            356 of 600  59.3%     597 of 600  99.5%
  by the model                                                         356                   407
  from fallback: earlier answer to the same prompt                       0                   150
  from fallback: an apology                                              0                    40
requests that never got a worker                                       361                     0
worker-seconds lost in calls that gave nothing                    1500.0 s                94.5 s
workers still stuck at the end                                    64 of 64               0 of 64
calls sent to the sick upstream                                        120                   100
  of them hanging                                                       64                    47

Old conversations need no upstream. Lost all the same: 181 of 600 with the raw client,
1 of 600 with the wrapper.
`, out.String())

	out.Reset()
	snap.Elapsed = time.Minute
	snap.Raw.Numbers.NoWorker = 0
	require.NoError(t, Table(&out, Style{Terminal: true, Color: true}, snap))
	assert.NotContains(t, out.String(), "Stopped")
	assert.Contains(t, out.String(), "workers sufficed")
	requireWidth(t, 100, out.String())
}

func TestIntro(t *testing.T) {
	t.Parallel()
	cfg := incident.Default(time.Minute)
	var out bytes.Buffer
	Intro(&out, cfg)
	assert.Contains(t, out.String(), "no time limit")
	assert.Contains(t, out.String(), "in a queue of 128, and fails after 2s.\nFrom 0:15 to 0:45,")
	cfg.RawTimeout = 10 * time.Second
	Intro(&out, cfg)
	assert.Contains(t, out.String(), "a time limit of 10s")
	requireWidth(t, 100, out.String())
}

func TestPercentIsCut(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "99.9%", percent(9999, 10000))
	assert.Equal(t, "100.0%", percent(7, 7))
	assert.Equal(t, "0.0%", percent(0, 7))
	assert.Equal(t, "-", percent(0, 0))
}

func TestStyleOfAFile(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer f.Close()
	assert.Equal(t, Style{}, StyleOf(f, func(string) string { return "" }))
	assert.Equal(t, Style{}, StyleOf(new(bytes.Buffer), func(string) string { return "" }))

	device, err := os.Open(os.DevNull) // a character device, as a terminal is
	if err != nil {
		t.Skip(err)
	}
	defer device.Close()
	env := func(set map[string]string) func(string) string { return func(k string) string { return set[k] } }
	assert.Equal(t, Style{Terminal: true, Color: true}, StyleOf(device, env(nil)))
	assert.Equal(t, Style{Terminal: true}, StyleOf(device, env(map[string]string{"NO_COLOR": "1"})))
	assert.Equal(t, Style{}, StyleOf(device, env(map[string]string{"TERM": "dumb"})))
}

func TestLoggerShowsStateChanges(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := NewLogger(NewLive(&out, Style{}))
	logger.With("client", "chat.Provider").Warn("opened", slog.String("method", "Complete"), "from", "closed", "to", "open")
	logger.Error("observer panicked")
	assert.Equal(t, "       breaker chat.Provider.Complete: closed -> open\nobserver panicked\n", out.String())
}

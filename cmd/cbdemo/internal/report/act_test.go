package report

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/memnet"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/strategy"
	cb "github.com/cbgen/cbgen/runtime"
)

// show plays an act as the style shows it.
func show(ctx context.Context, t *testing.T, name string, style Style) string {
	t.Helper()
	var out bytes.Buffer
	live := NewLive(&out, style)
	cfg := strategy.Default(8 * time.Second)
	cfg.Network = memnet.Open
	cfg.Options = []cb.Option{cb.WithLogger(NewLogger(live)), cb.WithJitter(func() float64 { return 0.5 })}
	cfg.Say = live.Event
	act, err := strategy.New(name, cfg)
	require.NoError(t, err)
	act.Run(ctx, NewAct(live, act).Second)
	live.Settle()
	require.NoError(t, Figures(&out, style, act))
	require.NoError(t, act.Close())
	return out.String()
}

func TestPlainActs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"cache": {
			"\nCache. The upstream is down from 2.0 s to 5.3 s.",
			"\n time  upstream   breaker                 |    model/s    cache/s    alike/s     none/s\n",
			"\n 0:04  DOWN       open                    |          0 ",
			"\nprompts                                     80\n  answered by the model ",
		},
		"standby": {
			"\n time  upstream   breakers large / small  |    large/s    small/s    cache/s  apology/s\n",
			"\n 0:04  both DOWN  open / ",
			"\nprompts                                     80\n  answered by the large model ",
		},
		"queue": {
			"\n time  upstream   breaker                 |  at once/s   stored/s replayed/s    waiting\n",
			"\n 0:04  DOWN       open                    |          0 ",
			"       breaker chat.QueuedProvider.Complete: half-open -> closed\n",
			"  while the breaker was open                 0\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				out := show(t.Context(), t, name, Style{})
				requireWidth(t, 100, out)
				assert.NotContains(t, out, "\x1b")
				assert.NotContains(t, out, "Stopped")
				for _, text := range want {
					assert.Contains(t, out, text)
				}
			})
		})
	}
}

func TestALevelIsNoRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		most := 0
		for line := range strings.Lines(show(t.Context(), t, "queue", Style{})) {
			if _, rates, ok := strings.Cut(line, "|"); ok {
				waiting, _ := strconv.Atoi(strings.TrimSpace(rates[len(rates)-5:])) // 0 in the head
				most = max(most, waiting)
			}
		}
		assert.Greater(t, most, 20, "while ten come in a second")
	})
}

func TestTerminalActs(t *testing.T) {
	t.Parallel()
	for _, name := range strategy.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				out := show(t.Context(), t, name, Style{Terminal: true, Color: true})
				bare := escapes.ReplaceAllString(out, "")
				requireWidth(t, 100, bare)
				assert.Contains(t, bare, "  0:01 of 0:08   upstream: healthy\n  ━━━━━")
				assert.Contains(t, out, "DOWN")
				assert.Contains(t, bare, "\n  so far ")
				assert.NotContains(t, bare, " time  upstream", "the head of plain lines")
				assert.Contains(t, out, "\x1b[7A\x1b[J", "goes up as many lines as were drawn")
				assert.Equal(t, name == "queue", strings.Contains(bare, ", prompts came until 0:08"))
			})
		})
	}
}

func TestFiguresOfAnActThatEndedEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second+time.Millisecond)
		defer cancel()
		assert.Contains(t, show(ctx, t, "cache", Style{}), "\nStopped after 0:03 of 0:08.\n\nprompts ")
	})
}

func TestWhoBeginsLeavesWhatIsThere(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	live := NewLive(&out, Style{Terminal: true})
	NewIncident(live).Second(snapshot())
	live.begin("story\n", "head\n")
	out.Reset()
	NewLogger(live).Info("something", slog.String("method", "Complete"))
	assert.Equal(t, "\x1b[?7lsomething\n\x1b[?7h", out.String(), "nothing is drawn over")
}

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/memnet"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/report"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
)

// inMemory listens where no time passes that is not virtual.
func inMemory(string, string) (net.Listener, error) {
	ln, _, err := memnet.Open()
	return ln, err
}

func TestWholeRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitOK, run(t.Context(), nil, &stdout, &stderr, memnet.Open, inMemory))
		assert.Empty(t, stderr.String())
		out := stdout.String()
		for line := range strings.Lines(out) {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 100, line)
		}
		assert.NotContains(t, out, "\x1b", "no escapes in a pipe")
		assert.Contains(t, out, "have a page at http://memory/\n")
		assert.Contains(t, out, "at http://memory/metrics\n")
		assert.Contains(t, out, "\n 0:01  healthy")
		assert.Contains(t, out, "\n 0:16  HANGS")
		assert.Contains(t, out, "\n 1:00  healthy")
		assert.Contains(t, out, "Complete: closed -> open\n")
		assert.Contains(t, out, "Complete: half-open -> closed\n")
		assert.Contains(t, out, "1200 of 1200 100.0%\n")
		assert.Contains(t, out, "\nCache. The upstream is down from 3.0 s to 8.0 s.")
		assert.Contains(t, out, "\nStandby. A large model is down from 2.5 s to 8.5 s;")
		assert.Contains(t, out, "\nQueue. The upstream is down from 3.0 s to 8.0 s.")
		assert.Equal(t, 3, strings.Count(out, "\nprompts                                    120\n"))
		assert.NotContains(t, out, "Stopped")
	})
}

func TestInterruptedRunShowsTheTable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second+time.Millisecond)
		defer cancel()
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitOK, run(ctx, []string{"-for", "20s"}, &stdout, &stderr, memnet.Open, inMemory))
		assert.Empty(t, stderr.String())
		assert.Contains(t, stdout.String(), "Stopped after 0:05 of 0:20.")
		assert.Contains(t, stdout.String(), "old conversations served ")
	})
}

func TestOneActAlone(t *testing.T) {
	t.Parallel()
	for _, name := range acts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var stdout, stderr bytes.Buffer
				require.Equal(t, exitOK, run(t.Context(), []string{"-act", name, "-for", "20s"}, &stdout, &stderr,
					memnet.Open, inMemory))
				assert.Empty(t, stderr.String())
				out := stdout.String()
				for act, text := range map[string]string{
					"incident": "A chat service, twice", "cache": "Cache. ", "standby": "Standby. ", "queue": "Queue. ",
				} {
					assert.Equal(t, act == name, strings.Contains(out, text), act)
				}
				assert.Contains(t, out, "have a page at")
				if name != incidentAct {
					assert.Contains(t, out, "\n 0:08  healthy ", "at least")
				}
			})
		})
	}
}

func TestEveryBreakerIsThereFromTheStart(t *testing.T) {
	t.Parallel()
	for only, want := range map[string][]string{
		"all":     {"chat.CachedProvider", "chat.Provider", "chat.QueuedProvider", "large-model", "small-model"},
		"standby": {"large-model", "small-model"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, err := parse([]string{"-act", only}, io.Discard)
			require.NoError(t, err)
			registry := cb.NewRegistry()
			p, err := newPlay(s, memnet.Open, registry, report.NewLive(io.Discard, report.Style{}))
			require.NoError(t, err)
			var clients []string
			for _, b := range registry.Breakers() {
				clients = append(clients, b.Snapshot().Client)
			}
			slices.Sort(clients)
			assert.Equal(t, want, clients)
			require.NoError(t, p.close())
		})
	}
}

func TestNoActFollowsAnInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitOK, run(ctx, []string{"-for", "20s"}, &stdout, &stderr, memnet.Open, inMemory))
		assert.Contains(t, stdout.String(), "Stopped after 0:04 of 0:08.\n\nprompts ")
		assert.NotContains(t, stdout.String(), "Standby. ")
	})
}

func TestUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		"help": {[]string{"-h"}, exitOK, "usage: cbdemo [flags]", ""},
		"flag": {[]string{"-x"}, exitUsage, "", "cbdemo: flag provided but not defined: -x (-h explains)\n"},
		"act": {[]string{"-act", "third"}, exitUsage, "",
			"cbdemo: there is no act \"third\": incident, cache, standby, queue (-h explains)\n"},
		"argument":  {[]string{"now"}, exitUsage, "", "cbdemo: unexpected argument \"now\" (-h explains)\n"},
		"too short": {[]string{"-for", "1s"}, exitUsage, "", "cbdemo: a run of 1s is too short: 4s at least (-h explains)\n"},
		"network":   {nil, exitTrouble, "A chat service", "cbdemo: upstream of the raw client: no sockets here\n"},
		"later":     {[]string{"-act", "queue"}, exitTrouble, "", "cbdemo: upstream of the act \"queue\": no sockets here\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			none := func() (net.Listener, upstream.Dial, error) { return nil, nil, errors.New("no sockets here") }
			var stdout, stderr bytes.Buffer
			assert.Equal(t, tt.status, run(t.Context(), tt.args, &stdout, &stderr, none, net.Listen))
			assert.Contains(t, stdout.String(), tt.stdout)
			assert.Equal(t, tt.stderr, stderr.String())
		})
	}
}

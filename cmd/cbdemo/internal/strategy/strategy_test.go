package strategy

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/cmd/cbdemo/chat"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/memnet"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
)

// config is one in memory, with open periods that do not vary.
func config(length time.Duration) Config {
	cfg := Default(length)
	cfg.Network = memnet.Open
	cfg.Options = []cb.Option{
		cb.WithLogger(slog.New(slog.DiscardHandler)), cb.WithJitter(func() float64 { return 0.5 }),
	}
	return cfg
}

// played is an act that is over.
type played struct {
	*Act
	seconds []Snapshot
	said    []string
}

// play runs an act in the bubble of the test, which fails where a goroutine stays.
func play(ctx context.Context, t *testing.T, name string, cfg Config) *played {
	t.Helper()
	p := &played{}
	said := make(chan string, 100)
	cfg.Say = func(line string) { said <- line }
	act, err := New(name, cfg)
	require.NoError(t, err)
	act.Run(ctx, func(s Snapshot) { p.seconds = append(p.seconds, s) })
	require.NoError(t, act.Close())
	close(said)
	for line := range said {
		p.said = append(p.said, line)
	}
	p.Act = act
	return p
}

// figure finds one by the beginning of its label.
func (p *played) figure(t *testing.T, label string) Figure {
	t.Helper()
	figures := p.Figures()
	i := slices.IndexFunc(figures, func(f Figure) bool { return strings.HasPrefix(strings.TrimSpace(f.Label), label) })
	require.GreaterOrEqual(t, i, 0, "%s in %v", label, figures)
	return figures[i]
}

// between is what a column gained after the one second, until the other.
func (p *played) between(head string, from, to int) int {
	i := slices.IndexFunc(p.seconds[0].Columns, func(c Column) bool { return c.Head == head })
	return p.seconds[to-1].Columns[i].N - p.seconds[from-1].Columns[i].N
}

func TestCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := play(t.Context(), t, "cache", config(12*time.Second))
		require.Len(t, p.seconds, 12)
		assert.Equal(t, "closed", p.seconds[2].Breaker)
		assert.Equal(t, "open", p.seconds[3].Breaker)
		assert.Equal(t, "closed", p.seconds[11].Breaker, "recovered")
		assert.Equal(t, "DOWN", p.TurnAt(p.seconds[3].Elapsed).Upstream)

		assert.Equal(t, 120, p.figure(t, "prompts").N)
		kept, alike, none := p.figure(t, "from the cache: the same"), p.figure(t, "from the cache: one"), p.figure(t, "not answered")
		assert.Equal(t, 120, p.figure(t, "answered by the model").N+kept.N+alike.N+none.N)
		assert.Positive(t, kept.N)
		assert.Regexp(t, `^stale: 0\.\d s to [5-9]\.\d s old$`, kept.Remark)
		assert.Positive(t, alike.N)
		assert.Regexp(t, `^stale: .* old, [6-9]\d% to 9\d% alike$`, alike.Remark)
		assert.Positive(t, none.N, "prompts like none before")
		assert.Regexp(t, `^told to come back in up to [12]\.\d s$`, none.Remark)
		assert.Zero(t, p.between("model", 4, 8), "while it is down")
		assert.InDelta(t, 10, p.between("model", 11, 12), 2, "again")
		assert.Less(t, p.figure(t, "calls that an upstream got").N, 10, "three, a few at the same time, and probes")
		assert.Len(t, p.said, 3, "the first of each kind: %v", p.said)
	})
}

func TestStandby(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(12 * time.Second)
		cfg.Registry = cb.NewRegistry()
		p := play(t.Context(), t, "standby", cfg)
		require.Len(t, p.seconds, 12)
		assert.Equal(t, "closed / closed", p.seconds[1].Breaker)
		assert.Equal(t, "open / closed", p.seconds[3].Breaker)
		assert.Equal(t, "open / open", p.seconds[5].Breaker)
		assert.Equal(t, "open / closed", p.seconds[7].Breaker)
		assert.Equal(t, "closed / closed", p.seconds[11].Breaker)
		assert.Len(t, cfg.Registry.Breakers(), 2)

		large, small := p.figure(t, "answered by the large"), p.figure(t, "answered by the small")
		kept, apology := p.figure(t, "from the cache"), p.figure(t, "an apology")
		assert.Equal(t, 120, large.N+small.N+kept.N+apology.N, "everybody is answered")
		assert.InDelta(t, 10, p.between("small", 4, 5), 2, "while only the large one is down")
		assert.Zero(t, p.between("small", 6, 7), "while both are")
		assert.InDelta(t, 10, p.between("cache", 6, 7)+p.between("apology", 6, 7), 2)
		assert.InDelta(t, 10, p.between("large", 11, 12), 2)
		assert.Positive(t, apology.N)
		assert.Contains(t, kept.Remark, "stale: ")
		assert.Empty(t, apology.Remark)
	})
}

func TestQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(12 * time.Second)
		p := play(t.Context(), t, "queue", cfg)
		assert.Greater(t, len(p.seconds), 12, "it waits for what is stored")
		last := p.seconds[len(p.seconds)-1]
		assert.Equal(t, Column{"waiting", 0, true}, last.Columns[3])

		assert.Equal(t, 120, p.figure(t, "prompts").N)
		stored, later := p.figure(t, "stored"), p.figure(t, "answered later")
		assert.Equal(t, 120, p.figure(t, "answered at once").N+stored.N)
		assert.Greater(t, stored.N, 50)
		assert.Equal(t, stored.N, later.N)
		assert.Regexp(t, `^after \d\.\d s to \d+\.\d s, each once$`, later.Remark)
		assert.Equal(t, Figure{"  while the breaker was open", 0, ""}, p.figure(t, "while the breaker was open"))
		assert.GreaterOrEqual(t, p.figure(t, "calls that the worker made").N, stored.N)
		assert.Zero(t, p.between("replayed", 4, 9), "while it is open")
		assert.Less(t, p.between("replayed", 9, 10), p.between("replayed", 11, 12), "ever faster")
		assert.Len(t, p.said, 2, "the first that is stored, and the first that is answered: %v", p.said)
	})
}

func TestTheWorkerProbesWhereNoPromptComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := play(t.Context(), t, "queue", config(2*time.Second)) // too short to recover while prompts come
		assert.Equal(t, p.figure(t, "stored").N, p.figure(t, "answered later").N)
		assert.Equal(t, Figure{"  while the breaker was open", 0, "and 1 as its probes"}, p.figure(t, "while the breaker was open"))
	})
}

func TestAnActEndsEarly(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 5500*time.Millisecond)
				defer cancel()
				start := time.Now()
				p := play(ctx, t, name, config(12*time.Second))
				assert.Equal(t, 5500*time.Millisecond, time.Since(start))
				assert.Len(t, p.seconds, 5)
				assert.InDelta(t, 55, p.figure(t, "prompts").N, 5, "but for those under way")
			})
		})
	}
}

func TestNewLeavesNothingBehindWhenItFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := New("encore", Config{})
		require.EqualError(t, err, `there is no act "encore": cache, standby, queue`)

		cfg := config(12 * time.Second)
		opened := 0
		cfg.Network = func() (net.Listener, upstream.Dial, error) {
			if opened++; opened == 2 {
				return nil, nil, errors.New("no more sockets")
			}
			return memnet.Open()
		}
		_, err = New("standby", cfg)
		assert.EqualError(t, err, `upstream of the act "standby": no more sockets`)
	})
}

func TestBusiest(t *testing.T) {
	t.Parallel()
	start := time.Now()
	at := func(tenths ...int) (times []time.Time) {
		for _, n := range tenths {
			times = append(times, start.Add(time.Duration(n)*100*time.Millisecond))
		}
		return times
	}
	assert.Zero(t, busiest(nil))
	assert.Equal(t, 1, busiest(at(0, 10, 20)), "a second later is another second")
	assert.Equal(t, 3, busiest(at(0, 5, 14, 14, 15, 30)), "14, 14, 15")
	assert.Equal(t, 4, busiest(at(0, 6, 14, 14, 15, 30)))
}

func TestSpan(t *testing.T) {
	t.Parallel()
	var s span[int]
	assert.False(t, s.some)
	for _, v := range []int{3, 7, 2} {
		s.add(v)
	}
	assert.Equal(t, span[int]{2, 7, true}, s)
}

func TestSomeQuestionsAreRare(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for n := range 120 {
		seen[question(n, false)]++
		if n%5 == 3 && n%10 != 9 {
			assert.NotEqual(t, question(n, false), question(n, true), "in other words")
		}
	}
	rare := 0
	for _, times := range seen {
		if times == 1 {
			rare++
		}
	}
	assert.GreaterOrEqual(t, rare, 10)
}

func TestWhatTheCallbackIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		act, err := New("queue", config(12*time.Second))
		require.NoError(t, err)
		s := act.scene.(*queueing)
		s.prompts, s.lost = 4, 1
		s.stored = map[string]time.Time{"1": time.Now(), "2": time.Now(), "3": time.Now()}
		time.Sleep(2 * time.Second)
		job := chat.QueuedProviderCompleteJob{Req: chat.Request{Prompt: "p"}}
		require.NoError(t, s.CompleteDone(t.Context(), "1", job, &chat.Response{}, nil))
		require.NoError(t, s.CompleteDone(t.Context(), "2", job, nil, cb.ErrTaskExpired))
		time.Sleep(time.Second)
		require.NoError(t, s.CompleteDone(t.Context(), "1", job, &chat.Response{}, nil))
		p := &played{Act: act}
		assert.Equal(t, Figure{"  answered later, the callback told", 1, "after 2.0 s to 2.0 s, 1 more than once"}, p.figure(t, "answered later"))
		assert.Equal(t, 2, p.figure(t, "not answered").N, "one that was never stored, and one that was told of an error")
		require.NoError(t, act.Close())
	})
}

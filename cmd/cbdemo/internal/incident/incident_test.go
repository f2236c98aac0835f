package incident

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cbgen/cbgen/cmd/cbdemo/internal/memnet"
	"github.com/cbgen/cbgen/cmd/cbdemo/internal/upstream"
	cb "github.com/cbgen/cbgen/runtime"
)

// play runs an incident in the bubble of the test.
func play(t *testing.T, cfg Config, ctx context.Context) (seconds []Snapshot, end Snapshot) {
	t.Helper()
	cfg.Network = memnet.Open
	inc, err := New(cfg)
	require.NoError(t, err)
	inc.Run(ctx, func(s Snapshot) { seconds = append(seconds, s) })
	end = inc.Snapshot()
	require.NoError(t, inc.Close())
	return seconds, end
}

func TestTheStory(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := Default(time.Minute)
				cfg.Seed = seed
				seconds, end := play(t, cfg, t.Context())
				raw, guarded := end.Raw, end.Guarded

				require.Len(t, seconds, 60)
				for n, s := range seconds {
					assert.Equal(t, time.Duration(n+1)*time.Second, s.Elapsed)
				}
				for _, side := range []SideSnapshot{raw, guarded} {
					assert.Equal(t, [phases]int{300, 600, 300}, offered(side.Numbers.Reads), side.Name)
					assert.Equal(t, [phases]int{300, 600, 300}, offered(side.Numbers.Prompts), side.Name)
					assert.Equal(t, Count{300, 300}, side.Numbers.Reads[Healthy], side.Name)
					assert.Equal(t, Count{300, 300}, side.Numbers.Prompts[Healthy], side.Name)
				}

				hang := guarded.Numbers.Reads[Sick]
				assert.GreaterOrEqual(t, 100*hang.Served, 99*hang.Offered, "old conversations served by the wrapper's side")
				hang = raw.Numbers.Reads[Sick]
				assert.Less(t, 100*hang.Served, 50*hang.Offered, "old conversations served by the raw side")
				assert.Zero(t, raw.Numbers.Reads[Recovery].Served, "calls that hang for 65s keep the raw side down")
				assert.Equal(t, 64, seconds[59].Raw.Busy)
				assert.Equal(t, 64, raw.Stuck)
				assert.Zero(t, guarded.Stuck)

				assert.Equal(t, 1200, Sum(guarded.Numbers.Prompts).Served)
				assert.Positive(t, guarded.Numbers.Archived)
				assert.Positive(t, guarded.Numbers.Apology)
				assert.Zero(t, raw.Numbers.Archived+raw.Numbers.Apology)
				assert.Zero(t, guarded.Numbers.NoWorker)
				assert.Greater(t, raw.Numbers.Wasted, 10*guarded.Numbers.Wasted)
				assert.Equal(t, 64, raw.Upstream.Hung, "one per worker, for the raw client never lets go")
				assert.Less(t, guarded.Upstream.WhileSick, 300, "of the 600 prompts of that time")
				assert.Equal(t, "closed", seconds[14].Guarded.Breaker)
				assert.Equal(t, "closed", guarded.Breaker, "recovered")
				assert.Empty(t, raw.Breaker)
				late := seconds[54].Guarded.Numbers
				assert.Equal(t, late.Archived+late.Apology, guarded.Numbers.Archived+guarded.Numbers.Apology,
					"the model answers all prompts again")
			})
		})
	}
}

func offered(counts [phases]Count) (n [phases]int) {
	for i, c := range counts {
		n[i] = c.Offered
	}
	return n
}

func TestRawTimeoutGivesWorkersBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := Default(time.Minute)
		cfg.RawTimeout = 2 * time.Second
		_, end := play(t, cfg, t.Context())
		assert.Equal(t, Count{1200, 1200}, Sum(end.Raw.Numbers.Reads))
		assert.Equal(t, 600, end.Raw.Upstream.WhileSick, "without a breaker every prompt goes to the sick upstream")
		assert.Equal(t, Count{300, 300}, end.Raw.Numbers.Prompts[Recovery])
		prompts := end.Raw.Numbers.Prompts[Sick]
		assert.Equal(t, end.Raw.Upstream.Hung, prompts.Offered-prompts.Served)
		assert.Equal(t, time.Duration(end.Raw.Upstream.Hung)*2*time.Second, end.Raw.Numbers.Wasted)
	})
}

func TestRunEndsEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20500*time.Millisecond)
		defer cancel()
		start := time.Now()
		cfg := Default(time.Minute)
		seconds, end := play(t, cfg, ctx)
		assert.Len(t, seconds, 20)
		assert.Equal(t, 20500*time.Millisecond, end.Elapsed)
		assert.Equal(t, 20500*time.Millisecond+cfg.Drain, time.Since(start), "no longer than draining takes")
		assert.Positive(t, end.Raw.Stuck)
		assert.Zero(t, end.Raw.Busy, "nothing is left behind")
		assert.Zero(t, end.Guarded.Busy)
		assert.InDelta(t, 410, Sum(end.Raw.Numbers.Reads).Offered, 1)
	})
}

func TestBeforeRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := Default(time.Minute)
		cfg.Network = memnet.Open
		cfg.Registry = cb.NewRegistry()
		inc, err := New(cfg)
		require.NoError(t, err)
		time.Sleep(time.Second)
		assert.Zero(t, inc.Snapshot().Elapsed, "nothing plays yet")
		assert.Equal(t, "closed", inc.Snapshot().Guarded.Breaker)
		assert.Len(t, cfg.Registry.Breakers(), 1)
		require.NoError(t, inc.Close())
	})
}

func TestNewLeavesNothingBehindWhenItFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails where a goroutine stays
		cfg := Default(time.Minute)
		opened := 0
		cfg.Network = func() (net.Listener, upstream.Dial, error) {
			if opened++; opened == 2 {
				return nil, nil, errors.New("no more sockets")
			}
			return memnet.Open()
		}
		_, err := New(cfg)
		assert.EqualError(t, err, "upstream of the cbgen wrapper: no more sockets")
	})
}

func TestNewSaysWhatItCannotPlay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		edit func(*Config)
		want string
	}{
		"too short":     {func(c *Config) { c.Plan = Default(3 * time.Second).Plan }, "a run of 3s is too short: 4s at least"},
		"no workers":    {func(c *Config) { c.Workers = 0 }, "0 workers: 1 to 10000"},
		"no load":       {func(c *Config) { c.Rate = 0 }, "0 prompts per second: 1 to 1000"},
		"no hang":       {func(c *Config) { c.Hang = 0 }, "calls have to hang for some time"},
		"negative time": {func(c *Config) { c.RawTimeout = -1 }, "a time limit below 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := Default(time.Minute)
			tt.edit(&cfg)
			_, err := New(cfg)
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestPlanAt(t *testing.T) {
	t.Parallel()
	plan := Default(time.Minute).Plan
	assert.Equal(t, time.Minute, plan.Total())
	for at, want := range map[time.Duration]Phase{
		0: Healthy, 15*time.Second - 1: Healthy, 15 * time.Second: Sick, 45*time.Second - 1: Sick, 45 * time.Second: Recovery,
		time.Hour: Recovery,
	} {
		assert.Equal(t, want, plan.At(at), at.String())
	}
}

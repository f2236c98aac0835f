package cb_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func newKeyed[K comparable](maximum int, opts ...cb.Option) *cb.Keyed[K] {
	client := cb.NewClient("chat.Provider", append([]cb.Option{quiet(), exactly()}, opts...)...)
	return cb.KeyedBreaker[K](client, "Complete", cb.Policy{Threshold: 2}, maximum)
}

// keys are those of the breakers that are there now, sorted, without the one for overflow.
func keys(r *cb.Registry) (keys []string) {
	for _, b := range r.Breakers() {
		if b.Key() != cb.OverflowKey {
			keys = append(keys, b.Key())
		}
	}
	return keys
}

func TestKeyedHasABreakerPerValue(t *testing.T) {
	t.Parallel()
	k := newKeyed[string](0)
	assert.Same(t, k.For("a"), k.For("a"))
	assert.NotSame(t, k.For("a"), k.For("b"))
	fail(k.For("a"), 2)
	assert.Equal(t, cb.Open, k.For("a").State())
	for _, healthy := range []string{"b", "c", ""} {
		assert.NoError(t, end(k.For(healthy), nil))
	}

	type model struct {
		name string
		size int
	}
	s := newKeyed[model](0)
	assert.Same(t, s.For(model{"a", 1}), s.For(model{"a", 1}))
	assert.Equal(t, "{a 1}", s.For(model{"a", 1}).Key())
}

func TestKeyedTellsItsKey(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	seen := &recorder{}
	k := newKeyed[string](0, cb.WithObserver(seen), cb.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	fail(k.For("gpt"), 2)
	err := k.For("gpt").Do(t.Context(), nil, func(context.Context, error) error { return errDown })

	var rejected *cb.RejectedError
	require.ErrorAs(t, err, &rejected)
	assert.Equal(t, "gpt", rejected.Key)
	assert.Contains(t, err.Error(), `chat.Provider.Complete["gpt"]: circuit breaker is open`)
	assert.Equal(t, "gpt", seen.events[0].Key)
	assert.Equal(t, "gpt", seen.rejected[0].Key)
	assert.Equal(t, "gpt", seen.fallen[0].Key)
	assert.Equal(t, "gpt", k.For("gpt").Snapshot().Key)
	assert.Contains(t, log.String(), "client=chat.Provider method=Complete key=gpt from=closed to=open")
}

func TestKeyTextIsShort(t *testing.T) {
	t.Parallel()
	k := newKeyed[string](0)
	assert.Equal(t, strings.Repeat("x", 64), k.For(strings.Repeat("x", 64)).Key())
	one, two := k.For(strings.Repeat("é", 50)+"1").Key(), k.For(strings.Repeat("é", 50)+"2").Key()
	assert.NotEqual(t, one, two, "told apart")
	assert.Equal(t, strings.Repeat("é", 27)+"~", one[:55], "cut between letters")
	assert.Len(t, one, 63)
}

func TestKeyedDropsTheLeastRecentlyUsed(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry()
	k := newKeyed[string](3, cb.WithRegistry(r))
	first := k.For("a")
	k.For("b")
	k.For("c")
	k.For("a")
	k.For("d")
	assert.Equal(t, []string{"a", "c", "d"}, keys(r))
	k.For("c")
	k.For("e")
	k.For("f")
	assert.Equal(t, []string{"c", "e", "f"}, keys(r))
	assert.NotSame(t, first, k.For("a"), "made anew")
}

// The search for what to drop serves several values where there are many; what was used since must not fall to it.
func TestKeyedDropsInOrderAlsoWhereManyAre(t *testing.T) {
	t.Parallel()
	const maximum = 64
	r := cb.NewRegistry()
	k := newKeyed[int](maximum, cb.WithRegistry(r))
	var order []int // the oldest first
	use := func(key int) {
		for i, other := range order {
			if other == key {
				order = append(order[:i], order[i+1:]...)
				break
			}
		}
		order = append(order, key)
		order = order[max(len(order)-maximum, 0):]
		k.For(key)
	}
	for i := range 1000 {
		use(i)
		if i%3 == 0 {
			use(order[0])
			use(order[len(order)/2])
		}
		want := map[string]bool{}
		for _, key := range order {
			want[fmt.Sprint(key)] = true
		}
		for _, key := range keys(r) {
			require.True(t, want[key], "%s should have been dropped, after %d", key, i)
		}
		require.Len(t, keys(r), len(order))
	}
}

func TestKeyedKeepsWhatMustBeKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := cb.NewRegistry()
		k := newKeyed[string](5, cb.WithRegistry(r))
		fail(k.For("open"), 2)
		fail(k.For("half-open"), 2)
		afterTimeout()
		probe := begin(k.For("half-open"))
		fail(k.For("open"), 1) // its probe
		k.For("forced").ForceClose()
		k.For("disabled").Disable()
		running := begin(k.For("running"))

		for i := range 10 {
			b := k.For(fmt.Sprint("new ", i))
			assert.Equal(t, cb.OverflowKey, b.Key())
			require.NoError(t, end(b, nil))
		}
		kept := []string{"disabled", "forced", "half-open", "open", "running"}
		assert.Equal(t, kept, keys(r))

		require.NoError(t, running.end(nil))
		assert.Equal(t, "new 1", k.For("new 1").Key())
		assert.Equal(t, []string{"disabled", "forced", "half-open", "new 1", "open"}, keys(r))
		require.NoError(t, probe.end(nil))
		k.For("new 2") // in the place of new 1 or half-open, which was used before
		assert.Equal(t, []string{"disabled", "forced", "new 1", "new 2", "open"}, keys(r))
	})
}

func TestKeyedLetsGoOfValuesThatNeverComeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := cb.NewRegistry()
		k := newKeyed[string](2, cb.WithRegistry(r))
		fail(k.For("open"), 2)
		fail(k.For("half-open"), 2)
		afterTimeout()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = k.For("half-open").Do(ctx, func(ctx context.Context) error { return ctx.Err() }) // a probe that says nothing
		require.Equal(t, cb.HalfOpen, k.For("half-open").State())
		time.Sleep(30*time.Second - 1)
		require.Equal(t, cb.OverflowKey, k.For("new").Key(), "they may come back, to probe")
		time.Sleep(time.Nanosecond)
		assert.Equal(t, "new", k.For("new").Key())
		assert.Equal(t, "newer", k.For("newer").Key())
		assert.Equal(t, []string{"new", "newer"}, keys(r))
	})
}

func TestKeyedOverflowIsOneBreaker(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry()
	k := newKeyed[int](2, cb.WithRegistry(r))
	fail(k.For(1), 2)
	fail(k.For(2), 2)
	require.Same(t, k.For(3), k.For(4))
	fail(k.For(3), 2)
	var rejected *cb.RejectedError
	require.ErrorAs(t, end(k.For(4), nil), &rejected)
	assert.Equal(t, cb.OverflowKey, rejected.Key)
	k.For(1).Reset()
	assert.Equal(t, "4", k.For(4).Key(), "a place of its own, now that there is one")
	assert.Len(t, r.Breakers(), 3)
}

func TestKeyedWithManyOpenFindsAPlaceSoon(t *testing.T) {
	t.Parallel()
	k := newKeyed[int](160)
	for i := range 160 {
		k.For(i).Trip()
	}
	require.Equal(t, cb.OverflowKey, k.For(1000).Key())
	k.For(7).Reset()
	found := 0
	for k.For(1000).Key() == cb.OverflowKey {
		found++
		require.LessOrEqual(t, found, 160/16)
	}
}

func TestKeyedThatStartDisabledAreDropped(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry()
	k := newKeyed[int](2, cb.WithRegistry(r), cb.Disabled())
	for i := range 4 {
		require.Equal(t, cb.Off, k.For(i).State())
	}
	assert.Equal(t, []string{"2", "3"}, keys(r))
}

func TestKeyedSurvivesWhatIsNoKey(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry()
	k := newKeyed[float64](2, cb.WithRegistry(r))
	for range 10 {
		assert.Equal(t, cb.OverflowKey, k.For(math.NaN()).Key())
	}
	assert.Empty(t, keys(r))

	dynamic := newKeyed[any](2)
	assert.Panics(t, func() { dynamic.For([]int{1}) })
	assert.Equal(t, "1", dynamic.For(1).Key(), "no lock is held")
}

// loops is a key whose text asks for a breaker itself, as any code of a user may.
type loops struct{ k **cb.Keyed[loops] }

func (l loops) String() string { return (*l.k).For(loops{}).Method() }

func TestKeyedRunsNoUserCodeLocked(t *testing.T) {
	t.Parallel()
	k := newKeyed[loops](1)
	assert.Equal(t, "Complete", k.For(loops{&k}).Key())

	var j *cb.Keyed[int]
	j = newKeyed[int](3, cb.WithJitter(func() float64 {
		if j != nil {
			j.Breakers()
		}
		return 0.5
	}))
	assert.Equal(t, "1", j.For(1).Key())
}

func TestRegistryListsKeyed(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry()
	k := newKeyed[string](2, cb.WithRegistry(r))
	cb.NewClient("chat.Provider", cb.WithRegistry(r)).Breaker("Close", cb.Policy{})
	k.For("b")
	k.For("a")
	var names []string
	for _, b := range r.Breakers() {
		names = append(names, b.Method()+" "+b.Key())
	}
	assert.Equal(t, []string{"Close ", "Complete (overflow)", "Complete a", "Complete b"}, names)
	_, ok := r.Breaker("chat.Provider", "Complete")
	assert.False(t, ok)

	const taken = `cb: the registry has a breaker "chat.Provider.Complete" already: give one of the clients another name with cb.WithName`
	assert.PanicsWithValue(t, taken, func() { newKeyed[string](2, cb.WithRegistry(r)) })
	assert.PanicsWithValue(t, taken, func() { cb.NewClient("chat.Provider", cb.WithRegistry(r)).Breaker("Complete", cb.Policy{}) })
	assert.PanicsWithValue(t, "cb: chat.Provider.Complete: at most -1 keys, must be 1 to 10000, or 0 for 256", func() { newKeyed[int](-1) })
	assert.PanicsWithValue(t, "cb: a.B: policy: Min is -1, must be 1 to 1000000, or 0 for its default",
		func() { cb.KeyedBreaker[int](cb.NewClient("a"), "B", cb.Policy{Min: -1}, 1) })
}

func TestKeyedHitAllocatesNothing(t *testing.T) {
	type pair struct{ a, b string }
	k, s := newKeyed[pair](0), newKeyed[string](0)
	ctx, calls := context.Background(), 0
	up := func(context.Context) error { calls++; return nil }
	for _, do := range []func(){
		func() { _ = k.For(pair{"model", "region"}).Do(ctx, up) },
		func() { _ = s.For("model").Do(ctx, up) },
	} {
		do()
		assert.Zero(t, testing.AllocsPerRun(100, do))
	}
}

// Under the race detector: many goroutines, many keys, few places.
func TestKeyedStress(t *testing.T) {
	t.Parallel()
	r := cb.NewRegistry()
	k := newKeyed[int](16, cb.WithRegistry(r))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				key := (i*7 + g) % 50
				b := k.For(key)
				if text := b.Key(); text != fmt.Sprint(key) && text != cb.OverflowKey {
					t.Errorf("For(%d) is the breaker of %s", key, text)
				}
				if key%10 == 0 {
					_ = end(b, errDown)
				} else {
					_ = end(b, nil)
				}
				if n := len(r.Breakers()); n > 17 {
					t.Errorf("%d breakers", n)
				}
			}
		})
	}
	wg.Wait()
}

func TestKeyed_SharesNoGroup(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, `cb: chat.Complete: a breaker for each value of a key cannot share that of the group "reads"`, func() {
		cb.KeyedBreaker[string](cb.NewClient("chat", quiet()), "Complete", cb.Policy{Group: "reads"}, 0)
	})
}

func TestKeyed_KeepsABreakerThatRamps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := cb.KeyedBreaker[string](cb.NewClient("chat", quiet(), exactly()), "Complete", cb.Policy{Threshold: 1, Ramp: time.Minute}, 1)
		fail(k.For("a"), 1)
		afterTimeout()
		require.NoError(t, end(k.For("a"), nil), "the probe")
		require.Equal(t, cb.Closed, k.For("a").State())
		assert.Equal(t, cb.OverflowKey, k.For("b").Key(), "a has not let all calls through yet")
		time.Sleep(time.Minute)
		assert.Equal(t, "b", k.For("b").Key())
	})
}

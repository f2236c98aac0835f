package cbtest_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbtest"
)

var errReset = errors.New("connection reset")

// ask is one call that the faults may happen to.
func ask(f *cbtest.Faults, method string) error {
	return f.Inject(context.Background(), "openai", method, "")
}

func TestFaultsHappenToTheCallsThatTheyName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault cbtest.Fault
		hits  bool
	}{
		"any":            {cbtest.Fault{}, true},
		"client":         {cbtest.Fault{Client: "openai"}, true},
		"other client":   {cbtest.Fault{Client: "anthropic"}, false},
		"method":         {cbtest.Fault{Method: "Complete"}, true},
		"other method":   {cbtest.Fault{Method: "Embed"}, false},
		"key":            {cbtest.Fault{Key: "gpt"}, true},
		"other key":      {cbtest.Fault{Key: "gp"}, false},
		"not yet":        {cbtest.Fault{From: time.Now().Add(time.Hour)}, false},
		"in its window":  {cbtest.Fault{From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}, true},
		"no longer":      {cbtest.Fault{Until: time.Now().Add(-time.Hour)}, false},
		"every argument": {cbtest.Fault{Client: "openai", Method: "Complete", Key: "gpt"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := cbtest.NewFaults()
			c.fault.Kind = cbtest.Fail
			f.Add(c.fault)
			err := f.Inject(t.Context(), "openai", "Complete", "gpt")
			if !c.hits {
				assert.NoError(t, err)
				return
			}
			var fault *cbtest.FaultError
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, 1, f.List()[0].Hits)
		})
	}
}

func TestFaultsOfTheNextCallsAreOverThen(t *testing.T) {
	t.Parallel()
	f := cbtest.NewFaults()
	f.FailNext("Complete", 2, errReset)
	require.NoError(t, ask(f, "Embed"))
	require.ErrorIs(t, ask(f, "Complete"), errReset)
	require.Len(t, f.List(), 1)
	require.ErrorIs(t, ask(f, "Complete"), errReset)
	require.Empty(t, f.List())
	require.NoError(t, ask(f, "Complete"))
}

// TestFaultsOfNoCalls happen to none, though the zero of Times and Share in a Fault is no bound.
func TestFaultsOfNoCalls(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(f *cbtest.Faults) (remove func()){
		"FailNext":  func(f *cbtest.Faults) func() { return f.FailNext("Complete", 0, errReset) },
		"FailShare": func(f *cbtest.Faults) func() { return f.FailShare("Complete", 0, errReset) },
		"HangNext":  func(f *cbtest.Faults) func() { return f.HangNext("Complete", 0) },
		"CutNext":   func(f *cbtest.Faults) func() { return f.CutNext("Complete", 0, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := cbtest.NewFaults()
			remove := add(f)
			require.Empty(t, f.List())
			remove()
		})
	}
}

func TestFaultsAreRemoved(t *testing.T) {
	t.Parallel()
	f := cbtest.NewFaults()
	remove := f.FailNext("Complete", 1, nil)
	f.FailNext("Embed", 1, nil)
	remove()
	remove()
	require.NoError(t, ask(f, "Complete"))
	require.Len(t, f.List(), 1)
	f.Clear()
	require.NoError(t, ask(f, "Embed"))
}

func TestFaultsOfAShare(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (failed int, pattern []bool) {
		f := cbtest.NewFaults()
		f.Seed(seed)
		f.FailShare("Complete", 0.3, errReset)
		for range 1000 {
			err := ask(f, "Complete")
			if err != nil {
				failed++
			}
			pattern = append(pattern, err != nil)
		}
		return failed, pattern
	}
	failed, first := run(1)
	assert.InDelta(t, 300, failed, 60)
	_, again := run(1)
	assert.Equal(t, first, again)
	_, other := run(2)
	assert.NotEqual(t, first, other)
}

func TestFaultsDelayAndThenFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := cbtest.NewFaults()
		f.Add(cbtest.Fault{Kind: cbtest.Delay, Delay: time.Second})
		f.Add(cbtest.Fault{Kind: cbtest.Delay, Delay: 2 * time.Second})
		f.FailNext("Complete", 1, errReset)
		f.FailNext("Complete", 1, errors.New("another"))
		start := time.Now()
		require.ErrorIs(t, ask(f, "Complete"), errReset)
		assert.Equal(t, 3*time.Second, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		require.ErrorIs(t, f.Inject(ctx, "", "Embed", ""), context.DeadlineExceeded)
	})
}

// TestFaultsOfACallThatLeft during a delay are for the next one, and hold nothing up.
func TestFaultsOfACallThatLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := cbtest.NewFaults()
		f.Add(cbtest.Fault{Kind: cbtest.Delay, Delay: time.Minute})
		f.FailNext("Complete", 1, errReset)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, f.Inject(ctx, "openai", "Complete", ""), context.DeadlineExceeded)
		list := f.List()
		require.Len(t, list, 2)
		assert.Equal(t, []int{1, 0, 0, 0}, []int{list[0].Hits, list[0].Held, list[1].Hits, list[1].Held})
		require.ErrorIs(t, ask(f, "Complete"), errReset)
		assert.Len(t, f.List(), 1)
	})
}

func TestFaultsHangUntilSomethingEndsIt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(f *cbtest.Faults, remove, cancel func()){
		"the caller":  func(_ *cbtest.Faults, _, cancel func()) { cancel() },
		"its removal": func(_ *cbtest.Faults, remove, _ func()) { remove() },
		"the end":     func(f *cbtest.Faults, _, _ func()) { f.Clear() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := cbtest.NewFaults()
				remove := f.HangNext("Complete", 1)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- f.Inject(ctx, "openai", "Complete", "") }()
				time.Sleep(math.MaxInt64) // as long as a bubble has time
				synctest.Wait()
				require.Empty(t, done)
				require.Equal(t, 1, f.List()[0].Held)
				require.NoError(t, f.Inject(ctx, "openai", "Complete", ""), "it was to happen once")
				end(f, remove, cancel)
				require.Error(t, <-done)
				require.Empty(t, f.List())
			})
		})
	}
	t.Run("its window", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f, start := cbtest.NewFaults(), time.Now()
			f.Add(cbtest.Fault{Kind: cbtest.Hang, Until: start.Add(time.Minute)})
			require.Error(t, ask(f, "Complete"))
			require.Equal(t, time.Minute, time.Since(start))
		})
	})
}

func TestFaultsPanic(t *testing.T) {
	t.Parallel()
	f := cbtest.NewFaults()
	f.Add(cbtest.Fault{Kind: cbtest.Panic, Err: errReset})
	assert.PanicsWithValue(t, errReset, func() { _ = ask(f, "Complete") })
	assert.Zero(t, f.List()[0].Held)
}

func TestFaultsBetweenTheItemsOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := cbtest.NewFaults()
		f.CutNext("Stream", 1, 2)
		f.Add(cbtest.Fault{Kind: cbtest.Delay, Delay: time.Second, Items: 1})
		start := time.Now()
		require.NoError(t, ask(f, "Stream"), "the opening goes well")
		item := func(n int) error { return f.InjectItem(t.Context(), "openai", "Stream", "", n) }
		require.NoError(t, item(0))
		require.NoError(t, item(1))
		require.Equal(t, time.Second, time.Since(start))
		require.Error(t, item(2))
		require.NoError(t, item(2), "it was to happen once")
	})
}

// TestFaultsOpenABreaker as an upstream's own failures would: by their codes, for as long as they ask.
func TestFaultsOpenABreaker(t *testing.T) {
	t.Parallel()
	f := cbtest.NewFaults()
	b := cb.New(cb.Policy{Threshold: 2, Failure: cb.Match{Codes: "529"}}, cb.WithInjector(f), quiet())
	call := func() error { return b.Do(t.Context(), func(context.Context) error { return nil }) }
	f.FailNext("", 2, cbtest.Status(400, 0))
	require.Error(t, call())
	require.Error(t, call())
	require.Equal(t, cb.Closed, b.State(), "400 is none of the codes")
	f.FailNext("", 2, cbtest.Status(529, 2*time.Minute))
	require.Error(t, call())
	require.Error(t, call())
	require.Equal(t, cb.Open, b.State())
	var rejected *cb.RejectedError
	require.ErrorAs(t, call(), &rejected)
	assert.Greater(t, rejected.RetryAfter, time.Minute)
}

func TestBadFaultsAreRefused(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]cbtest.Fault{
		"kind":           {Kind: "explode"},
		"no kind":        {},
		"no delay":       {Kind: cbtest.Delay},
		"a delay":        {Kind: cbtest.Fail, Delay: time.Second},
		"negative delay": {Kind: cbtest.Delay, Delay: -1},
		"items":          {Kind: cbtest.Panic, Items: 1},
		"negative items": {Kind: cbtest.Cut, Items: -1},
		"code":           {Kind: cbtest.Fail, Code: 1000},
		"retry after":    {Kind: cbtest.Fail, RetryAfter: -1},
		"share":          {Kind: cbtest.Fail, Share: 1.1},
		"NaN":            {Kind: cbtest.Fail, Share: math.NaN()},
		"times":          {Kind: cbtest.Fail, Times: -1},
		"window":         {Kind: cbtest.Fail, From: time.Unix(2, 0), Until: time.Unix(1, 0)},
	} {
		require.Error(t, fault.Validate(), name)
		assert.Panics(t, func() { cbtest.NewFaults().Add(fault) }, name)
	}
	f := cbtest.NewFaults()
	assert.Panics(t, func() { f.FailNext("Complete", -1, nil) })
}

func TestFaultErrorSaysThatItIsOnPurpose(t *testing.T) {
	t.Parallel()
	assert.EqualError(t, cbtest.Status(529, time.Second), "fault on purpose: fail, code 529, retry after 1s")
}

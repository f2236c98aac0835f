package cb_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	cb "github.com/cbgen/cbgen/runtime"
)

func TestGroup_SharesTheCircuit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		seen := &recorder{}
		client := cb.NewClient("llm", exactly(), cb.WithObserver(seen), cb.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		complete := client.Breaker("Complete", cb.Policy{Group: "chat"})
		stream := client.Breaker("Stream", cb.Policy{Group: "chat"})
		other := client.Breaker("Embed", cb.Policy{Group: "embed"})
		alone := client.Breaker("Models", cb.Policy{})
		fail(complete, 3)
		fail(stream, 2)
		for b, want := range map[*cb.Breaker]cb.State{complete: cb.Open, stream: cb.Open, other: cb.Closed, alone: cb.Closed} {
			assert.Equal(t, want, b.State(), b.Method())
			assert.Equal(t, want, b.Snapshot().State, b.Method())
		}
		var rejection *cb.RejectedError
		require.ErrorAs(t, end(complete, nil), &rejection)
		assert.Equal(t, "Complete", rejection.Method, "the method that was called")
		require.ErrorAs(t, end(stream, nil), &rejection)
		assert.Equal(t, "Stream", rejection.Method)
		assert.Equal(t, uint64(1), stream.Snapshot().Rejections[cb.ReasonOpen], "each counts its own")
		assert.Equal(t, uint64(3), complete.Snapshot().Counts.Failure)

		afterTimeout()
		probe := begin(complete)
		require.ErrorIs(t, end(stream, nil), cb.ErrTooManyProbes)
		require.NoError(t, probe.end(nil))
		stream.Trip()
		complete.Reset()
		require.Equal(t, []string{
			"closed>open", "open>half-open", "half-open>closed", "closed>open", "open>closed",
		}, seen.path(), "each once")
		for i, method := range []string{"Stream", "Complete", "Complete", "Stream", "Complete"} {
			assert.Equal(t, method, seen.events[i].Method, "%v", seen.events[i])
		}
		assert.Equal(t, 5, strings.Count(log.String(), "circuit breaker "))
		assert.Contains(t, strings.SplitN(log.String(), "\n", 2)[0], "method=Stream")
	})
}

func TestGroup_IsOfAClientOrARegistry(t *testing.T) {
	t.Parallel()
	group := cb.Policy{Threshold: 1, Group: "g"}
	wrapper := func(name, method string, opts ...cb.Option) *cb.Breaker {
		return cb.NewClient(name, append(opts, quiet())...).Breaker(method, group)
	}
	registry := cb.NewRegistry()
	first := wrapper("a", "M", cb.WithRegistry(registry))
	same := wrapper("b", "N", cb.WithRegistry(registry), cb.WithName("a")) // another wrapper
	byAnotherName := wrapper("b", "M", cb.WithRegistry(registry))
	elsewhere := wrapper("a", "M", cb.WithRegistry(cb.NewRegistry()))
	unregistered := wrapper("a", "M")
	fail(first, 1)
	assert.Equal(t, cb.Open, same.State())
	assert.Equal(t, cb.Closed, byAnotherName.State())
	assert.Equal(t, cb.Closed, elsewhere.State())
	assert.Equal(t, cb.Closed, unregistered.State())
}

func TestGroup_PoliciesMustAgree(t *testing.T) {
	t.Parallel()
	base := cb.Policy{
		Group: "g", Threshold: 2, Ratio: 0.5, Min: 3, Window: time.Second, Timeout: time.Second, MaxTimeout: time.Minute, MaxRequests: 2,
		Slow: time.Second, Ramp: time.Second, Surge: 2,
	}
	for field, change := range map[string]func(*cb.Policy){
		"Threshold: 2 and 3":      func(p *cb.Policy) { p.Threshold = 3 },
		"Ratio: 0.5 and 0.4":      func(p *cb.Policy) { p.Ratio = 0.4 },
		"Min: 3 and 10":           func(p *cb.Policy) { p.Min = 0 },
		"Window: 1s and 2s":       func(p *cb.Policy) { p.Window = 2 * time.Second },
		"Timeout: 1s and 30s":     func(p *cb.Policy) { p.Timeout = 0 },
		"MaxTimeout: 1m0s and 0s": func(p *cb.Policy) { p.MaxTimeout = 0 },
		"MaxRequests: 2 and 1":    func(p *cb.Policy) { p.MaxRequests = 0 },
		"Slow: 1s and 0s":         func(p *cb.Policy) { p.Slow = 0 },
		"Surge: 2 and 0":          func(p *cb.Policy) { p.Surge = 0 },
		"Ramp: 1s and 0s":         func(p *cb.Policy) { p.Ramp = 0 },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			client := cb.NewClient("llm", cb.WithRegistry(cb.NewRegistry()))
			client.Breaker("A", base)
			p := base
			change(&p)
			assert.PanicsWithValue(t, `cb: llm.A and llm.B share the group "g", their policies must agree on `+field, func() {
				client.Breaker("B", p)
			})
		})
	}
	client := cb.NewClient("llm")
	client.Breaker("A", cb.Policy{Group: "g"})
	client.Breaker("B", cb.Policy{Group: "g", Threshold: 5, Deadline: time.Second, Ignore: cb.Match{Codes: "404"}}) // a default, written out
}

func TestGroup_EachProbeHasItsMethodsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := cb.NewClient("llm", exactly(), quiet())
		slow := client.Breaker("Slow", cb.Policy{Group: "g", Threshold: 1, Deadline: time.Minute})
		quick := client.Breaker("Quick", cb.Policy{Group: "g", Threshold: 1, Deadline: time.Second})
		fail(quick, 1)
		afterTimeout()
		probe := begin(slow)
		time.Sleep(time.Minute - 1)
		require.ErrorIs(t, end(quick, nil), cb.ErrTooManyProbes)
		time.Sleep(time.Nanosecond)
		require.ErrorIs(t, end(quick, nil), cb.ErrOpen)
		_ = probe.end(nil)
		afterTimeout()
		probe = begin(quick)
		time.Sleep(time.Second)
		require.ErrorIs(t, end(slow, nil), cb.ErrOpen)
		_ = probe.end(nil)
	})
}

func TestGroup_ManyCallersAndBreakersAtOnce(t *testing.T) {
	t.Parallel()
	registry := cb.NewRegistry(quiet())
	var all sync.WaitGroup
	for _, method := range []string{"A", "B", "C", "D"} {
		all.Go(func() {
			b := cb.NewClient("llm", cb.WithRegistry(registry)).Breaker(method, cb.Policy{Group: "g", Timeout: time.Millisecond})
			for i := range 500 {
				_ = b.Do(context.Background(), func(context.Context) error {
					if i%3 > 0 {
						return errDown
					}
					return nil
				})
			}
		})
	}
	all.Wait()
	states := map[cb.State]bool{}
	for _, b := range registry.Breakers() {
		states[b.State()] = true
	}
	assert.Len(t, states, 1)
}

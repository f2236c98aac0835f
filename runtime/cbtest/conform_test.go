package cbtest_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbtest"
)

// policies are those that TestConform walks, each written so that the others are not in its way.
func policies() map[string]cb.Policy {
	return map[string]cb.Policy{
		"Defaults":  {},
		"Once":      {Threshold: 1, Timeout: time.Second},
		"Shortest":  {Timeout: time.Millisecond},
		"Row":       {Threshold: 4, Timeout: 7 * time.Second, MaxRequests: 3},
		"RowWindow": {Threshold: 3, Window: time.Minute},
		"Ratio":     {Ratio: 0.3, Min: 20},
		"AllOfMin":  {Ratio: 1, Min: 3, Window: 5 * time.Second},
		"OneOfTwo":  {Ratio: 0.5, Min: 1},
		"Both":      {Ratio: 0.5, Min: 10, Threshold: 4, Window: 30 * time.Second},
		"BothLate":  {Ratio: 0.07, Min: 100, Threshold: 1000},
		"Growing":   {Timeout: 10 * time.Second, MaxTimeout: 35 * time.Second},
		"Deadline":  {Deadline: 3 * time.Second},
		"Slow":      {Slow: 2 * time.Second, Deadline: 5 * time.Second, Threshold: 3},
		"SlowRatio": {Slow: time.Second, Ratio: 0.5},
		"Ramp":      {Ramp: time.Minute, MaxRequests: 2},
		"Full":      {Bulkhead: cb.Bulkhead{Max: 4}},
		"Waiting":   {Bulkhead: cb.Bulkhead{Max: 2, Wait: 3 * time.Second}, Deadline: 10 * time.Second},
		"Impatient": {Bulkhead: cb.Bulkhead{Max: 1, Wait: 3 * time.Second}, Deadline: time.Second},
		"Retry":     {Retry: cb.Retry{Max: 3, Backoff: 100 * time.Millisecond, MaxBackoff: 300 * time.Millisecond}},
		"RetryMany": {Retry: cb.Retry{Max: 30, Backoff: time.Millisecond, MaxBackoff: time.Millisecond}, Threshold: 50},
		"RetryOpen": {Retry: cb.Retry{Max: 5}, Threshold: 2},
		"RetryHung": {Retry: cb.Retry{Max: 2, On: cb.OnDeadline}, Deadline: time.Second},
		"Surge":     {Threshold: 20, Timeout: 10 * time.Second, Surge: 1.1},
		"SurgeRamp": {Surge: 2, Ramp: 20 * time.Second, MaxRequests: 2},
		"Codes":     {Failure: cb.Match{Codes: "529,503"}, Ignore: cb.Match{Codes: "404"}, Retry: cb.Retry{Max: 1}},
		"Errors":    {Failure: cb.Match{Errors: []cb.ErrorMatch{cb.ErrorIs(io.ErrUnexpectedEOF)}}, Retry: cb.Retry{Max: 1}},
		"Fallbacks": {Fallbacks: []cb.Fallback{{Name: "a", On: cb.OnOpen}, {Name: "b", On: cb.OnFailure}}},
		"FallsBack": {Fallbacks: []cb.Fallback{{Name: "a"}}, Retry: cb.Retry{Max: 1}},
		"Everything": {
			Ratio: 0.5, Min: 12, Window: 10 * time.Second, Timeout: 20 * time.Second, MaxTimeout: time.Minute, MaxRequests: 2,
			Deadline: 4 * time.Second, Slow: 3 * time.Second, Ramp: 30 * time.Second, Bulkhead: cb.Bulkhead{Max: 50, Wait: time.Second},
			Retry: cb.Retry{Max: 2}, Fallbacks: []cb.Fallback{{Name: "a"}},
		},
	}
}

func TestConform(t *testing.T) {
	t.Parallel()
	cbtest.Conform(t, func(opts ...cb.Option) cbtest.Calls {
		client := cb.NewClient("test", opts...)
		calls := cbtest.Calls{}
		for name, policy := range policies() {
			b := client.Breaker(name, policy)
			var fallbacks []func(context.Context, error) (int, error)
			for range policy.Fallbacks {
				fallbacks = append(fallbacks, func(context.Context, error) (int, error) { return 0, errors.New("nor this") })
			}
			calls[name] = func(ctx context.Context) error {
				_, err := cb.Call(ctx, b, func(context.Context) (int, error) { return 1, nil }, fallbacks...)
				return err
			}
		}
		return calls
	})
}

// TestConformOfOtherKindsOfMethods walks what is not a plain call of a method's one breaker.
func TestConformOfOtherKindsOfMethods(t *testing.T) {
	t.Parallel()
	cbtest.Conform(t, func(opts ...cb.Option) cbtest.Calls {
		client := cb.NewClient("test", opts...)
		keyed := cb.KeyedBreaker[string](client, "Keyed", cb.Policy{Deadline: time.Second}, 0)
		stream := client.Breaker("Stream", cb.Policy{Stream: cb.Stream{First: 2 * time.Second}, Deadline: time.Minute, Retry: cb.Retry{Max: 1}})
		grouped := client.Breaker("Grouped", cb.Policy{Group: "both", Threshold: 3})
		client.Breaker("GroupedToo", cb.Policy{Group: "both", Threshold: 3})
		without := client.Breaker("WithoutContext", cb.Policy{Threshold: 3})
		well := func(context.Context) error { return nil }
		return cbtest.Calls{
			"Keyed":          func(ctx context.Context) error { return keyed.For("gpt").Do(ctx, well) },
			"Grouped":        func(ctx context.Context) error { return grouped.Do(ctx, well) },
			"WithoutContext": func(context.Context) error { return without.Do(context.Background(), well) },
			"Stream": func(ctx context.Context) (err error) {
				for _, e := range cb.CallSeq2(ctx, stream, func(context.Context) iter.Seq2[int, error] {
					return func(yield func(int, error) bool) { yield(1, nil) }
				}) {
					err = cb.FirstError(err, e)
				}
				return err
			},
		}
	})
}

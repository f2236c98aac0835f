package cbotel

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	cb "github.com/cbgen/cbgen/runtime"
)

// NewObserver returns an observer that adds events to the span of the call: see the package's documentation. Where no span is recorded
// it does next to nothing.
func NewObserver() cb.Observer { return observer{} }

type observer struct{ cb.NopObserver }

// event adds an event to the span of a context. What it says is only put together where it is recorded.
func event(ctx context.Context, name, client, method, key string, more func() []attribute.KeyValue) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.AddEvent(name, trace.WithAttributes(append(breakerAttributes(client, method, key), more()...)...))
}

// StateChanged adds the event to the span of the call that made the change, or found it due.
func (observer) StateChanged(e cb.Event) {
	event(e.Context, "circuit_breaker.state_changed", e.Client, e.Method, e.Key, func() []attribute.KeyValue {
		attributes := []attribute.KeyValue{attribute.Stringer("from", e.From), attribute.Stringer("to", e.To)}
		return withCause(withSeconds(attributes, "retry_after", e.RetryAfter), "cause", e.Cause)
	})
}

// Rejected adds the event to the span of the call.
func (observer) Rejected(ctx context.Context, e *cb.RejectedError) {
	event(ctx, "circuit_breaker.rejected", e.Client, e.Method, e.Key, func() []attribute.KeyValue {
		attributes := []attribute.KeyValue{attribute.String("reason", string(e.Reason)), attribute.Stringer("state", e.State)}
		return withCause(withSeconds(attributes, "retry_after", e.RetryAfter), "cause", e.Cause)
	})
}

// Retried adds the event to the span of the call.
func (observer) Retried(ctx context.Context, e cb.RetryEvent) {
	event(ctx, "circuit_breaker.retry", e.Client, e.Method, e.Key, func() []attribute.KeyValue {
		return withCause([]attribute.KeyValue{
			attribute.Int("attempt", e.Attempt), attribute.Float64("wait", e.Wait.Seconds()),
		}, "error", e.Err)
	})
}

// FellBack adds the event to the span of the call.
func (observer) FellBack(ctx context.Context, e cb.FallbackEvent) {
	event(ctx, "circuit_breaker.fallback", e.Client, e.Method, e.Key, func() []attribute.KeyValue {
		outcome, err := answered, e.Err
		if _, stored := err.(*cb.QueuedError); stored { //nolint:errorlint // one inside another error is another breaker's
			err = nil // the call is seen to, and the metrics count it so
		}
		if err != nil {
			outcome = failed
		}
		attributes := []attribute.KeyValue{attribute.String("kind", e.Name), attribute.String("outcome", outcome)}
		return withCause(withCause(attributes, "cause", e.Cause), "error", err)
	})
}

func withSeconds(attributes []attribute.KeyValue, key string, d time.Duration) []attribute.KeyValue {
	if d <= 0 {
		return attributes
	}
	return append(attributes, attribute.Float64(key, d.Seconds()))
}

func withCause(attributes []attribute.KeyValue, key string, err error) []attribute.KeyValue {
	if err == nil {
		return attributes
	}
	// Protobuf refuses text that is no UTF-8, such as an answer that was cut, and OTLP's exporters lose the whole batch with it.
	return append(attributes, attribute.String(key, strings.ToValidUTF8(textOf(err), "\uFFFD")))
}

// textOf is an error's own text. It is not ours, and a panic in it must not keep the event from the span.
func textOf(err error) (text string) {
	defer func() {
		if reason := recover(); reason != nil {
			text = fmt.Sprintf("%T, whose Error panicked", err)
		}
	}()
	return err.Error()
}

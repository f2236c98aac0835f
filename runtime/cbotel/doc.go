// Package cbotel shows circuit breakers to OpenTelemetry: what they are up to as metrics ([Register]), and what they did to a call as
// events of its span ([NewObserver]).
//
//	registry := cb.NewRegistry(cb.WithObserver(cbotel.NewObserver()))
//	registration, err := cbotel.Register(registry, nil)
//	provider := chat.NewProviderBreaker(client, fallback, cb.WithRegistry(registry))
//
// # Metrics
//
// Every point has the attributes client and method, and a keyed breaker's also key. All are there, at zero, before the first call.
//
//	circuit_breaker.state        gauge            0 closed, 0.5 half-open, 1 open
//	circuit_breaker.trips        counter          how often it opened
//	circuit_breaker.transitions  counter          changes of state, by from and to
//	circuit_breaker.open         counter          seconds during which it rejected every call
//	circuit_breaker.calls        counter          attempts that ended, by outcome: success, failure, ignored
//	circuit_breaker.rejects      counter          by reason: open, too-many-probes, ramping, bulkhead-full
//	circuit_breaker.fallbacks    counter          fallbacks that were asked, by kind and outcome: answered, failed
//	circuit_breaker.retries      counter          attempts beyond the first of their call
//	circuit_breaker.in_flight    up-down counter  calls that run now
//
// Names, units and attributes are such that what OpenTelemetry's exporters make of them for Prometheus (circuit_breaker_trips_total,
// circuit_breaker_open_seconds_total) is what package cbprom says: the rules and the dashboard that cbgen writes hold for both. As
// there, states held by hand have the number of what they do, breakers of one group each show the group's state, and the kind "other"
// stands for fallbacks without a name.
//
// OpenTelemetry's SDK keeps 2,000 points of a metric, and makes a single one, without these attributes, of all others. There are 23
// circuit_breaker.transitions of a method, and 5 of each value of a key: with 87 methods, or 400 values, make the provider with a
// higher sdkmetric.WithCardinalityLimit, or 0 for none.
//
// # Events
//
//	circuit_breaker.rejected       client, method, reason, state, retry_after (seconds), cause
//	circuit_breaker.retry          client, method, attempt, wait (seconds), error
//	circuit_breaker.fallback       client, method, kind, outcome, cause, error
//	circuit_breaker.state_changed  client, method, from, to, retry_after (seconds), cause
//
// They belong to the span of the context that the call was made with, where it is recorded; a keyed breaker's have a key as well. A
// change of state is an event of the call that made it or found it due. The status of spans is left alone: whether the caller's
// operation failed is for the caller to say.
package cbotel

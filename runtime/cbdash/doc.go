// Package cbdash shows the circuit breakers of a registry on a live page ([Handler]) and tells a load balancer whether the service
// can do its work ([Ready]). It is made of the standard library and this module alone.
//
//	timeline := cbdash.NewTimeline(0)
//	registry := cb.NewRegistry(cb.WithObserver(timeline))
//	http.Handle("/breakers", cbdash.Handler(registry, cbdash.WithTimeline(timeline)))
//	http.Handle("/ready", cbdash.Ready(registry, cbdash.Critical{Client: "db"}))
//
// # One path
//
// Everything is at the path where the handler is mounted, told apart by method and Accept: the page (text/html), one look as JSON
// (application/json), the page's stream of changes (text/event-stream), and, by POST, what an operator does. The page asks no other
// host and no other path: it works offline, behind any prefix, and under a Content-Security-Policy that allows its own script and
// style by their hash and nothing else.
//
// It shows names, policies and the text of errors to whoever may ask for it: put it where the service's other pages for operators are.
//
// # The JSON
//
//	{
//	  "now": "2026-05-01T12:00:03.25Z",
//	  "operable": false,
//	  "breakers": [{
//	    "client": "chat.Provider", "method": "Complete", "key": "",
//	    "state": "open", "since": "2026-05-01T12:00:00Z", "openUntil": "2026-05-01T12:00:30Z", "openedBy": "status 503",
//	    "downSince": "2026-05-01T12:00:00Z",
//	    "admitted": 0, "trips": 1,
//	    "calls": {"success": 120, "failure": 5, "ignored": 0},
//	    "rejections": {"bulkhead-full": 0, "open": 9, "ramping": 0, "too-many-probes": 0},
//	    "fallbacks": [{"name": "cache", "answered": 14, "failed": 0}],
//	    "retries": 0, "inFlight": 0, "bulkhead": {"max": 0, "running": 0, "waiting": 0},
//	    "lastFailure": "status 503", "lastFailureAt": "2026-05-01T12:00:00Z",
//	    "policy": ["breaker threshold=5 timeout=30s max-requests=1", "deadline 10s", "fallback cache ttl=10m max=1000"]
//	  }],
//	  "timeline": [{
//	    "at": "2026-05-01T12:00:00Z", "client": "chat.Provider", "method": "Complete",
//	    "from": "closed", "to": "open", "cause": "status 503", "retryAfter": "30s"
//	  }]
//	}
//
// A policy is written in the words of cbgen's directives, defaults included. The timeline's oldest entry comes first.
//
// # Operating
//
// With [WithAuthorizer], POST {"client", "method", "key", "action"} as application/json does one of trip, reset, force-open,
// force-close and disable; the answer is 204, or 400 (unreadable, or no such action), 403 (not authorized, or asked by a page of
// another origin), 404 (no such breaker), 413 or 415. Without an authorizer there is no POST: 405.
//
// # Cost
//
// Calls cost what they cost without it. While anybody looks at the page one goroutine per handler looks at the snapshots every
// 250 ms, for all of them together, and at once where a timeline is told of a change; when the last one leaves it ends.
package cbdash

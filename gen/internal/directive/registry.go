package directive

import "sync"

// structs are the types of the fields of cb.Policy that have fields of their own, which a path names before the dot.
var structs = map[string]string{"Failure": "Match", "Ignore": "Match", "Retry": "Retry", "Bulkhead": "Bulkhead", "Stream": "Stream"}

// StructOf returns the runtime's type of a field of cb.Policy that has fields of its own.
func StructOf(field string) string { return structs[field] }

// HTTPFailures are the codes of a method that returns *http.Response and says nothing of failures: the upstream is overloaded or
// broken. 501 says that it lacks a feature.
const HTTPFailures = "429,5xx,!501"

// Registry returns the definitions of all directives, in the order in which they are explained. It is the only place that
// knows their names. The slice is shared: it must not be changed.
func Registry() []Definition { return registry() }

var registry = sync.OnceValue(func() []Definition {
	return []Definition{
		{
			Name: "breaker", Targets: OnInterface | OnMethod, Implicit: true,
			Aliases: []string{"circuit", "circuitbreaker", "circuit-breaker"},
			Doc:     "When the breaker opens, for how long, and what closes it again.",
			Example: "//cb:breaker threshold=5 timeout=30s",
			Args: []Arg{
				{Key: "threshold", Kind: Int, Min: "1", Max: "1000000", Default: "5", Without: "ratio", Field: "Threshold", State: true,
					Aliases: []string{"failures", "max-failures", "failure-threshold", "consecutive", "consecutive-failures", "count"},
					Doc:     "Opens after so many failures in a row; where window= is written, only if the oldest of them ended within it."},
				{Key: "ratio", Kind: Share, Max: "100%", Field: "Ratio", State: true,
					Aliases: []string{"rate", "failure-rate", "failure-ratio", "error-rate", "error-percent", "percent", "share"},
					Doc:     "Opens when so large a share of the calls that ended in the window failed; switches off the default threshold, not a written one."},
				{Key: "min", Kind: Int, Min: "1", Max: "1000000", Default: "10", With: "ratio", Needs: "ratio", Field: "Min", State: true,
					Aliases: []string{"minimum", "min-calls", "min-requests", "minimum-requests", "volume", "request-volume", "calls", "requests"},
					Doc:     "Calls that must have ended in the window before ratio judges."},
				{Key: "window", Kind: Duration, Min: "1ms", Max: "8760h", Default: "60s", With: "ratio", Implied: true, Field: "Window", State: true,
					Aliases: []string{"interval", "period", "rolling", "rolling-window", "bucket", "bucket-period"},
					Doc:     "The rolling time that ratio looks back over; written, it holds for threshold too."},
				{Key: "timeout", Kind: Duration, Min: "1ms", Max: "8760h", Default: "30s", Field: "Timeout", State: true,
					Aliases: []string{"open", "open-timeout", "cooldown", "cooldown-period", "sleep", "sleep-window", "reset", "reset-timeout", "wait", "delay", "break"},
					Doc:     "How long it stays open before it lets probes through; every period varies by up to 10% either way."},
				{Key: "max-timeout", Kind: Duration, Min: "1ms", Max: "8760h", Field: "MaxTimeout", State: true,
					Aliases: []string{"max-open", "max-cooldown", "max-delay"},
					Doc:     "The open period doubles each time a probe fails, up to this."},
				{Key: "max-requests", Kind: Int, Min: "1", Max: "1000000", Default: "1", Field: "MaxRequests", State: true,
					Aliases: []string{"probes", "half-open", "half-open-requests", "permitted", "success-threshold", "max"},
					Doc:     "Probes let through when half-open; all must succeed to close it."},
				{Key: "slow", Kind: Duration, Min: "1ms", Max: "8760h", Field: "Slow", State: true,
					Aliases: []string{"slow-call", "slow-threshold"},
					Doc:     "A call that has run this long counts as failed at that moment, once, whether it has returned or not."},
				{Key: "ramp", Kind: Duration, Min: "1ms", Max: "8760h", Field: "Ramp", State: true,
					Aliases: []string{"ramp-up", "slow-start", "warm-up"},
					Doc:     "After closing, the share of calls admitted rises from 10% to all over this time."},
				{Key: "surge", Kind: Share, Min: "100%", Max: "1000%", Field: "Surge", State: true,
					Aliases: []string{"burst", "catch-up", "herd"},
					Doc:     "After closing, calls are let through at no more than this share of the rate before it opened, until no more come."},
				{Key: "group", Kind: Name, Field: "Group",
					Aliases: []string{"shared", "share-with"},
					Doc:     "Methods with the same group share one breaker."},
			},
		},
		{
			Name: "failure", Targets: OnInterface | OnMethod, NeedsArg: true,
			Aliases: []string{"failures", "fail", "fail-on", "record", "errors"},
			Doc:     "What counts as a failure; any error that it does not list is an answer of the upstream, and a success.",
			Example: "//cb:failure codes=429,5xx,!501 errors=io.ErrUnexpectedEOF,*url.Error",
			Args: []Arg{
				{Key: "codes", Kind: Codes, Field: "Failure.Codes",
					Aliases: []string{"code", "status", "statuses", "status-codes", "http"},
					Doc: "Codes that are failures, as 429, 5xx, 500-504, !501 (all but that) or gRPC's Unavailable: " +
						"where an error or response carries a code, the code alone decides. " +
						"A method that returns *http.Response has " + HTTPFailures + " where no failure directive says else."},
				{Key: "errors", Kind: Errors, Field: "Failure.Errors",
					Aliases: []string{"error", "err", "errs", "types", "type", "is", "as"},
					Doc: "Errors that are failures, by value (ErrX, pkg.ErrX) or by type (*T, pkg.T); " +
						"with codes, a type says where the code is read."},
				{Key: "result", Kind: Name,
					Aliases: []string{"results", "outcome"},
					Doc:     "A function of the package over the results that returns the error they mean, nil for a success; codes and errors judge that error."},
				{Key: "reject", Kind: Name, Needs: "result",
					Aliases: []string{"rejected", "rejection"},
					Doc:     "A function of the package from an error to the results, for rejections; without it an error result or a fallback must answer."},
			},
		},
		{
			Name: "ignore", Targets: OnInterface | OnMethod, NeedsArg: true,
			Aliases: []string{"neutral", "exclude", "skip-on"},
			Doc:     "What counts as neither failure nor success and frees a probe's place; it beats failure, and the caller's cancellation always is.",
			Example: "//cb:ignore codes=404 errors=context.DeadlineExceeded",
			Args: []Arg{
				{Key: "codes", Kind: Codes, Against: "failure", Field: "Ignore.Codes",
					Aliases: []string{"code", "status", "statuses", "status-codes", "http"},
					Doc:     "Codes that are ignored, as failure writes them."},
				{Key: "errors", Kind: Errors, Against: "failure", Field: "Ignore.Errors",
					Aliases: []string{"error", "err", "errs", "types", "type", "is", "as"},
					Doc:     "Errors that are ignored, by value or by type, as failure writes them."},
			},
		},
		{
			Name: "deadline", Targets: OnInterface | OnMethod,
			Aliases: []string{"timeout", "call-timeout", "time-limit", "timelimit"},
			Doc:     "The limit of one attempt, by the method's context.",
			Example: "//cb:deadline 10s",
			Args: []Arg{
				{Kind: Duration, Min: "1ms", Max: "8760h", Required: true, Field: "Deadline",
					Doc: "How long one attempt may take; passing it is a failure."},
			},
		},
		{
			Name: "retry", Targets: OnInterface | OnMethod,
			Aliases: []string{"retries", "attempts"},
			Doc:     "Retries counted failures with full jitter, never rejections, and waits at least as long as the error's RetryAfter.",
			Example: "//cb:retry max=2 backoff=200ms..5s budget=20%",
			Args: []Arg{
				{Key: "max", Kind: Int, Min: "1", Max: "100", Default: "2", Field: "Retry.Max",
					Aliases: []string{"attempts", "retries", "count", "times"},
					Doc:     "Retries after the first call: 2 are three calls."},
				{Key: "backoff", Kind: Range, Min: "1ms", Max: "24h", Default: "200ms..5s", Field: "Retry.Backoff", FieldHigh: "Retry.MaxBackoff",
					Aliases: []string{"delay", "wait", "interval"},
					Doc:     "The wait before the first retry doubles up to the second value, each drawn anew from zero up."},
				{Key: "on", Kind: Word, Words: []string{"failure", "deadline"}, Default: "failure", Implied: true, Field: "Retry.On",
					Aliases: []string{"when", "if", "for"},
					Doc:     "failure: every counted failure; deadline: only calls that were still running when their deadline, or a stream's first=, passed."},
				{Key: "budget", Kind: Share, Max: "100%", Default: "20%", Field: "Retry.Budget",
					Aliases: []string{"ratio", "rate"},
					Doc:     "Retries are at most this share of the calls."},
			},
		},
		{
			Name: "bulkhead", Targets: OnInterface | OnMethod,
			Aliases: []string{"limit", "concurrency", "max-concurrent", "semaphore"},
			Doc:     "How many calls run at once; further ones wait, then are rejected.",
			Example: "//cb:bulkhead max=10 wait=100ms",
			Args: []Arg{
				{Key: "max", Kind: Int, Min: "1", Max: "1000000", Default: "10", Field: "Bulkhead.Max",
					Aliases: []string{"limit", "size", "concurrency", "max-concurrent"},
					Doc:     "Calls at once."},
				{Key: "wait", Kind: Duration, Min: "0s", Max: "24h", Default: "0s", Implied: true, Field: "Bulkhead.Wait",
					Aliases: []string{"timeout", "max-wait", "queue"},
					Doc:     "How long a call waits for its place."},
			},
		},
		{
			Name: "fallback", Targets: OnInterface | OnMethod, Repeatable: true,
			Aliases: []string{"chain", "fallback-method", "or", "else", "degrade"},
			Doc:     "What answers instead; several lines are tried in order, and a method's lines replace the interface's.",
			Example: "//cb:fallback CompleteCached on=open",
			Args: []Arg{
				{Kind: Name, Required: true,
					Words: []string{"standby", "cache", "queue"},
					Doc: "A method of the interface or a function of the package with the same signature and perhaps a last cause error, else a method of the generated <Iface>Fallback; " +
						"standby: another value of the interface; cache: the last good answer; queue: stored, to be made when the breaker has closed, and always the last line."},
				{Key: "on", Kind: Word, Words: []string{"all", "open", "failure"}, Default: "all",
					Aliases: []string{"when", "if", "for"},
					Doc:     "all: rejections and counted failures; open: rejections only; failure: counted failures only."},
				{Key: "ttl", Kind: Duration, Min: "1ms", Max: "8760h", Default: "10m", Only: "cache",
					Aliases: []string{"expiry", "age", "max-age", "stale"},
					Doc:     "How long an answer is kept."},
				{Key: "max", Kind: Int, Min: "1", Max: "1000000", Default: "1000", Only: "cache",
					Aliases: []string{"size", "entries", "limit"},
					Doc:     "How many answers are kept."},
				{Key: "key", Kind: Expr, Only: "cache",
					Doc: "What tells answers apart: an expression over the parameters; without it they must be comparable."},
				{Key: "similar", Kind: Share, Max: "100%", Only: "cache",
					Aliases: []string{"similarity", "nearest", "like", "threshold", "least"},
					Doc:     "Where no key is equal, the answer kept for the one that is most like it answers, if it is at least so much alike; the key must be a string."},
				{Key: "expires", Kind: Duration, Min: "1ms", Max: "8760h", Only: "queue",
					Aliases: []string{"deadline", "valid", "within"},
					Doc:     "How long the stored call is of use; later it is not made."},
			},
		},
		{
			Name: "key", Targets: OnInterface | OnMethod,
			Aliases: []string{"keyed", "per", "by"},
			Doc:     "One breaker for each value of an expression over the parameters.",
			Example: `//cb:key req.Model max=256`,
			Args: []Arg{
				{Kind: Expr, Required: true,
					Doc: "A comparable value of parameters, their fields, elements and methods, operators and conversions; " +
						"it is evaluated before the breaker, and what it panics with, as at a nil pointer, is the caller's."},
				{Key: "max", Kind: Int, Min: "1", Max: "10000", Default: "256",
					Aliases: []string{"size", "limit"},
					Doc:     "At most so many breakers; the least recently used closed ones are dropped, and where none can be, new values share one."},
			},
		},
		{
			Name: "stream", Targets: OnInterface | OnMethod,
			Aliases: []string{"streaming"},
			Doc: "A result that is read after the method has returned: its end is the call's outcome, " +
				"and before its first item it is retried and falls back like a call.",
			Example: "//cb:stream first=5s idle=10s",
			Args: []Arg{
				{Key: "first", Kind: Duration, Min: "1ms", Max: "8760h", Field: "Stream.First",
					Aliases: []string{"first-item", "ttfb"},
					Doc:     "The limit from the call to the first item; passing it is a failure."},
				{Key: "idle", Kind: Duration, Min: "1ms", Max: "8760h", Field: "Stream.Idle",
					Aliases: []string{"idle-timeout", "between"},
					Doc:     "The limit between items, while the reader waits for one; passing it is a failure."},
			},
		},
		{
			Name: "wrap", Targets: OnInterface,
			Aliases: []string{"wrapper", "name"},
			Doc:     "The wrapper's name, where <Iface>Breaker clashes with another.",
			Example: "//cb:wrap name=GuardedProvider",
			Args: []Arg{
				{Key: "name", Kind: Name, Required: true,
					Aliases: []string{"type", "wrapper", "as"},
					Doc: "The wrapper's name T, which gives the constructor NewT; the fallback interface and the policies keep the interface's name, " +
						"and take T where that one clashes too."},
			},
		},
		{
			Name: "off", Targets: OnMethod,
			Aliases: []string{"none", "skip", "disable", "disabled", "passthrough", "pass"},
			Doc:     "Passes the method through, without a breaker.",
			Example: `//cb:off "closing must always work"`,
			Args: []Arg{
				{Kind: Text, Required: true,
					Doc: "Why, for the reader of the code."},
			},
		},
		{
			Name: "on", Targets: OnInterface, Repeatable: true, Nested: true,
			Aliases: []string{"method"},
			Doc:     "A directive for a method that is embedded from elsewhere.",
			Example: `//cb:on Close off "closing must always work"`,
			Args: []Arg{
				{Kind: Name, Required: true,
					Doc: "The method; behind it the directive's name and its arguments."},
			},
		},
	}
})

// Package cb is the runtime of cbgen: circuit breakers around the methods of a client. The code that cbgen writes calls it;
// a breaker made by hand works the same way:
//
//	b := cb.New(cb.Policy{Threshold: 5, Timeout: 30 * time.Second, Deadline: 10 * time.Second}, cb.WithName("openai"))
//	resp, err := cb.Call(ctx, b, func(ctx context.Context) (*Response, error) { return client.Complete(ctx, req) })
//
// # States
//
// A [Breaker] is closed, open or half-open. Closed, it lets every call through and judges how they end: so many failures in a
// row ([Policy.Threshold]) or so large a share of the calls that ended ([Policy.Ratio]) open it. Open, it rejects for
// [Policy.Timeout], give or take a tenth. Then it lets [Policy.MaxRequests] probes through: when all of them succeed it closes,
// when one fails, or hangs, it opens again. github.com/sony/gobreaker/v2 decides each of these transitions; what is added here:
// outcomes count when a call ends, however long it ran; a ratio divides by ended calls; no probe can hold its place for ever.
//
// More is there for those who ask for it. With [Policy.Slow] a call counts as failed at the moment it has run so long, returned or
// not: an upstream that hangs opens the breaker before its first call has ended. With [Policy.MaxTimeout] the open period doubles
// each time a probe fails. With [Policy.Ramp] a breaker that has closed lets through a tenth of the calls at first, and evenly more
// and more of them; the others are rejected, and it counts as closed. With [Policy.Surge] it then holds back those who waited and
// ask again all at once: it lets calls through at the rate that was normal before. Breakers of one [Policy.Group] share all of
// this: what one method finds out holds for the others, while errors, counts and changes bear the name of the method that was
// called.
//
// Where a failure asks to be left alone for a time, by a method RetryAfter() time.Duration, an [Outcome], or headers that an
// [ErrorHeader] reads, the breaker stays open for at least the longest that was asked, of up to [Policy.MaxTimeout], or five
// minutes. What was asked is forgotten when its time has passed, and when the breaker closes.
//
// Trip opens a breaker by hand, and ForceOpen, ForceClose and Disable hold a state until Reset.
//
// A [Keyed] has a breaker of its own for each value of a key, such as the model that is asked for, so that one value's trouble is
// not another's. Their number is bounded.
//
// # What counts
//
// Every ended call is a success, a failure, or ignored. In this order: the caller's cancellation is ignored; what
// [Policy.Ignore] matches is ignored; of an error with a code, where [Match.Codes] of [Policy.Failure] is given, the code
// alone decides (but a client's own code for a deadline that passed, such as gRPC's, is no answer); what its Errors match is
// a failure; so is what ended because a deadline, ours or the caller's, passed; any other error is a failure where Codes is
// given or no Failure at all, and else a success, because the upstream answered. Without a Failure, io.EOF, fs.ErrNotExist,
// fs.ErrExist and [Policy.Answers] are successes. A panic, or a call of runtime.Goexit, is a failure and goes on unchanged.
// The rejection of another breaker that the call returns is ignored.
//
// # The layers
//
// Around a method lie Fallback(Retry(Breaker(Deadline(Bulkhead(method))))), each where the policy has it:
//
//   - [Policy.Retry] makes a call again that failed, after a random wait, where the caller's deadline leaves time for it. Each
//     attempt is let through, limited and judged by itself. Rejections, ignored errors, panics and the caller's cancellation are
//     final, and with [OnDeadline] so is every failure but that of a call that overran its deadline. A budget keeps retries to a
//     share of the calls; used up, it only ends the retrying.
//   - [Policy.Deadline] limits each attempt, its wait in the bulkhead included.
//   - [Policy.Bulkhead] limits how many run at once; further ones wait in order of arrival, and are then rejected. A call that hangs
//     holds its place until it returns. Its rejections count as nothing for the breaker, for they say nothing about the upstream; a
//     probe that is rejected so gives its place back.
//
// # Streams
//
// A result that is read bit by bit, such as a sequence, an open file or a response's body, goes through [CallStream]. How the reading
// ends is the outcome: well is a success, an error is judged like any, and a reader who leaves has had an answer where an item
// came, which is a success, while leaving before that counts as nothing. Until then the call is in flight and holds its place in
// the bulkhead, and its context lives. [Policy.Stream] limits the wait for the first item and for each further one, without the
// time that the reader takes in between; [Policy.Deadline] limits the whole, and [Policy.Slow] asks for the first item only.
// Retries and fallbacks may take the place of a stream until its first item, and never after, so that no item comes twice.
//
// A stream that nobody reads on gives everything back when its context ends, or when the garbage collector finds it. As a
// probe it is given up after the limit of a probe, unless it has brought an item: then it is good enough to close the breaker, for
// a long one would keep all other calls out.
//
// # What a caller sees
//
// A call that is not let through returns a [*RejectedError] at once: errors.Is tells [ErrOpen], [ErrTooManyProbes],
// [ErrRamping] and [ErrBulkheadFull] apart, and RetryAfter is what remains of the open period. Of a call that was made more
// than once comes the last error, in an [*AttemptsError]; where the breaker or its bulkhead rejects a later attempt, the
// rejection, whose Cause is the last real error. Everything else is what the guarded function returned, value and error
// both. Fallbacks, if there are any, answer for rejections and failures, in their order, on the caller's context; when all
// of them fail the caller gets the original error joined with theirs.
//
// A context of [WithProvenance] learns which fallback answered, and whether that was an earlier answer: [CallCached] keeps good
// answers in a [Cache], and its fallback [Cached] finds them. A nil fallback is passed over: see [When].
//
// # What an operator sees
//
// Every change of state is logged ([WithLogger], slog's default logger else) and told to each [Observer]. A [Registry] lists
// its breakers; [Breaker.Snapshot] is a cheap look at one, and remembers what a look now and then would miss: trips, transitions,
// time open. Looking never changes a state. runtime/cbprom shows all of it to Prometheus.
//
// Replicas of a service may share what their breakers find out: runtime/cbredis does so, with [Registry.Follow] and
// [Breaker.AdoptOpen].
//
// # Trials
//
// An [Injector] stands in the place of the upstream and fails, delays or breaks off what it is told to, inside all the layers: see
// [WithInjector]. runtime/cbtest has one, for tests and for staging.
//
// # Cost
//
// A success through a closed breaker takes no lock, reads no clock and allocates nothing; a rejection allocates its error, which
// those of an open breaker within the same millisecond share. With Ratio or Surge every call takes a lock as it ends, with Slow as
// it begins too, and while ramping or holding back as with Slow; they allocate nothing either. No goroutine is started, and no
// timer but that of a written [Policy.Deadline], of a wait for a retry or for a place in a bulkhead. A Retry reads the clock once
// per call, a [CallObserver] twice per attempt. Of the layers only a Deadline and what waits allocate.
//
// A stream allocates about twenty objects as it is opened, 1.2 KB, and nothing per item. Its limits share one timer. [StreamChan]
// alone has a goroutine, one for each stream.
//
// Everything in this package may be used by several goroutines at once, but for the values of plain data ([Policy], [Match]),
// which must not be written to after they were handed in.
package cb

// Generation1 is named by generated code, so that a file written by a newer cbgen does not compile with an older runtime.
const Generation1 = true

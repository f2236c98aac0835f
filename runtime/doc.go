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
// Trip opens a breaker by hand, and ForceOpen, ForceClose and Disable hold a state until Reset.
//
// A [Keyed] has a breaker of its own for each value of a key, such as the model that is asked for, so that one value's trouble is
// not another's. Their number is bounded.
//
// # What counts
//
// Every ended call is a success, a failure, or ignored. In this order: the caller's cancellation is ignored; what
// [Policy.Ignore] matches is ignored; of an error with a code, where [Match.Codes] of [Policy.Failure] is given, the code alone
// decides (but a client's own code for a deadline that passed, such as gRPC's, is no answer); what its Errors match is a failure; so is what ended because a deadline, ours or the caller's, passed; any other error
// is a failure where Codes is given or no Failure at all, and else a success, because the upstream answered. Without a Failure,
// io.EOF, fs.ErrNotExist, fs.ErrExist and [Policy.Answers] are successes. A panic, or a call of runtime.Goexit, is a failure
// and goes on unchanged. The rejection of another breaker that the call returns is ignored.
//
// # What a caller sees
//
// A call that is not let through returns a [*RejectedError] at once: errors.Is tells [ErrOpen] from [ErrTooManyProbes], and
// RetryAfter is what remains of the open period. Everything else is what the guarded function returned, value and error both.
// Fallbacks, if there are any, answer for rejections and failures, in their order, on the caller's context; when all of them
// fail the caller gets the original error joined with theirs.
//
// # What an operator sees
//
// Every change of state is logged ([WithLogger], slog's default logger else) and told to each [Observer]. A [Registry] lists
// its breakers; [Breaker.Snapshot] is a cheap look at one. Looking never changes a state.
//
// # Cost
//
// A success through a closed breaker takes no lock, reads no clock and allocates nothing; a rejection allocates its error. No
// goroutine is started, and no timer but the one of a written [Policy.Deadline].
//
// Everything in this package may be used by several goroutines at once, but for the values of plain data ([Policy], [Match]),
// which must not be written to after they were handed in.
package cb

// Generation1 is named by generated code, so that a file written by a newer cbgen does not compile with an older runtime.
const Generation1 = true

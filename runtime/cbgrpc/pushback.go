package cbgrpc

import (
	"math"
	"strconv"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
	"google.golang.org/grpc/metadata"
)

// pushbackKey is the trailer of gRFC A6 by which a server says when it wants to be asked again.
const pushbackKey = "grpc-retry-pushback-ms"

// maxPushback keeps a number of milliseconds within a Duration; what is asked for is bounded further by the policy.
const maxPushback = math.MaxInt64 / int64(time.Millisecond)

// pushback is what a trailer says about asking again: after how long, or that it is not to be.
func pushback(trailer metadata.MD) (after time.Duration, never bool) {
	values := trailer.Get(pushbackKey)
	if len(values) == 0 {
		return 0, false
	}
	ms, err := strconv.ParseInt(values[0], 10, 64)
	if len(values) > 1 || err != nil || ms < 0 {
		return 0, true
	}
	return time.Duration(min(ms, maxPushback)) * time.Millisecond, false
}

// outcome is how a call ended, for its breaker.
func outcome(err error, trailer metadata.MD) cb.Outcome {
	after, never := pushback(trailer)
	return cb.Outcome{Err: err, RetryAfter: after, Final: never}
}

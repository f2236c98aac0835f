// Package conflicts has policies whose values are each within their bounds, and cannot work together.
package conflicts

import (
	"context"
	"database/sql"
	"io"
	"net/http"
)

//cb:breaker
type Periods interface {
	//cb:breaker max-timeout=10s
	Default(ctx context.Context) error // want-1:15 "open period cannot grow: max-timeout=10s at .* is less than timeout=30s by default"

	//cb:breaker timeout=1m max-timeout=59s
	Written(ctx context.Context) error // want-1:26 "max-timeout=59s at .* is less than timeout=1m at .*"

	//cb:breaker timeout=1m max-timeout=60s
	Equal(ctx context.Context) error
}

// Inherited values are reported where the method adds to them.
//
//cb:breaker max-timeout=1m slow=2s
//cb:deadline 3s
type Inherited interface {
	//cb:breaker timeout=2m
	Period(ctx context.Context) error // want-1:15 "max-timeout=1m at .* is less than timeout=2m at .*"

	//cb:deadline 2s
	Slow(ctx context.Context) error // want-1:16 "no call can be slow: slow=2s at .* is not less than the deadline, 2s at .*"

	//cb:breaker slow=5s
	Slower(ctx context.Context) error // want-1:15 "slow=5s at .* is not less than the deadline, 3s at .*"

	//cb:deadline off
	Unlimited(ctx context.Context) error

	//cb:breaker slow=off
	//cb:deadline 1s
	Fast(ctx context.Context) error
}

// Both stand at the interface: one finding for all methods.
//
//cb:breaker slow=10s
//cb:deadline 10s
type Both interface { // want-2:14 "no call can be slow: slow=10s at .* is not less than the deadline, 10s at .*input.go:48:15"
	A(ctx context.Context) error
	B(ctx context.Context) error
}

//cb:breaker
type Retries interface {
	// 200ms + 400ms + ... + 3.2s, and 5s five times.
	//
	//cb:retry max=10
	Many(ctx context.Context) error // want-1:13 "retries outlast the open period: max=10 at .* with backoff=200ms..5s by default wait up to 31.2s in all, more than timeout=30s by default"

	//cb:retry max=9
	Enough(ctx context.Context) error

	//cb:retry
	//cb:breaker timeout=500ms
	Short(ctx context.Context) error // want-1:15 "max=2 by default with backoff=200ms..5s by default wait up to 600ms in all, more than timeout=500ms"

	//cb:retry max=100 backoff=24h..24h
	Long(ctx context.Context) error // want-1:13 "wait up to 2400h0m0s in all"
}

// The retries of an interface are for calls with a deadline.
//
//cb:retry on=deadline
//cb:deadline 5s
type Hung interface {
	Limited(ctx context.Context) error

	//cb:deadline off
	Unlimited(ctx context.Context) error // want-6:12 "Unlimited is never retried: on=deadline, and it has no deadline"

	//cb:deadline off
	//cb:retry on=failure
	Refused(ctx context.Context) error
}

//cb:breaker ratio=50%
//cb:deadline 10s
type Starved interface {
	// One at a time: six calls end in a minute.
	//
	//cb:bulkhead max=1
	Default(ctx context.Context) error // want-1:16 "ratio never judges when every call hangs: 6 calls end in the window .bulkhead max=1 at .*; window=60s by default; deadline 10s at .*, fewer than min=10 by default"

	//cb:bulkhead max=2
	Enough(ctx context.Context) error

	//cb:bulkhead max=2
	//cb:breaker min=13
	Min(ctx context.Context) error // want-1:15 "12 calls end in the window .* fewer than min=13 at"

	//cb:bulkhead max=10
	//cb:breaker window=5s
	Window(ctx context.Context) error // want-2:16 "5 calls end in the window"

	//cb:breaker min=1000
	Unbounded(ctx context.Context) error

	//cb:bulkhead max=1
	//cb:deadline off
	Unlimited(ctx context.Context) error

	//cb:bulkhead max=1
	//cb:breaker ratio=off
	Row(ctx context.Context) error
}

//cb:breaker threshold=3
type Groups interface {
	//cb:breaker group=reads
	Get(ctx context.Context) error

	//cb:breaker group=reads threshold=4 ramp=1m
	List(ctx context.Context) error // want-1:27 "Get and List share the breaker of group reads and must agree on threshold=: Get has threshold=3 at .*; List has threshold=4 at .*"
	// want-2:39 "agree on ramp=: Get has no ramp=; List has ramp=1m at"

	//cb:breaker group=reads timeout=30s max-requests=1
	Same(ctx context.Context) error

	//cb:breaker group=writes timeout=5s
	Put(ctx context.Context) error

	//cb:breaker group=writes
	Delete(ctx context.Context) error // want-1:15 "agree on timeout=: Put has timeout=5s at .*; Delete has timeout=30s by default"

	//cb:breaker group=shares ratio=50%
	Share(ctx context.Context) error

	// A window that is written holds for the threshold too.
	//
	//cb:breaker group=shares ratio=0.5 window=60s
	Window(ctx context.Context) error // want-1:38 "agree on window=: Share has window=60s by default; Window has window=60s at"

	//cb:breaker group=reads slow=5s
	Name() string // want-1:2 "//cb:breaker cannot be kept: Name passes through"
}

// Repeats inherits retries that some of its methods cannot carry.
//
//cb:retry
type Repeats interface {
	Get(ctx context.Context) error
	Send(ctx context.Context, req *http.Request) error             // want:2 "//cb:retry cannot call Send twice: the body of a request cannot be sent twice; write //cb:retry off at the method"
	Fetch(ctx context.Context, url string) (*http.Response, error) // the body of one that a retry replaces is closed
	Upload(ctx context.Context, body io.Reader) error              // want:2 "cannot call Upload twice: what a reader has given cannot be read twice; write //cb:retry off"
	Open(ctx context.Context, name string) (io.ReadCloser, error)  // want:2 "cannot repeat what Open returns: a stream that is read later; write //cb:retry off"
	//cb:retry max=3
	Begin(ctx context.Context) (*sql.Tx, error) // want-1:2 "cannot repeat what Begin returns: the transaction goes on; remove it"
	//cb:retry off
	Tail(ctx context.Context) (<-chan int, error)
}

// Package value has values out of bounds, of the wrong kind, and none.
package value

import "context"

type Breakers interface {
	//cb:breaker threshold=0
	A(ctx context.Context) error // want-1:15 "threshold.*1"
	//cb:breaker threshold=-1
	B(ctx context.Context) error // want-1:15 "threshold.*1"
	//cb:breaker threshold=five
	C(ctx context.Context) error // want-1:15 "threshold.*five|five.*threshold"
	//cb:breaker threshold=5.5
	D(ctx context.Context) error // want-1:15 "threshold"
	//cb:breaker threshold=
	E(ctx context.Context) error // want-1:15 "threshold"
	//cb:breaker threshold
	F(ctx context.Context) error // want-1:15 "threshold"
	//cb:breaker threshold=99999999999999999999
	G(ctx context.Context) error // want-1:15 "threshold"
	//cb:breaker ratio=0
	H(ctx context.Context) error // want-1:15 "ratio"
	//cb:breaker ratio=1.5
	I(ctx context.Context) error // want-1:15 "ratio.*1"
	//cb:breaker ratio=120%
	J(ctx context.Context) error // want-1:15 "ratio.*100%|ratio.*1"
	//cb:breaker ratio=50
	K(ctx context.Context) error // want-1:15 "ratio"
	//cb:breaker ratio=NaN
	L(ctx context.Context) error // want-1:15 "ratio"
	//cb:breaker ratio=50% min=0
	M(ctx context.Context) error // want-1:25 "min.*1"
	//cb:breaker ratio=50% window=0s
	N(ctx context.Context) error // want-1:25 "window"
	//cb:breaker ratio=50% window=60
	O(ctx context.Context) error // want-1:25 "window"
	//cb:breaker timeout=0s
	P(ctx context.Context) error // want-1:15 "timeout"
	//cb:breaker timeout=-5s
	Q(ctx context.Context) error // want-1:15 "timeout"
	//cb:breaker timeout=soon
	R(ctx context.Context) error // want-1:15 "timeout.*soon|soon.*timeout"
	//cb:breaker max-requests=0
	S(ctx context.Context) error // want-1:15 "max-requests.*1"
	//cb:breaker ratio=-50%
	T(ctx context.Context) error // want-1:15 "ratio"
	//cb:breaker ratio=0%
	U(ctx context.Context) error // want-1:15 "ratio"
}

type Deadlines interface {
	//cb:deadline
	A(ctx context.Context) error // want-1:2 "deadline"
	//cb:deadline 0s
	B(ctx context.Context) error // want-1:16 "deadline"
	//cb:deadline 10
	C(ctx context.Context) error // want-1:16 "deadline|10"
	//cb:deadline -1s
	D(ctx context.Context) error // want-1:16 "deadline|-1s"
	//cb:deadline 1s..5s
	E(ctx context.Context) error // want-1:16 `1s\.\.5s in //cb:deadline: want a duration from 1ms to 8760h with its`
}

type Codes interface {
	//cb:failure codes=
	A(ctx context.Context) error // want-1:15 "codes"
	//cb:failure codes=6xx
	B(ctx context.Context) error // want-1:21 "6xx"
	//cb:failure codes=500-400
	C(ctx context.Context) error // want-1:21 "500-400"
	//cb:failure codes=0
	D(ctx context.Context) error // want-1:21 "codes"
	//cb:failure codes=100000
	E(ctx context.Context) error // want-1:21 "100000"
	//cb:failure codes=Unavailabel
	F(ctx context.Context) error // want-1:21 "Unavailabel.*Unavailable"
	//cb:failure codes=429,,503
	G(ctx context.Context) error // want-1:25 `codes=429,,503 in //cb:failure: "" is no code: want 429, 5xx, 500-504`
	//cb:failure codes=429;503
	H(ctx context.Context) error // want-1:21 "429;503"
	//cb:ignore codes=!404
	I(ctx context.Context) error // want-1:20 `codes=!404 in //cb:ignore: it lists only exceptions: write what they`
	//cb:failure codes=UNAVAILABLE
	J(ctx context.Context) error // want-1:21 "UNAVAILABLE.*Unavailable"
	//cb:failure codes=-1
	K(ctx context.Context) error // want-1:21 "-1"
	//cb:failure
	L(ctx context.Context) error // want-1:2 "failure"
	//cb:ignore
	M(ctx context.Context) error // want-1:2 "ignore"
}

type Fallbacks interface {
	//cb:fallback
	A(ctx context.Context) error // want-1:2 "fallback"
	//cb:fallback B on=sometimes
	C(ctx context.Context) error // want-1:18 "sometimes.*all.*open.*failure"
	//cb:fallback 5
	D(ctx context.Context) error // want-1:16 "5"
	//cb:fallback pkg.Func
	E(ctx context.Context) error // want-1:16 "pkg.Func"
	//cb:fallback func
	F(ctx context.Context) error // want-1:16 "func"
	//cb:fallback _
	G(ctx context.Context) error // want-1:16 "_"
}

type Offs interface {
	//cb:off
	A(ctx context.Context) error // want-1:2 "off"
	//cb:off ""
	B(ctx context.Context) error // want-1:11 "off"
	//cb:off because it is so
	C(ctx context.Context) error // want-1:11 `the text stands in quotes, as in //cb:off "closing must always work"`
	//cb:off why="because"
	D(ctx context.Context) error // want-1:11 "why"
}

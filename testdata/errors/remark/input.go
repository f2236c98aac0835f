// Package remark has remarks behind directives, and values with spaces.
package remark

import "context"

//cb:breaker threshold=5 // five is enough
type Client interface { // want-1:26 `a remark cannot follow a directive: write it on a line of its own`
	//cb:deadline 5s # because
	A(ctx context.Context) error // want-1:19 `a remark cannot follow a directive: write it on a line of its own`
	//cb:fallback B or else
	C(ctx context.Context) error // want-1:18 `or in //cb:fallback is not key=value: write one line for each`
	//cb:breaker threshold = 5
	D(ctx context.Context) error // want-1:15 `threshold in //cb:breaker has spaces around =: write threshold=N`
	//cb:breaker threshold= 5
	E(ctx context.Context) error // want-1:15 `threshold= in //cb:breaker has no value: write threshold=N, without`
	//cb:failure codes=429, 503
	F(ctx context.Context) error // want-1:24 `codes= in //cb:failure ends with a comma: a list is written without`
	//cb:off "unclosed
	G(ctx context.Context) error // want-1:11 `a quote is not closed, or something follows it: a whole argument is`
	//cb:breaker threshold=5, timeout=30s
	H(ctx context.Context) error // want-1:15 `threshold=5, in //cb:breaker: want a whole number from 1 to 1000000`
	//cb:breaker threshold:5
	I(ctx context.Context) error // want-1:15 `threshold:5 in //cb:breaker is not key=value: did you mean`
}

// Package bench measures what a call costs behind cbgen's wrapper and behind what people use today, side by side in one run.
package bench

import "context"

// Service has one method for each policy that is measured.
//
//cb:breaker threshold=5 timeout=1h
type Service interface {
	Ask(ctx context.Context, question string) (*Answer, error)

	//cb:breaker ratio=50%
	AskByRatio(ctx context.Context, question string) (*Answer, error)

	//cb:breaker slow=10s
	AskBySlowness(ctx context.Context, question string) (*Answer, error)

	//cb:key question
	AskByKey(ctx context.Context, question string) (*Answer, error)

	//cb:retry max=2 backoff=200ms..5s
	//cb:deadline 1s
	AskTwice(ctx context.Context, question string) (*Answer, error)

	//cb:retry max=2 backoff=200ms..5s
	//cb:deadline 1s
	//cb:bulkhead max=100
	//cb:fallback Spare
	AskInLayers(ctx context.Context, question string) (*Answer, error)
}

// Answer is a result of a usual size.
type Answer struct{ Text string }

// Upstream is a [Service] that does next to nothing, so that the guard is all that is measured.
type Upstream struct{ Err error }

var happy, spare = &Answer{"hello"}, &Answer{"later"}

func (u *Upstream) ask() (*Answer, error) {
	if u.Err != nil {
		return nil, u.Err
	}
	return happy, nil
}

// Ask answers.
func (u *Upstream) Ask(context.Context, string) (*Answer, error) { return u.ask() }

// AskByRatio answers.
func (u *Upstream) AskByRatio(context.Context, string) (*Answer, error) { return u.ask() }

// AskBySlowness answers.
func (u *Upstream) AskBySlowness(context.Context, string) (*Answer, error) { return u.ask() }

// AskByKey answers.
func (u *Upstream) AskByKey(context.Context, string) (*Answer, error) { return u.ask() }

// AskTwice answers.
func (u *Upstream) AskTwice(context.Context, string) (*Answer, error) { return u.ask() }

// AskInLayers answers.
func (u *Upstream) AskInLayers(context.Context, string) (*Answer, error) { return u.ask() }

// Spare answers instead.
func Spare(context.Context, string, error) (*Answer, error) { return spare, nil }

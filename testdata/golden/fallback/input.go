// Package fallback has every place where a fallback is found, with and without the cause.
package fallback

import (
	"context"
	"fmt"
	"strings"
)

// Answerer answers in many ways; each method falls back elsewhere.
//
//cb:breaker threshold=2
type Answerer interface {
	// Method falls back to another method of the interface.
	//
	//cb:fallback Backup
	Method(ctx context.Context, q string) (string, error)
	Backup(ctx context.Context, q string) (string, error)

	// MethodCause falls back to a method that wants to know why.
	//
	//cb:fallback BackupCause
	MethodCause(ctx context.Context, q string) (string, error)
	BackupCause(ctx context.Context, q string, cause error) (string, error)

	// Func falls back to a function of the package.
	//
	//cb:fallback apologize
	Func(ctx context.Context, q string) (string, error)

	//cb:fallback ApologizeCause
	FuncCause(ctx context.Context, q string) (string, error)

	// Ask falls back to a method of AnswererFallback.
	//
	//cb:fallback AskElsewhere
	Ask(ctx context.Context, q string) (string, error)

	// AskAgain shares it.
	//
	//cb:fallback AskElsewhere
	AskAgain(ctx context.Context, q string) (string, error)

	// Variadic becomes a slice before the cause, in functions and in AnswererFallback.
	//
	//cb:fallback JoinCause
	Variadic(ctx context.Context, words ...string) (string, error)

	//cb:fallback join
	VariadicSame(ctx context.Context, words ...string) (string, error)

	//cb:fallback VariadicElsewhere
	VariadicIface(ctx context.Context, words ...string) (string, error)

	// Chain has several lines, tried in order.
	//
	//cb:fallback Backup on=open
	//cb:fallback AskElsewhere on=failure
	//cb:fallback apologize
	Chain(ctx context.Context, q string) (string, error)

	//cb:fallback OnlyOpen on=open
	Rejected(ctx context.Context, q string) (string, error)

	//cb:fallback OnlyFailure on=failure
	Failed(ctx context.Context, q string) (string, error)

	// Several has more results.
	//
	//cb:fallback severalElsewhere on=all
	Several(ctx context.Context, q string) (answer string, score float64, err error)

	// Plain has only an error.
	//
	//cb:fallback PlainElsewhere
	Plain(q string) error
}

// Inherited has a fallback for both of its methods, and one that goes elsewhere.
//
//cb:breaker threshold=1
//cb:fallback apologize
type Inherited interface {
	First(ctx context.Context, q string) (string, error)
	Second(ctx context.Context, question string) (string, error)

	//cb:fallback ApologizeCause
	Third(ctx context.Context, q string) (string, error)

	//cb:fallback off
	Fourth(ctx context.Context, q string) (string, error)
}

func apologize(_ context.Context, q string) (string, error) { return "sorry: " + q, nil }

// ApologizeCause says why.
func ApologizeCause(_ context.Context, q string, cause error) (string, error) {
	return fmt.Sprintf("sorry: %s: %v", q, cause), nil
}

// JoinCause takes the variadic words as a slice.
func JoinCause(_ context.Context, words []string, cause error) (string, error) {
	return fmt.Sprintf("%s: %v", strings.Join(words, " "), cause), nil
}

func join(_ context.Context, words ...string) (string, error) {
	return strings.Join(words, " "), nil
}

func severalElsewhere(_ context.Context, q string, _ error) (string, float64, error) {
	return "several " + q, 0.5, nil
}

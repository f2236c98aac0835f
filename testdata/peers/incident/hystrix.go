package incident

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/afex/hystrix-go/hystrix"
)

// hystrixes tells the runs apart: hystrix-go keeps its circuits by name, for the whole process.
var hystrixes atomic.Int64

// newHystrix is hystrix-go with its defaults (a second for a call, ten calls at once, half of twenty calls in ten seconds), but for
// the open period, which is that of the others; with its own five seconds it would probe six times as often.
func newHystrix(next Provider) (Provider, func()) {
	name := fmt.Sprint("incident ", hystrixes.Add(1))
	hystrix.ConfigureCommand(name, hystrix.CommandConfig{SleepWindow: int(openPeriod / time.Millisecond)})
	circuit, _, err := hystrix.GetCircuit(name)
	if err != nil {
		panic(err) // it never fails
	}
	type result struct {
		answer Answer
		err    error
	}
	guard := func(ctx context.Context, req Request) (Answer, error) {
		results := make(chan result, 1) // of a call that it no longer waits for, too
		err := hystrix.DoC(ctx, name, func(ctx context.Context) error {
			answer, err := next.Complete(ctx, req)
			results <- result{answer, err}
			if failed(err) {
				return err
			}
			return nil
		}, nil)
		if err != nil {
			return Answer{}, err
		}
		r := <-results
		return r.answer, r.err
	}
	return complete(guard), func() { stop(circuit) }
}

// stop ends the goroutines of a circuit, which hystrix-go has no way to: they would outlive the bubble.
func stop(circuit *hystrix.CircuitBreaker) {
	inside := func(v reflect.Value, name string) reflect.Value {
		field := v.Elem().FieldByName(name)
		return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
	}
	of := reflect.ValueOf(circuit)
	inside(inside(of, "metrics"), "Updates").Close()
	inside(inside(inside(of, "executorPool"), "Metrics"), "Updates").Close()
}

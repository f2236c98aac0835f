package cbtest_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbtest"
)

// operators lets those in that the service's own sign-in knows.
func operators(r *http.Request) (name string, ok bool) {
	name, _, ok = r.BasicAuth()
	return name, ok
}

func ExampleFaults() {
	mux, end := http.NewServeMux(), time.Now().Add(time.Minute)
	faults := cbtest.NewFaults()
	client := cb.NewClient("chat.Provider", cb.WithInjector(faults), cb.WithLogger(slog.New(slog.DiscardHandler)))

	faults.FailNext("Complete", 5, cbtest.Status(529, 20*time.Second)) // with Retry-After
	faults.FailShare("Embed", 0.3, io.ErrUnexpectedEOF)
	faults.HangNext("Summarize", 1)
	faults.CutNext("Stream", 1, 3) // the next stream, after three items
	faults.Add(cbtest.Fault{Method: "Search", Kind: cbtest.Delay, Delay: 2 * time.Second, Until: end})

	mux.Handle("/faults", &cbtest.Handler{Faults: faults, Authorize: operators})

	b := client.Breaker("Complete", cb.Policy{Threshold: 5, Timeout: 10 * time.Second})
	for range 6 {
		err := b.Do(context.Background(), func(context.Context) error { return nil })
		fmt.Println(err != nil, b.State())
	}
	// Output:
	// true closed
	// true closed
	// true closed
	// true closed
	// true open
	// true open
}

package cbdash_test

import (
	"net/http"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbdash"
)

// operator lets those in that the service's own sign-in knows.
func operator(r *http.Request) (name string, ok bool) {
	name, _, ok = r.BasicAuth()
	return name, ok
}

// A live page and a readiness check, as the service mounts them.
func Example() {
	timeline := cbdash.NewTimeline(0) // the latest 500 changes of state, also from before anybody looked
	registry := cb.NewRegistry(cb.WithObserver(timeline))

	http.Handle("/breakers", cbdash.Handler(registry, cbdash.WithTimeline(timeline), cbdash.WithAuthorizer(operator)))
	http.Handle("/ready", cbdash.Ready(registry, cbdash.Critical{Client: "db"}))
}

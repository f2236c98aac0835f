// Package gateway stands in front of providers of language models and hands requests on, each provider behind its breakers.
// Its tests talk to it, and past it, with the providers' own clients.
package gateway

import (
	"net/http"
	"net/http/httputil"
	"net/url"

	cb "github.com/cbgen/cbgen/runtime"
	"github.com/cbgen/cbgen/runtime/cbhttp"
)

// Provider is an upstream of the gateway.
type Provider struct {
	Name      string // the first element of its paths here
	Upstream  *url.URL
	Policy    *cb.Policy       // nil: no breakers
	Rejection cbhttp.Rejection // how its clients want to hear of an open breaker
}

// New is a gateway. transport carries the requests to the upstreams; nil: [http.DefaultTransport].
func New(transport http.RoundTripper, registry *cb.Registry, providers ...Provider) http.Handler {
	mux := http.NewServeMux()
	for _, p := range providers {
		prefix := "/" + p.Name
		guard := cbhttp.Middleware(p.Policy,
			cbhttp.WithBreaker(cb.WithName(p.Name), cb.WithRegistry(registry)), cbhttp.WithRejection(p.Rejection),
			cbhttp.WithEventError(cbhttp.ErrorEvent))
		proxy := &httputil.ReverseProxy{
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(p.Upstream) },
			Transport: transport,
		}
		mux.Handle(prefix+"/", http.StripPrefix(prefix, guard(proxy)))
	}
	return fullDuplex(mux)
}

// fullDuplex leaves the body of a request open while its response is written. Else net/http closes it as the response begins, which
// it may before the proxy's transport has seen the body's end, and that then gives the connection to the upstream up.
func fullDuplex(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex() // a server without it does not close bodies so
		next.ServeHTTP(w, r)
	})
}

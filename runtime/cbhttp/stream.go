package cbhttp

import (
	"net/http"

	cb "github.com/cbgen/cbgen/runtime"
)

// StreamResponse wraps a response for [cb.CallStreamResult]: the status is judged as the response comes, and where it is a success,
// so is how the reading of the body ends. A retry or a fallback can answer for the status alone. Whoever closes the body
// unread has had the status, which is a success.
//
// The response is the same, for net/http adds to it the trailers that were not announced; its body is another: one that can be written
// to where the response's can, as after 101 Switching Protocols. A response without a body has ended when it comes.
func StreamResponse(g *cb.StreamGuard[*http.Response]) *http.Response {
	resp := g.Source()
	if resp == nil || resp.Body == nil || resp.Body == http.NoBody {
		_, _ = g.Ended(nil)
		return resp
	}
	resp.Body = cb.StreamBody(g, resp.Body)
	return resp
}

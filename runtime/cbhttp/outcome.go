package cbhttp

import (
	"net/http"

	cb "github.com/cbgen/cbgen/runtime"
)

// Outcome reads a response for [cb.CallResult]: its status is its code, its headers say how long to
// leave the upstream alone (see [cb.RetryAfterHeader]), its body is closed when a fallback answers instead. A response that comes
// with an error (of CheckRedirect, for one) has no code: the error decides. resp may be nil.
func Outcome(resp *http.Response, err error) cb.Outcome {
	out := cb.Outcome{Err: err}
	if resp == nil {
		return out
	}
	if resp.Body != nil {
		out.Body = resp.Body
	}
	out.RetryAfter = cb.RetryAfterHeader(resp.Header)
	if err == nil {
		out.Code = resp.StatusCode
	}
	return out
}

// Header is the response's headers, for [cb.ErrorHeader] of errors that carry a response. resp may be nil.
func Header(resp *http.Response) map[string][]string {
	if resp == nil {
		return nil
	}
	return resp.Header
}

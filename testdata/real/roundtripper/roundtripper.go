// Package roundtripper guards an HTTP transport: the status of a response counts although the error is nil.
package roundtripper

import "net/http"

//go:generate go tool cbgen

// RoundTripper is the transport of an http.Client.
//
//cb:breaker threshold=5 timeout=10s
//cb:failure codes=429,5xx
type RoundTripper interface{ http.RoundTripper }
